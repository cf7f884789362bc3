// Who acts: one of the council's roles, or a role that an expression gives.
import { choice, h } from './controls.js'
import { FeelField } from './feel-field.js'

const WORKED_OUT = '='

export function roleField (panel, { id, label, hint, none, value, write }) {
  const formal = value.startsWith('=')
  const items = [...panel.words.roles.map(role => ({ id: role.id, label: role.external ? `${role.label} (outside)` : role.label })), { id: WORKED_OUT, label: 'worked out for each case' }]
  const control = choice({
    id, label, hint, none: none ?? (value ? undefined : 'choose a role'), items, value: formal ? WORKED_OUT : value,
    write: chosen => write(chosen === WORKED_OUT ? '= case.holder' : chosen, true)
  })
  if (!formal) return control
  return h('div', {}, control, new FeelField({ id: `${id}-feel`, label: 'The role', value, kind: 'role', write, ask: panel.ask, words: panel.words }).element)
}
