// Adds an element behind another one: in between where there is one way on, else as a further way.
import { isFlow, isGateway } from './kinds.js'

const GAP = 50
const CONNECTION = { connection: { type: 'bpmn:SequenceFlow' } }

export function addBehind (modeler, element, { type, eventDefinitionType }) {
  const modeling = modeler.get('modeling')
  const made = modeler.get('elementFactory').createShape({ type, eventDefinitionType })
  const onward = element.outgoing.filter(isFlow)
  let shape
  modeler.get('steps').together(() => {
    // Only a question or a fork has several ways on.
    if (isGateway(element) || onward.length !== 1 || type === 'bpmn:EndEvent') {
      shape = modeler.get('autoPlace').append(element, made, CONNECTION)
      return
    }
    const right = element.x + element.width
    makeRoom(modeler, right + 1, made.width + GAP)
    const middle = { x: right + GAP + made.width / 2, y: element.y + element.height / 2 }
    shape = modeling.appendShape(element, made, middle, element.parent, CONNECTION)
    modeling.reconnectStart(onward[0], shape, middle)
  })
  return shape
}

// Moves all that begins right of `start` as far, and makes wider what reaches over it.
function makeRoom (modeler, start, x) {
  const space = modeler.get('spaceTool')
  const elements = modeler.get('elementRegistry').filter(one => one.parent)
  const { movingShapes, resizingShapes } = space.calculateAdjustments(elements, 'x', x, start)
  space.makeSpace(movingShapes, resizingShapes, { x, y: 0 }, 'e', start)
}
