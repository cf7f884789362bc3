// One duty of an element: what is done about it, by when, and what an interruption does to it.
import { choice, h, plainButton, text, tick } from './controls.js'
import { FeelField } from './feel-field.js'
import { isTask } from './kinds.js'
import { limitField } from './limit-field.js'
import { ofDuty, removeDuty, withDuty, read } from './properties.js'
import { roleField } from './role.js'

const ACTS = [
  { id: 'raises performs', label: 'It arises here and is done here' },
  { id: 'raises', label: 'It arises here' },
  { id: 'performs', label: 'It is done here, and arose elsewhere' },
  { id: 'settles', label: 'It is ended here, whoever has it' },
  { id: 'cites', label: 'Its clauses are added to those of the open duty' }
]
const FORCES = [{ id: 'must', label: 'must' }, { id: 'should', label: 'should' }, { id: 'may', label: 'may' }]
const INTERRUPTS = [
  { id: 'withdraw', label: 'It is withdrawn: nobody owes it any more' },
  { id: 'supersede', label: 'It is replaced by another' },
  { id: '=', label: 'It depends: worked out by an expression' }
]

export function dutySection (panel, properties, duty, several) {
  const label = panel.words.obligations.find(one => one.id === duty)?.label || duty
  const id = name => `${name}-${duty}`
  const of = name => ofDuty(properties, duty, name)
  const put = name => (value, again = false) => panel.setAll(withDuty(read(panel.element), duty, name, value), again)
  const fields = (name, words, hint) => limitField({
    id: id(name), label: words, hint, none: { due: 'no limit is stated', target: 'no target', clock: 'read off the limit' }[name], value: of(name), write: put(name),
    ask: panel.ask, words: panel.words, again: panel.formal, periodic: panel.periodic
  })
  const feel = (name, kind, words, hint) => new FeelField({
    id: id(name), label: words, hint, value: of(name), kind, periodic: panel.periodic, write: put(name), ask: panel.ask, words: panel.words
  }).element
  const act = of('act')
  const usual = isTask(panel.element) ? 'raises performs' : 'raises'
  const interrupt = of('on_interrupt')
  const more = ['target', 'clock', 'when', 'occasion', 'outcome', 'reason', 'on_interrupt', 'keeps_role'].some(of)
  const open = `more-${duty}`
  const details = h('details', { class: 'hw-modeller__more', open: panel.opened.has(open) || (more && !panel.opened.has(`less-${duty}`)) },
    h('summary', { class: 'govuk-details__summary-text', text: 'More about this duty' }),
    fields('target', 'The council’s own target', 'Shown as such, never as the limit.'),
    fields('clock', 'Where the limit’s clock started'),
    feel('when', 'condition', 'Only if', 'Left empty: always.'),
    feel('occasion', 'occasion', 'For each', 'A text or a moment: the duty arises once for each. Left empty: once an episode.'),
    feel('outcome', 'outcome', 'How it ended', 'Gives "done", "refused", "not_engaged" or "open" from the answers. Left empty: done.'),
    text({ id: id('reason'), label: 'Reason kept with how it ended', value: of('reason'), write: value => put('reason')(value.trim()) }),
    choice({
      id: id('interrupt'), label: 'What an interruption does', value: interrupt.startsWith('=') ? '=' : interrupt === 'keep' ? '' : interrupt, none: 'Nothing: it stays open', items: INTERRUPTS,
      write: value => put('on_interrupt')(value === '=' ? '= "keep"' : value, true)
    }),
    interrupt.startsWith('=') && feel('on_interrupt', 'interrupt', 'The interruption', 'Gives "keep", "withdraw" or "supersede".'),
    interrupt && text({ id: id('interrupt-reason'), label: 'Reason kept with the interruption', value: of('on_interrupt.reason'), write: value => put('on_interrupt.reason')(value.trim()) }),
    tick({ id: id('keeps'), label: 'It stays with the role it arose for', checked: of('keeps_role') === 'true', write: on => put('keeps_role')(on ? 'true' : '') }))
  details.addEventListener('toggle', () => {
    panel.opened.delete(details.open ? `less-${duty}` : open)
    panel.opened.add(details.open ? open : `less-${duty}`)
  })
  return h('fieldset', { class: 'govuk-fieldset hw-duty' },
    h('legend', { class: 'govuk-fieldset__legend govuk-fieldset__legend--s', text: label }),
    choice({ id: id('act'), label: 'What happens with it here', value: act || usual, items: ACTS, write: value => put('act')(value === usual ? '' : value) }),
    choice({ id: id('force'), label: 'Force', value: of('force'), none: 'the strongest of its clauses', items: FORCES, write: put('force') }),
    fields('due', 'Limit'),
    several && h('div', {}, h('p', { class: 'govuk-label', text: 'Clauses of this duty' }), ...panel.clauses(id('clauses'), of('clauses'), value => put('clauses')(value, true)).filter(Boolean)),
    several && roleField(panel, {
      id: id('role'), label: 'Owed by', none: 'the role of the element', value: properties.get(`duty.${duty}.role`) || '',
      write: (value, again) => {
        const next = read(panel.element)
        value ? next.set(`duty.${duty}.role`, value) : next.delete(`duty.${duty}.role`)
        panel.setAll(next, again)
      }
    }),
    details,
    panel.editable && plainButton('Remove this duty', () => panel.setAll(removeDuty(read(panel.element), duty), true), `: ${label}`))
}
