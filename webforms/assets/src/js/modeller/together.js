// Two commands of ours: several changes that are one step of the history, and a new place for what lies in the drawing.
class Together {
  preExecute (context) { context.act() }
}

class Rearranged {
  constructor (elementRegistry, moddle) {
    Object.assign(this, { elementRegistry, moddle })
  }

  execute (context) {
    const { shapes, edges, labels } = context.picture
    context.before ??= { shapes: {}, edges: {}, labels: {} }
    const changed = []
    const place = (element, [x, y, width, height], kept, bounds) => {
      kept[element.id] ??= [element.x, element.y, element.width, element.height]
      Object.assign(element, { x, y, width, height })
      if (bounds) Object.assign(bounds, { x, y, width, height })
      changed.push(element)
    }
    for (const [id, rect] of Object.entries(shapes)) {
      const element = this.elementRegistry.get(id)
      if (element && !element.waypoints) place(element, rect, context.before.shapes, element.di.bounds)
    }
    for (const [id, points] of Object.entries(edges)) {
      const element = this.elementRegistry.get(id)
      if (!element?.waypoints) continue
      context.before.edges[id] ??= element.waypoints.map(({ x, y }) => [x, y])
      element.waypoints = points.map(([x, y]) => ({ x, y }))
      element.di.set('waypoint', points.map(([x, y]) => this.moddle.create('dc:Point', { x, y })))
      changed.push(element)
    }
    for (const [id, rect] of Object.entries(labels)) {
      const label = this.elementRegistry.get(`${id}_label`) || this.elementRegistry.get(id)?.label
      if (!label) continue
      const di = label.labelTarget.di.get('label')
      context.before.labels[id] ??= [label.x, label.y, label.width, label.height]
      const [x, y, width, height] = rect
      Object.assign(label, { x, y, width, height })
      if (di?.bounds) Object.assign(di.bounds, { x, y, width, height })
      changed.push(label)
    }
    return changed
  }

  revert (context) {
    return this.execute({ picture: context.before, before: { shapes: {}, edges: {}, labels: {} } })
  }
}
Rearranged.$inject = ['elementRegistry', 'moddle']

export class Steps {
  constructor (commandStack) {
    this.commandStack = commandStack
    commandStack.registerHandler('homeward.together', Together)
    commandStack.registerHandler('homeward.rearranged', Rearranged)
  }

  together (act) { this.commandStack.execute('homeward.together', { act }) }
  rearrange (picture) { this.commandStack.execute('homeward.rearranged', { picture }) }
}
Steps.$inject = ['commandStack']

export default { __init__: ['steps'], steps: ['type', Steps] }
