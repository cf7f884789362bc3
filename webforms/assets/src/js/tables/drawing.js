// Gives the decisions of a file places in a drawing where it has none: what others need stands beneath them.
const WIDTH = 180
const HEIGHT = 80
const GAP_X = 60
const GAP_Y = 90

// Draws what is not drawn yet; says whether anything was added.
export function drawn (definitions) {
  const moddle = definitions.$model
  if (definitions.dmnDI?.diagrams?.length) return false
  const elements = definitions.get('drgElement')
  const level = levels(elements)
  const deepest = Math.max(0, ...level.values())
  const filled = new Map()
  const bounds = new Map()
  const parts = []
  for (const element of elements) {
    const row = deepest - level.get(element)
    const column = filled.get(row) || 0
    filled.set(row, column + 1)
    const height = element.$type === 'dmn:Decision' ? HEIGHT : 45
    const place = { x: 200 + column * (WIDTH + GAP_X), y: 190 + row * (HEIGHT + GAP_Y), width: WIDTH, height }
    bounds.set(element, place)
    parts.push(moddle.create('dmndi:DMNShape', { dmnElementRef: element, bounds: moddle.create('dc:Bounds', place) }))
  }
  for (const element of elements) {
    for (const requirement of requirements(element)) {
      const source = bounds.get(needed(requirement))
      const target = bounds.get(element)
      if (!source) continue
      const waypoint = [
        moddle.create('dc:Point', { x: source.x + source.width / 2, y: source.y }),
        moddle.create('dc:Point', { x: target.x + target.width / 2, y: target.y + target.height })
      ]
      parts.push(moddle.create('dmndi:DMNEdge', { dmnElementRef: requirement, waypoint }))
    }
  }
  const diagram = moddle.create('dmndi:DMNDiagram', { diagramElements: parts })
  const di = moddle.create('dmndi:DMNDI', { diagrams: [diagram] })
  for (const part of parts) {
    part.$parent = diagram
    part.id ||= moddle.ids.nextPrefixed(`${part.$type.slice(6)}_`, part)
    if (part.bounds) part.bounds.$parent = part
  }
  diagram.id = moddle.ids.nextPrefixed('DMNDiagram_', diagram)
  diagram.$parent = di
  di.$parent = definitions
  definitions.dmnDI = di
  return true
}

function requirements (element) {
  return [...(element.informationRequirement || []), ...(element.knowledgeRequirement || []), ...(element.authorityRequirement || [])]
}

function needed (requirement) {
  const reference = requirement.requiredDecision || requirement.requiredInput || requirement.requiredKnowledge || requirement.requiredAuthority
  const id = reference?.href?.replace(/^.*#/, '')
  const definitions = requirement.$parent?.$parent
  return definitions?.get('drgElement').find(one => one.id === id)
}

// How many steps of requirements lie beneath each element; those that require each other stay on one level.
function levels (elements) {
  const found = new Map(elements.map(element => [element, 0]))
  for (let round = 0; round < elements.length; round++) {
    for (const element of elements) {
      for (const requirement of requirements(element)) {
        const below = found.get(needed(requirement))
        if (below !== undefined && below < elements.length && found.get(element) <= below) found.set(element, below + 1)
      }
    }
  }
  return found
}
