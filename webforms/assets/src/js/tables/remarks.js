// The comments on the rules of a table: read, written, answered and settled beside the rule that they are about.
import { button, h } from './dom.js'

export class Remarks {
  // `changed` hears when there is something new to show.
  constructor ({ remarks, token }, changed) {
    this.address = remarks
    this.token = token
    this.changed = changed
    this.all = []
    this.problem = ''
    this.open = false
  }

  async load () {
    await this.ask({})
  }

  async write (body) {
    return this.ask({
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': this.token }
    })
  }

  async ask (request) {
    try {
      const answer = await fetch(this.address, { credentials: 'same-origin', headers: { Accept: 'application/json' }, ...request })
      const said = await answer.json()
      this.problem = answer.ok ? '' : said.problem || said.message
      if (answer.ok) this.all = said.remarks
    } catch {
      this.problem = 'The comments could not be reached. Try again.'
    }
    this.changed()
    return !this.problem
  }

  section (element, where) {
    const own = this.all.filter(one => one.element === element)
    const text = h('textarea', { class: 'govuk-textarea', id: 'rule-comment', rows: 2, 'data-key': 'rule-comment' })
    const send = async () => {
      if (!text.value.trim()) return text.focus()
      const words = text.value
      text.value = text.defaultValue
      if (!await this.write({ text: words, element })) text.value = words
    }
    const details = h('details', { class: 'govuk-details', open: this.open || own.length > 0, ontoggle: () => { this.open = details.open } },
      h('summary', { class: 'govuk-details__summary', 'data-key': 'rule-comments' }, h('span', { class: 'govuk-details__summary-text' }, own.length ? `Comments (${own.length})` : 'Comment on it')),
      h('div', { class: 'govuk-details__text' },
        own.map(one => h('div', { class: 'hw-entry' },
          h('p', { class: 'govuk-body hw-small govuk-!-margin-bottom-1' }, h('strong', {}, one.name), `, ${one.at}`),
          h('p', { class: 'govuk-body hw-pre' }, one.text),
          one.answers.map(answer => h('p', { class: 'govuk-body hw-small govuk-!-margin-left-4 hw-pre' }, h('strong', {}, answer.name), `, ${answer.at}: ${answer.text}`)),
          h('button', { type: 'button', class: 'hw-linkbutton', 'data-key': `settle-${one.id}`, onclick: () => this.write({ settle: one.id }) }, 'Mark as settled', h('span', { class: 'govuk-visually-hidden' }, `: the comment of ${one.name}`)))),
        this.problem ? h('p', { class: 'govuk-body hw-small hw-saving--wrong', role: 'alert' }, this.problem) : null,
        h('div', { class: 'govuk-form-group' }, h('label', { class: 'govuk-label', for: 'rule-comment' }, `A comment on ${where}`), text),
        button('Comment', send, { 'data-key': 'rule-comment-send' })))
    return details
  }
}
