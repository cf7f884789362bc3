// The clauses that each element follows, written on the drawing for whoever wants to see them.
import { h } from './controls.js'
import { read } from './properties.js'

export class Badges {
  constructor (modeler) {
    Object.assign(this, { modeler, on: false })
  }

  toggle (on) {
    this.on = on
    this.show()
    return on
  }

  show () {
    const overlays = this.modeler.get('overlays')
    overlays.remove({ type: 'hw-badge' })
    if (!this.on) return
    for (const element of this.modeler.get('elementRegistry').filter(one => one.parent && !one.labelTarget && !one.waypoints)) {
      const cited = new Set()
      for (const [name, value] of read(element)) if (/(^|\.)clauses$/.test(name)) for (const clause of value.replaceAll(',', ' ').split(/\s+/)) if (clause) cited.add(clause)
      if (!cited.size) continue
      const words = [...cited]
      const shown = words.length > 3 ? `${words.slice(0, 2).join(' ')} +${words.length - 2}` : words.join(' ')
      overlays.add(element, 'hw-badge', { position: element.type.includes('Task') ? { bottom: 14, left: 2 } : { top: -18, left: 16 }, html: h('span', { class: 'hw-badge', title: `Clauses ${words.join(', ')}`, text: shown }) })
    }
  }
}
