// A limit as people say it: so many hours, days or working days after a moment. What cannot be said so is written as an expression.
import { choice, h, text } from './controls.js'
import { bare, FeelField, PERIOD } from './feel-field.js'

const UNITS = [
  { id: 'hours', label: 'hours after' },
  { id: 'days', label: 'calendar days after' },
  { id: 'working', label: 'working days after' }
]
const PATH = '([a-z_]+(?:\\.[a-z_0-9]+)*)'

export function spoken (value) {
  const words = bare(value).trim()
  let found = words.match(new RegExp(`^${PATH} \\+ duration\\("PT(\\d+)H"\\)$`))
  if (found) return { number: found[2], unit: 'hours', moment: found[1] }
  found = words.match(new RegExp(`^(working days|days) after\\(${PATH}, (\\d+)\\)$`))
  return found && { number: found[3], unit: found[1] === 'days' ? 'days' : 'working', moment: found[2] }
}

export function formal ({ number, unit, moment }) {
  if (unit === 'hours') return `= ${moment} + duration("PT${number}H")`
  return `= ${unit === 'days' ? 'days' : 'working days'} after(${moment}, ${number})`
}

// `kind` is what the moment is for: the limit of a duty (`due`), or what a timer waits for (`timer`).
export function limitField ({ id, label, hint, none, value, write, ask, words, again, kind = 'due', periodic = false }) {
  const stated = spoken(value)
  const now = { id: 'now', label: kind === 'due' ? 'when it arises' : 'when it is come to' }
  const moments = [now, ...(periodic ? PERIOD : []), ...words.facts.filter(fact => ['datetime', 'date'].includes(fact.type))]
  const plain = moments.some(one => one.id === bare(value).trim())
  const how = !value ? 'none' : again.has(id) ? 'formal' : stated ? 'spoken' : plain ? 'moment' : 'formal'
  const body = []
  if (how === 'spoken') {
    const next = { ...stated }
    const says = h('p', { class: 'hw-expression__says', id: `${id}-says`, 'aria-live': 'polite' })
    const put = async () => {
      if (!/^\d{1,5}$/.test(next.number)) {
        says.textContent = 'Write a whole number.'
        return
      }
      write(formal(next))
      await said()
    }
    const said = async () => {
      const told = await ask.feel({ text: formal(next), kind, periodic }).catch(() => null)
      if (told) says.textContent = told.problems.length ? told.problems.map(one => one.message).join(' ') : `In English: ${told.says}.`
    }
    body.push(h('div', { class: 'hw-limit' },
      text({ id: `${id}-number`, label: 'How many', value: stated.number, write: typed => { next.number = typed.trim(); put() } }),
      choice({ id: `${id}-unit`, label: 'Of what', value: stated.unit, items: UNITS, write: unit => { next.unit = unit; put() } }),
      choice({ id: `${id}-moment`, label: 'Counted from', value: stated.moment, items: moments, write: moment => { next.moment = moment; put() } })), says)
    body[0].querySelector('input').setAttribute('inputmode', 'numeric')
    said()
  } else if (how === 'moment') {
    body.push(choice({ id: `${id}-at`, label: 'The moment', value: bare(value).trim(), items: moments, write: moment => write(`= ${moment}`) }))
  } else if (how === 'formal') {
    body.push(new FeelField({ id: `${id}-feel`, label: 'Expression', value, kind, periodic, write, ask, words }).element)
  }
  const modes = [{ id: 'spoken', label: 'so long after a moment' }, { id: 'moment', label: 'at a moment' }, { id: 'formal', label: 'worked out by an expression' }]
  return h('fieldset', { class: 'govuk-fieldset hw-limits' },
    h('legend', { class: 'govuk-fieldset__legend', text: label }),
    hint && h('p', { class: 'govuk-hint', text: hint }),
    choice({
      id: `${id}-how`, label: 'How it is stated', value: how === 'none' ? '' : how, none, items: modes,
      write: mode => {
        again.delete(id)
        if (mode === '') write('', true)
        else if (mode === 'formal') { again.add(id); write(value || '= now', true) }
        else if (mode === 'moment') write(`= ${stated?.moment ?? (plain ? bare(value).trim() : 'now')}`, true)
        else write(stated ? value : formal({ number: '24', unit: 'hours', moment: 'now' }), true)
      }
    }), ...body)
}
