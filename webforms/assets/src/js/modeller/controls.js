// The form controls of the panel: plain HTML with labels, so that they work with any keyboard and any reader.

let counter = 0
export const fresh = () => `m${++counter}`

export function h (tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
    else if (name === 'text') element.textContent = value
    else if (name === 'value') element.value = value
    else if (name === 'checked' || name === 'disabled' || name === 'hidden') element[name] = value
    else element.setAttribute(name, value === true ? '' : value)
  }
  element.append(...children.filter(child => child !== null && child !== undefined && child !== false))
  return element
}

export function group (id, label, control, hint = '') {
  if (hint) control.setAttribute('aria-describedby', [control.getAttribute('aria-describedby'), `${id}-hint`].filter(Boolean).join(' '))
  return h('div', { class: 'govuk-form-group hw-field' },
    h('label', { class: 'govuk-label', for: id, text: label }),
    hint && h('div', { class: 'govuk-hint', id: `${id}-hint`, text: hint }),
    control)
}

// A line or several of text. It is written when typing pauses, and at the latest when the field is left.
export function text ({ id, label, hint, value, write, rows = 0, readonly = false }) {
  const control = h(rows ? 'textarea' : 'input', {
    id, class: rows ? 'govuk-textarea hw-field__text' : 'govuk-input hw-field__text', rows: rows || null, autocomplete: 'off', value, readonly
  })
  written(control, write)
  if (rows) grown(control)
  return group(id, label, control, hint)
}

// As high as what stands in it, up to a dozen lines.
export function grown (control) {
  const fit = () => { control.rows = Math.max(2, Math.min(12, Math.ceil(control.value.length / 38) + control.value.split('\n').length - 1)) }
  control.addEventListener('input', fit)
  fit()
}

export function written (control, write, pause = 700) {
  let timer
  let last = control.value
  const now = () => {
    clearTimeout(timer)
    if (control.value === last) return
    last = control.value
    write(control.value)
  }
  control.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(now, pause) })
  control.addEventListener('change', now)
  control.addEventListener('blur', now)
  control.writeNow = now
}

// One of some named things; what stands there and is none of them is shown as it is, and kept.
export function choice ({ id, label, hint, value, items, none, write }) {
  const control = h('select', { id, class: 'govuk-select hw-field__text' })
  if (none !== undefined) control.append(h('option', { value: '', text: none }))
  for (const item of items) control.append(h('option', { value: item.id, text: item.label }))
  if (value && !items.some(item => item.id === value)) {
    control.append(h('option', { value, text: `${value} (not in the list)` }))
  }
  control.value = value || ''
  control.addEventListener('change', () => write(control.value))
  return group(id, label, control, hint)
}

export function tick ({ id, label, hint, checked, write }) {
  const control = h('input', { id, type: 'checkbox', class: 'govuk-checkboxes__input', checked })
  control.addEventListener('change', () => write(control.checked))
  if (hint) control.setAttribute('aria-describedby', `${id}-hint`)
  return h('div', { class: 'govuk-form-group hw-field' }, h('div', { class: 'govuk-checkboxes govuk-checkboxes--small' },
    h('div', { class: 'govuk-checkboxes__item' }, control,
      h('label', { class: 'govuk-label govuk-checkboxes__label', for: id, text: label }),
      hint && h('div', { class: 'govuk-hint govuk-checkboxes__hint', id: `${id}-hint`, text: hint }))))
}

export function button (words, act, { kind = 'secondary', hidden = '', id } = {}) {
  return h('button', { id, type: 'button', class: `govuk-button govuk-button--${kind} hw-modeller__button`, onclick: act },
    words, hidden && h('span', { class: 'govuk-visually-hidden', text: ` ${hidden}` }))
}

export function plainButton (words, act, hidden = '') {
  return h('button', { type: 'button', class: 'hw-linkbutton hw-modeller__plain', onclick: act },
    words, hidden && h('span', { class: 'govuk-visually-hidden', text: ` ${hidden}` }))
}

// Search by any words of a label, and choose with the keyboard or the mouse (the combobox pattern of ARIA 1.2).
export function picker ({ id, label, hint, items, pick }) {
  const list = h('ul', { id: `${id}-list`, role: 'listbox', class: 'hw-options', hidden: true, 'aria-label': label })
  const control = h('input', {
    id, class: 'govuk-input hw-field__text', role: 'combobox', autocomplete: 'off', 'aria-expanded': 'false', 'aria-autocomplete': 'list',
    'aria-controls': `${id}-list`
  })
  const options = new Options(control, list, item => {
    control.value = ''
    pick(item.id)
  })
  const search = () => {
    const words = control.value.toLowerCase().split(/\s+/).filter(Boolean)
    options.show(items.filter(item => words.every(word => `${item.id} ${item.label}`.toLowerCase().includes(word))).slice(0, 30))
  }
  control.addEventListener('input', search)
  control.addEventListener('keydown', event => {
    if (options.key(event)) return
    if (event.key === 'ArrowDown') search()
  })
  control.addEventListener('click', search)
  control.addEventListener('blur', () => options.hide())
  const made = group(id, label, control, hint)
  made.append(list)
  return made
}

// A list of options under a text control, moved through with the arrow keys while the control keeps the focus.
export class Options {
  constructor (control, list, choose) {
    Object.assign(this, { control, list, choose, items: [], at: -1 })
    list.addEventListener('mousedown', event => {
      event.preventDefault()
      const option = event.target.closest('[role=option]')
      if (option) this.take(Number(option.dataset.at))
    })
  }

  show (items) {
    this.items = items
    this.list.replaceChildren(...items.map((item, at) => h('li', { id: `${this.list.id}-${at}`, role: 'option', 'data-at': at, 'aria-selected': 'false' },
      h('span', { class: 'hw-options__label', text: item.label }), item.note !== '' && h('span', { class: 'hw-options__id', text: item.note ?? item.id }))))
    this.list.hidden = !items.length
    if (this.control.getAttribute('role') === 'combobox') this.control.setAttribute('aria-expanded', String(items.length > 0))
    this.mark(-1)
  }

  hide () { this.show([]) }

  get open () { return !this.list.hidden }

  mark (at) {
    this.at = at
    for (const [index, option] of [...this.list.children].entries()) option.setAttribute('aria-selected', String(index === at))
    const option = this.list.children[at]
    option ? this.control.setAttribute('aria-activedescendant', option.id) : this.control.removeAttribute('aria-activedescendant')
    option?.scrollIntoView({ block: 'nearest' })
  }

  take (at) {
    const item = this.items[at]
    this.hide()
    if (item) this.choose(item)
  }

  // Whether a key was meant for the list.
  key (event) {
    if (!this.open) return false
    const last = this.items.length - 1
    if (event.key === 'ArrowDown') this.mark(this.at >= last ? 0 : this.at + 1)
    else if (event.key === 'ArrowUp') this.mark(this.at <= 0 ? last : this.at - 1)
    else if (event.key === 'Enter' && this.at >= 0) this.take(this.at)
    else if (event.key === 'Tab' && this.at >= 0) this.take(this.at)
    else if (event.key === 'Escape') this.hide()
    else return false
    event.preventDefault()
    event.stopPropagation()
    return true
  }
}
