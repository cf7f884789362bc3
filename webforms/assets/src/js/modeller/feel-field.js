// A field for an expression: facts and functions are offered while somebody types, the server says what is wrong, and the
// sentence beneath says in English what the expression means.
import { grown, h, Options, written } from './controls.js'

const WORD = /[A-Za-z_][\w.]*$/
export const PERIOD = [{ id: 'period.from', label: 'Start of the period' }, { id: 'period.to', label: 'End of the period' }]

export class FeelField {
  constructor ({ id, label, hint, value, kind, fact = '', periodic = false, write, ask, words }) {
    Object.assign(this, { id, kind, fact, periodic, ask, words })
    this.control = h('textarea', {
      id, class: 'govuk-textarea hw-field__text hw-expression__text', rows: 2, spellcheck: 'false', autocomplete: 'off', 'aria-autocomplete': 'list',
      'aria-controls': `${id}-list`, 'aria-describedby': `${hint ? `${id}-hint ` : ''}${id}-problem ${id}-says`, value: bare(value)
    })
    this.list = h('ul', { id: `${id}-list`, role: 'listbox', class: 'hw-options', hidden: true, 'aria-label': 'Facts and functions' })
    this.problem = h('p', { id: `${id}-problem`, class: 'govuk-error-message hw-expression__problem', 'aria-live': 'polite' })
    this.says = h('p', { id: `${id}-says`, class: 'hw-expression__says', 'aria-live': 'polite' })
    this.element = h('div', { class: 'govuk-form-group hw-field hw-expression' },
      h('label', { class: 'govuk-label', for: id, text: label }),
      hint && h('div', { class: 'govuk-hint', id: `${id}-hint`, text: hint }),
      this.control, this.list, this.problem, this.says)
    grown(this.control)
    this.options = new Options(this.control, this.list, item => this.insert(item))
    written(this.control, text => write(text.trim() ? `= ${text.trim()}` : ''))
    this.control.addEventListener('input', () => {
      this.offer()
      clearTimeout(this.timer)
      this.timer = setTimeout(() => this.check(), 350)
    })
    this.control.addEventListener('keydown', event => {
      if (this.options.key(event)) return
      if (event.key === ' ' && event.ctrlKey) {
        event.preventDefault()
        this.offer(true)
      }
    })
    this.control.addEventListener('blur', () => this.options.hide())
    this.check()
  }

  typed () {
    return this.control.value.slice(0, this.control.selectionStart).match(WORD)?.[0] ?? ''
  }

  offer (all = false) {
    const typed = this.typed().toLowerCase()
    if (typed.length < 2 && !all) return this.options.hide()
    this.options.show(this.candidates(typed).slice(0, 12))
  }

  candidates (typed) {
    const { facts, functions, obligations, ledger } = this.words
    if (typed.startsWith('ledger.')) {
      const [, duty, key] = typed.split('.')
      const named = obligations.find(one => one.id === duty)
      if (named && key !== undefined) {
        return ledger.filter(one => one.startsWith(key)).map(one => ({ id: `ledger.${duty}.${one}`, label: `${named.label}: ${one.replace('_', ' ')}` }))
      }
      return obligations.filter(one => one.id.includes(duty || '')).map(one => ({ id: `ledger.${one.id}.`, label: one.label }))
    }
    const of = (item, from) => ({ ...item, rank: item.id.startsWith(typed) ? 0 : item.id.includes(typed) ? 1 : 2, from })
    const hit = item => item.id.includes(typed) || item.label.toLowerCase().includes(typed)
    const moments = [{ id: 'now', label: 'The present moment' }]
    if (this.kind === 'outcome' || this.kind === 'interrupt') moments.push({ id: 'due', label: 'The limit of this duty' }, { id: 'raised', label: 'When this duty arose' })
    if (this.periodic) moments.push(...PERIOD)
    return [
      ...[...moments, ...facts].filter(hit).map(item => of(item, 'fact')),
      ...functions.filter(item => item.id.startsWith(typed)).map(item => of({ ...item, note: '' }, 'function')),
      ...('ledger'.startsWith(typed) && typed ? [{ id: 'ledger.', label: 'What became of a duty', rank: 1 }] : [])
    ].sort((a, b) => a.rank - b.rank)
  }

  insert (item) {
    const at = this.control.selectionStart
    const begin = at - this.typed().length
    const put = item.from === 'function' ? `${item.id}(` : item.id
    this.control.setRangeText(put, begin, at, 'end')
    this.control.dispatchEvent(new Event('input', { bubbles: true }))
    if (!put.endsWith('.')) this.options.hide()
  }

  async check () {
    const text = this.control.value
    this.asked?.abort()
    if (!text.trim()) return this.say([], '')
    this.asked = new AbortController()
    try {
      const said = await this.ask.feel({ text, kind: this.kind, fact: this.fact, periodic: this.periodic }, this.asked.signal)
      if (text === this.control.value) this.say(said.problems, said.says)
    } catch { /* another key was pressed meanwhile, or the server cannot be reached: the next key asks again */ }
  }

  say (problems, says) {
    const wrong = problems.map(one => `${one.message}${one.at ? ` (letter ${one.at})` : ''}.${one.remedy ? ` ${one.remedy}` : ''}`)
    this.problem.textContent = wrong.join(' ')
    this.control.classList.toggle('govuk-textarea--error', wrong.length > 0)
    wrong.length ? this.control.setAttribute('aria-invalid', 'true') : this.control.removeAttribute('aria-invalid')
    this.says.textContent = says ? `In English: ${says}.` : ''
  }
}

export function bare (value) {
  return (value || '').replace(/^\s*=\s*/, '')
}
