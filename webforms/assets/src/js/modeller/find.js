// Finding an element by its name.
import search from 'diagram-js/lib/features/search/search'

// The library finds nothing for words of which one is written twice.
const withEachWordOnce = (items, pattern, options) => search(items, [...new Set(pattern.toLowerCase().split(/\s+/))].join(' '), options)

export default { search: ['value', withEachWordOnce] }

// A search ends at a click elsewhere and when Enter comes up: what pressed the button of ours must not end it at once.
export function find (modeler) {
  setTimeout(() => {
    const canvas = modeler.get('canvas')
    canvas.focus()
    modeler.get('searchPad').open()
    const input = canvas.getContainer().querySelector('.djs-search-input input')
    const passed = new AbortController()
    input.addEventListener('keyup', event => event.stopPropagation(), { signal: passed.signal })
    input.addEventListener('keydown', () => passed.abort(), { signal: passed.signal })
  })
}
