// The tools over the drawing, and the keys that do the same.
import { h } from './controls.js'

export const KEYS = [
  ['Arrow keys', 'move the chosen element; with Ctrl, the drawing'],
  [']  and  [', 'choose the next or the previous element'],
  ['Enter', 'go from the drawing to the panel, to the name of the chosen element'],
  ['Esc', 'go from the panel back to the drawing; in a list of suggestions, close it'],
  ['Ctrl + Z, Ctrl + Y', 'undo, redo'],
  ['Ctrl + C, Ctrl + X, Ctrl + V', 'copy, cut, paste what is chosen'],
  ['Ctrl + A', 'choose everything'],
  ['Ctrl + F', 'find an element by its name'],
  ['Delete', 'remove what is chosen'],
  ['E', 'write the name of the chosen element in the drawing'],
  ['Ctrl + S', 'save now'],
  ['Ctrl + Space', 'in an expression: offer every fact and function'],
  ['Ctrl + +, Ctrl + −, Ctrl + 0', 'larger, smaller, as drawn']
]

export function bar (place, tools) {
  const buttons = {}
  for (const { name, words, act, pressed, title } of tools) {
    const button = h('button', { type: 'button', class: 'govuk-button govuk-button--secondary hw-modeller__button', 'aria-pressed': pressed === undefined ? null : String(pressed), title, text: words })
    button.addEventListener('click', () => {
      const now = act(button.getAttribute('aria-pressed') !== 'true')
      if (pressed !== undefined) button.setAttribute('aria-pressed', String(Boolean(now)))
    })
    buttons[name] = button
    place.append(button)
  }
  return buttons
}

export function keys (place) {
  place.append(h('table', { class: 'govuk-table hw-small' },
    h('caption', { class: 'govuk-table__caption govuk-visually-hidden', text: 'Keys and what they do' }),
    h('thead', { class: 'govuk-table__head' }, h('tr', { class: 'govuk-table__row' }, ...['Keys', 'What they do'].map(words => h('th', { class: 'govuk-table__header', scope: 'col', text: words })))),
    h('tbody', { class: 'govuk-table__body' }, ...KEYS.map(([key, words]) => h('tr', { class: 'govuk-table__row' },
      h('th', { class: 'govuk-table__header', scope: 'row', text: key }), h('td', { class: 'govuk-table__cell', text: words }))))))
}
