// What can be written in a box: the values of the fact that its column asks or answers, and the facts of the vocabulary.
export class Offers {
  constructor (words, viewer) {
    this.viewer = viewer
    this.facts = words.facts.map(fact => ({ text: fact.id, label: fact.label }))
    this.byId = new Map(words.facts.map(fact => [fact.id, fact]))
    this.roles = words.roles.map(role => ({ text: `"${role.id}"`, label: role.label }))
    this.clauses = words.clauses
  }

  for (box) {
    const column = this.columnOf(box)
    if (!column) return { values: [], facts: this.facts }
    const fact = this.factOf(column)
    return { values: fact ? this.valuesOf(fact, column) : this.valuesOfType(column), facts: this.facts }
  }

  columnOf (box) {
    if (box.dataset.column) return this.find(box.dataset.column)
    const cell = box.closest('td[data-col-id]')
    return cell ? this.find(cell.dataset.colId) : null
  }

  find (id) {
    return this.viewer().get('elementRegistry').get(id)?.businessObject
  }

  factOf (column) {
    const name = column.$type === 'dmn:OutputClause' ? column.name : column.inputExpression?.text
    return this.byId.get((name || '').trim().replace(/^=\s*/, ''))
  }

  valuesOf (fact, column) {
    if (fact.type === 'enum') return fact.values.map(value => ({ text: `"${value.id}"`, label: value.label }))
    if (fact.type === 'role') return this.roles
    if (fact.type === 'boolean') return YES_NO
    if (fact.type === 'duration') return [{ text: 'duration("PT24H")', label: '24 hours' }, { text: 'duration("P3D")', label: 'three days' }]
    return this.valuesOfType(column)
  }

  valuesOfType (column) {
    const type = column.inputExpression?.typeRef || column.typeRef
    return type === 'boolean' ? YES_NO : []
  }
}

const YES_NO = [{ text: 'true', label: 'yes' }, { text: 'false', label: 'no' }]
