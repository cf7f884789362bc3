// The story that breaks a clause, shown on the drawing: where the case stands at each step, and where it goes wrong.
const MARKS = { live: 'hw-story--live', waiting: 'hw-story--waiting', done: 'hw-story--done', broken: 'hw-story--broken' }

export class Story {
  constructor (modeler, place, path, told) {
    Object.assign(this, { modeler, path, told, marked: [] })
    place.addEventListener('hw-checks:step', ({ detail }) => this.show(detail))
    place.addEventListener('hw-checks:broken', () => this.clear())
  }

  clear () {
    const canvas = this.modeler.get('canvas')
    const registry = this.modeler.get('elementRegistry')
    for (const [id, mark] of this.marked) if (registry.get(id)) canvas.removeMarker(id, mark)
    this.marked = []
  }

  show (step) {
    this.clear()
    for (const [id, states] of Object.entries(step.states || {})) {
      for (const state of [states].flat()) this.mark(id, state)
    }
    for (const id of step.broken || []) this.mark(id, 'broken')
    const canvas = this.modeler.get('canvas')
    const at = [step.element, ...(step.broken || [])].map(id => id && this.modeler.get('elementRegistry').get(id)).find(Boolean)
    if (at) canvas.scrollToElement(at, 120)
    const here = step.process && `${step.process}.bpmn` === this.path
    this.told(here || at ? '' : `This step is on another diagram, “${step.title}”.`)
  }

  mark (id, state) {
    const mark = MARKS[state]
    if (!mark || !this.modeler.get('elementRegistry').get(id)) return
    this.modeler.get('canvas').addMarker(id, mark)
    this.marked.push([id, mark])
  }
}
