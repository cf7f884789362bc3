// Everything in the diagram as a list, lane by lane: the way to every element for whoever does not use a mouse or see the drawing.
import { h } from './controls.js'
import { called, isFlow, kindOf } from './kinds.js'

export function inOrder (modeler) {
  const shown = modeler.get('elementRegistry').filter(one => one.parent && !one.labelTarget && (isFlow(one) || !one.waypoints) && one.type !== 'bpmn:Participant')
  const at = one => one.waypoints ? one.waypoints[0] : one
  return shown.sort((a, b) => at(a).x - at(b).x || at(a).y - at(b).y)
}

export class Outline {
  constructor (modeler, place, go) {
    Object.assign(this, { modeler, place, go, flows: false, typed: '' })
  }

  show (chosen) {
    const all = inOrder(this.modeler)
    const nodes = all.filter(one => !isFlow(one))
    const lane = one => one.businessObject.lanes?.[0] || nodes.find(other => other.type === 'bpmn:Lane' && other.businessObject.flowNodeRef?.includes(one.businessObject))?.businessObject
    const lanes = nodes.filter(one => one.type === 'bpmn:Lane')
    const item = one => h('li', { class: 'hw-outline__item' },
      h('button', { type: 'button', id: `outline-${one.id}`, class: 'hw-linkbutton hw-modeller__plain', 'aria-current': one === chosen ? 'true' : null, onclick: () => this.go(one) }, called(one)),
      h('span', { class: 'hw-quiet', text: ` ${kindOf(one).toLowerCase()}` }))
    const group = (heading, items) => items.length ? h('details', { class: 'hw-outline' }, h('summary', { class: 'govuk-details__summary-text' }, heading), h('ul', { class: 'hw-plainlist hw-small' }, ...items.map(item))) : ''
    const steps = nodes.filter(one => one.type !== 'bpmn:Lane')
    const open = new Set([...this.place.querySelectorAll('details[open] > summary')].map(one => one.textContent))
    const focused = document.activeElement?.id
    this.place.replaceChildren(...[
      ...lanes.map(one => group(`${called(one)}`, [one, ...steps.filter(step => lane(step) === one.businessObject)])),
      group('Outside the lanes', steps.filter(step => !lane(step))),
      group('Flows', all.filter(isFlow))
    ].filter(Boolean))
    for (const details of this.place.querySelectorAll('details')) if (open.has(details.firstChild.textContent)) details.open = true
    if (focused?.startsWith('outline-')) document.getElementById(focused)?.focus({ preventScroll: true })
  }
}
