// Marks what was found in the table itself, and keeps it marked: the table draws its cells anew whenever something changes.
const CLASSES = ['hw-marked']

export class Marks {
  constructor (canvas) {
    this.canvas = canvas
    this.words = new Map()
    this.watch = new MutationObserver(() => this.put())
    this.put()
  }

  // `marks` are { element, kind, words }; several of one element stand together.
  set (marks) {
    this.words = new Map()
    for (const { element, words } of marks) this.words.set(element, [...(this.words.get(element) || []), words])
    this.put()
  }

  put () {
    this.watch.disconnect()
    const wanted = new Map()
    for (const [element, words] of this.words) {
      const key = CSS.escape(element)
      for (const cell of this.canvas.querySelectorAll(`td[data-element-id="${key}"], td[data-row-id="${key}"].rule-index, [data-col-id="${key}"]:is(th)`)) {
        wanted.set(cell, words.join(' '))
      }
    }
    for (const cell of this.canvas.querySelectorAll('.hw-marked')) {
      if (!wanted.has(cell)) {
        cell.classList.remove(...CLASSES)
        cell.removeAttribute('title')
      }
    }
    for (const [cell, words] of wanted) {
      cell.classList.add('hw-marked')
      if (cell.title !== words) cell.title = words
      for (const box of cell.querySelectorAll('[role="textbox"], textarea')) {
        if (box.getAttribute('aria-description') !== words) box.setAttribute('aria-description', words)
        box.setAttribute('aria-invalid', 'true')
      }
    }
    for (const box of this.canvas.querySelectorAll('[aria-invalid="true"]')) {
      if (!box.closest('.hw-marked')) {
        box.removeAttribute('aria-invalid')
        box.removeAttribute('aria-description')
      }
    }
    this.watch.observe(this.canvas, { childList: true, subtree: true, attributes: true, attributeFilter: ['class', 'data-element-id'] })
  }
}
