// A list of suggestions beneath a text box: the values of the column's fact, and facts by their names. What is suggested
// never takes a key away from typing: a suggestion is taken only after it was chosen with the arrow keys, or pressed.
import { h } from './dom.js'

const MOST = 12
let numbered = 0

// Says what can be written in a box: { values: [{ text, label }], facts: [{ text, label }] }. The editor sets it.
export const offered = { of: () => ({ values: [], facts: [] }) }

export class Completion {
  // With `source` the whole box is one search in its { text, label } pairs, and `taken` hears which was taken.
  constructor (box, { source = null, taken = null } = {}) {
    this.box = box
    this.source = source
    this.heard = taken
    this.chosen = -1
    this.shown = []
    this.id = `hw-suggestions-${++numbered}`
    box.setAttribute('aria-autocomplete', 'list')
    box.setAttribute('autocomplete', 'off')
    box.addEventListener('focus', () => this.suggest())
    box.addEventListener('input', () => this.suggest())
    box.addEventListener('click', () => this.suggest())
    box.addEventListener('blur', () => this.close())
    box.addEventListener('keydown', event => this.pressed(event), true)
  }

  // The word before the caret, as far as it can be the beginning of a value or of a fact.
  word () {
    if (this.source) return this.box.value.trim()
    const before = this.box.value.slice(0, this.box.selectionStart)
    const found = /("[^"]*|[\p{L}_][\p{L}\d_.]*)$/u.exec(before)
    return found ? found[1] : ''
  }

  suggest (all = false) {
    if (this.source) {
      const wanted = this.word().toLowerCase().split(/\s+/)
      return this.show(this.source().filter(one => wanted.every(part => `${one.text} ${one.label}`.toLowerCase().includes(part))).slice(0, MOST))
    }
    const { values, facts } = offered.of(this.box)
    const word = this.word()
    const begun = word.replace(/^"/, '').toLowerCase()
    const fits = one => one.text.toLowerCase().includes(begun) || one.label.toLowerCase().includes(begun)
    let found
    if (word || all) {
      found = [...values.filter(fits), ...(word.startsWith('"') || begun.length < 2 ? [] : facts.filter(fits))]
      if (found.length === 1 && found[0].text === word) found = []
    } else {
      const whole = this.box.value.trim()
      found = whole === '' || whole === '-' || /[,(]\s*$/.test(this.box.value) ? values : []
    }
    this.show(found.slice(0, MOST))
  }

  show (found) {
    this.close()
    if (!found.length || document.activeElement !== this.box) return
    this.shown = found
    this.list = h('ul', { class: 'hw-suggestions cm-tooltip-autocomplete', id: this.id, role: 'listbox', 'aria-label': 'Suggestions' },
      found.map((one, n) => h('li', {
        role: 'option',
        id: `${this.id}-${n}`,
        'aria-selected': 'false',
        onmousedown: event => { event.preventDefault(); this.take(n) }
      }, h('code', {}, one.text), one.label ? h('span', {}, one.label) : null)))
    document.body.append(this.list)
    this.box.setAttribute('aria-controls', this.id)
    const place = this.box.getBoundingClientRect()
    this.list.style.left = `${Math.max(0, Math.min(place.left, document.documentElement.clientWidth - this.list.offsetWidth)) + window.scrollX}px`
    this.list.style.top = `${place.bottom + window.scrollY}px`
  }

  close () {
    this.list?.remove()
    this.list = null
    this.shown = []
    this.chosen = -1
    this.box.removeAttribute('aria-activedescendant')
    this.box.removeAttribute('aria-controls')
  }

  choose (n) {
    this.chosen = (n + this.shown.length) % this.shown.length
    for (const [m, option] of [...this.list.children].entries()) option.setAttribute('aria-selected', String(m === this.chosen))
    this.box.setAttribute('aria-activedescendant', `${this.id}-${this.chosen}`)
    this.list.children[this.chosen].scrollIntoView({ block: 'nearest' })
  }

  take (n) {
    if (this.heard) {
      const one = this.shown[n]
      this.close()
      return this.heard(one)
    }
    const word = this.word()
    const end = this.box.selectionStart
    const after = this.box.value[end] === '"' && word.startsWith('"') ? 1 : 0
    const start = this.box.value.trim() === '-' ? 0 : end - word.length
    this.box.setRangeText(this.shown[n].text, start, this.box.value.trim() === '-' ? this.box.value.length : end + after, 'end')
    this.close()
    this.box.dispatchEvent(new Event('input', { bubbles: true }))
    this.close()
  }

  pressed (event) {
    if (event.key === ' ' && event.ctrlKey) {
      this.suggest(true)
    } else if (!this.list) {
      return
    } else if (event.key === 'ArrowDown') {
      this.choose(this.chosen + 1)
    } else if (event.key === 'ArrowUp' && this.chosen >= 0) {
      this.choose(this.chosen - 1)
    } else if ((event.key === 'Enter' || event.key === 'Tab') && this.chosen >= 0) {
      this.take(this.chosen)
    } else if (event.key === 'Escape') {
      this.close()
    } else {
      return
    }
    event.preventDefault()
    event.stopImmediatePropagation()
  }
}
