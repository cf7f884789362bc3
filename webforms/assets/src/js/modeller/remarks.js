// Comments on elements: a mark on each that has an open one, and the talk itself in the panel.
import { button, h, plainButton } from './controls.js'
import { called } from './kinds.js'

export class Remarks {
  constructor (modeler, ask, { go, changed, told }) {
    Object.assign(this, { modeler, ask, go, changed, told, remarks: [] })
  }

  async load () {
    this.take(await this.ask.remarks())
  }

  take (said) {
    this.remarks = said.remarks
    this.show()
    this.changed()
  }

  show () {
    const overlays = this.modeler.get('overlays')
    const registry = this.modeler.get('elementRegistry')
    overlays.remove({ type: 'hw-remark' })
    for (const id of new Set(this.remarks.map(one => one.element).filter(Boolean))) {
      const element = registry.get(id)
      if (!element || element.waypoints) continue
      const count = this.remarks.filter(one => one.element === id).length
      const words = `${count} open comment${count === 1 ? '' : 's'}: ${called(element)}`
      overlays.add(element, 'hw-remark', {
        position: { top: -14, left: -8 },
        html: h('button', { type: 'button', class: 'hw-remark', 'aria-label': words, title: words, tabindex: '-1', text: String(count), onclick: () => this.go(element) })
      })
    }
  }

  section (element) {
    const about = element.parent ? element.id : ''
    const area = h('textarea', { id: 'remark-text', class: 'govuk-textarea hw-field__text', rows: 2, maxlength: 4000 })
    const wrong = h('p', { class: 'govuk-error-message', 'aria-live': 'polite' })
    const send = async body => {
      try {
        this.take(await this.ask.remark(body))
        this.told('The comment is kept.')
      } catch (error) {
        wrong.textContent = error.said || 'The comment could not be kept. Try again.'
      }
    }
    return h('div', {},
      ...this.remarks.filter(one => one.element === about).map(one => h('div', { class: 'hw-modeller__remark' },
        h('p', { class: 'govuk-body hw-small govuk-!-margin-bottom-1' }, h('strong', { text: one.name }), `, ${one.at}`),
        h('p', { class: 'govuk-body hw-small hw-pre', text: one.text }),
        ...one.answers.map(answer => h('p', { class: 'govuk-body hw-small hw-pre govuk-!-margin-left-3' }, h('strong', { text: answer.name }), `, ${answer.at}: ${answer.text}`)),
        plainButton('Mark as settled', () => send({ settle: one.id }), `: the comment of ${one.name}`))),
      h('div', { class: 'govuk-form-group hw-field' }, h('label', { class: 'govuk-label', for: 'remark-text', text: 'Comment' }), area),
      wrong,
      button('Add the comment', () => send({ text: area.value, element: about })))
  }
}
