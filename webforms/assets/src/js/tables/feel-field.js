// The field in which an expression is written, in place of the library's own: a plain text box with our list of suggestions.
// The library's field judges FEEL by another parser than the one that decides cases, and would call sound cells wrong.
import { Completion } from './completion.js'

const PAUSE = 350
const typing = new Set()

// Hands over what is still being typed: before the file is saved, or anything is undone.
export function handOver () {
  for (const field of typing) field.handOver()
}

export default class FeelField {
  constructor ({ container, contentAttributes = {}, value = '', onChange = () => {} }) {
    this.onChange = onChange
    this.box = document.createElement('textarea')
    this.box.className = 'hw-feel'
    this.box.rows = 1
    this.box.spellcheck = false
    this.box.autocapitalize = 'off'
    this.box.value = value
    for (const [name, words] of Object.entries(contentAttributes)) this.box.setAttribute(name, words)
    this.box.addEventListener('input', () => this.changed())
    this.box.addEventListener('blur', () => this.handOver())
    this.box.addEventListener('keydown', event => this.newline(event))
    container.append(this.box)
    this.completion = new Completion(this.box)
    this.grow()
  }

  // A pause in typing ends a step, so that an undo takes back words and not letters.
  changed () {
    this.grow()
    typing.add(this)
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.handOver(), PAUSE)
  }

  handOver () {
    clearTimeout(this.timer)
    if (typing.delete(this)) this.onChange(this.box.value)
  }

  // In a cell Enter leads to the next rule; with Ctrl it breaks the line.
  newline (event) {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    this.box.setRangeText('\n', this.box.selectionStart, this.box.selectionEnd, 'end')
    this.changed()
    event.preventDefault()
    event.stopPropagation()
  }

  grow () {
    this.box.rows = Math.max(1, this.box.value.split('\n').length, Math.ceil(this.box.value.length / 60))
  }

  focus (position = this.box.value.length) {
    this.box.focus()
    this.box.setSelectionRange(position, position)
  }

  setValue (value) {
    if (this.box.value !== value) this.box.value = value
    this.grow()
  }

  setVariables () {}
}
