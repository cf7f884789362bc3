// What the checks of the pack say about the diagram as it is drawn at this moment, on the elements and as a list.
import { h } from './controls.js'
import { called } from './kinds.js'

const PAUSE = 900

export class Faults {
  constructor (modeler, ask, place, { go, changed, told }) {
    Object.assign(this, { modeler, ask, place, go, changed, told, faults: [], warnings: [] })
  }

  soon (pause = PAUSE) {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.look(), pause)
  }

  async look () {
    this.asked?.abort()
    this.asked = new AbortController()
    try {
      const { xml } = await this.modeler.saveXML({ format: true })
      const said = await this.ask.inspect(xml, this.asked.signal)
      const before = this.faults.length
      this.faults = said.faults
      this.warnings = said.warnings
      this.show()
      if (before !== this.faults.length) this.told(this.words())
    } catch (error) {
      if (error.name === 'AbortError') return
      if (error.said) {
        this.faults = [{ here: true, element: '', label: '', message: error.said, remedy: '' }]
        this.warnings = []
        this.show()
      } else {
        this.soon(5000)
      }
    }
  }

  words () {
    const count = this.faults.length
    return count ? `${count} fault${count === 1 ? '' : 's'}. ${this.faults[0].message}` : 'No faults.'
  }

  of (element) {
    return [...this.faults, ...this.warnings].filter(one => one.here && one.element === element.id)
  }

  show () {
    const overlays = this.modeler.get('overlays')
    const registry = this.modeler.get('elementRegistry')
    overlays.remove({ type: 'hw-fault' })
    const marked = new Map()
    for (const [grave, problems] of [[true, this.faults], [false, this.warnings]]) {
      for (const problem of problems) {
        const element = problem.here && registry.get(problem.element)
        if (!element || element.parent === undefined) continue
        const mark = marked.get(element) || { grave: false, count: 0 }
        marked.set(element, { grave: mark.grave || grave, count: mark.count + 1 })
      }
    }
    for (const [element, { grave, count }] of marked) {
      const words = `${count} ${grave ? 'fault' : 'warning'}${count === 1 ? '' : 's'}: ${called(element)}`
      const mark = h('button', { type: 'button', class: `hw-fault ${grave ? '' : 'hw-fault--light'}`, 'aria-label': words, title: words, tabindex: '-1', text: grave ? '!' : '?', onclick: () => this.go(element) })
      const half = element.waypoints ? element.waypoints[Math.floor(element.waypoints.length / 2)] : null
      const box = half && { x: Math.min(...element.waypoints.map(p => p.x)), y: Math.min(...element.waypoints.map(p => p.y)) }
      overlays.add(element, 'hw-fault', { position: half ? { left: half.x - box.x - 10, top: half.y - box.y - 10 } : { bottom: 12, right: 12 }, html: mark, show: { minZoom: 0.2 } })
    }
    this.list()
    this.changed()
  }

  list () {
    const registry = this.modeler.get('elementRegistry')
    const item = (problem, grave) => {
      const element = problem.here && registry.get(problem.element)
      const name = element ? called(element) : problem.label || problem.element
      const where = [problem.here ? '' : problem.file, name].filter(Boolean).join(', ')
      const words = `${problem.message}.`.replace(/([.!?])\.$/, '$1')
      return h('li', { class: `hw-faults__item ${grave ? 'hw-faults__item--grave' : ''}` },
        h('strong', { text: grave ? 'Fault: ' : 'Warning: ' }),
        element ? h('button', { type: 'button', class: 'hw-linkbutton hw-modeller__plain', text: where, onclick: () => this.go(element) }) : where,
        h('br'), words, problem.remedy && h('span', { class: 'hw-quiet', text: ` ${problem.remedy}` }))
    }
    const all = [...this.faults.map(one => item(one, true)), ...this.warnings.map(one => item(one, false))]
    const counted = (number, word) => `${number || 'no'} ${word}${number === 1 ? '' : 's'}`
    const summary = `${counted(this.faults.length, 'fault')} and ${counted(this.warnings.length, 'warning')}.`
    this.place.replaceChildren(
      h('p', { class: 'govuk-body hw-small', text: summary.charAt(0).toUpperCase() + summary.slice(1) }),
      all.length ? h('ul', { class: 'hw-plainlist hw-small hw-faults' }, ...all) : '')
  }
}
