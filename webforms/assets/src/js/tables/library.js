// The table library as we use it: without its dialogues for single cells and its choice of expression languages, which would
// write what our reader does not run, and in the words of people who have never seen DMN.
import Modeler from 'dmn-js/lib/Modeler.js'
import DecisionTableEditor from 'dmn-js-decision-table/lib/Editor.js'
import expressionLanguage from 'dmn-js-decision-table/lib/features/expression-language/index.js'
import simpleBoolean from 'dmn-js-decision-table/lib/features/simple-boolean-edit/index.js'
import simpleDate from 'dmn-js-decision-table/lib/features/simple-date-edit/index.js'
import simpleDateTime from 'dmn-js-decision-table/lib/features/simple-date-time-edit/index.js'
import simpleDuration from 'dmn-js-decision-table/lib/features/simple-duration-edit/index.js'
import simpleMode from 'dmn-js-decision-table/lib/features/simple-mode/index.js'
import simpleNumber from 'dmn-js-decision-table/lib/features/simple-number-edit/index.js'
import simpleString from 'dmn-js-decision-table/lib/features/simple-string-edit/index.js'
import simpleTime from 'dmn-js-decision-table/lib/features/simple-time-edit/index.js'

const LEFT_OUT = new Set([
  expressionLanguage, simpleBoolean, simpleDate, simpleDateTime, simpleDuration, simpleMode, simpleNumber, simpleString, simpleTime
])

const WORDS = {
  When: 'If',
  And: 'and',
  Then: 'then',
  Annotations: 'Why: clauses and a sentence',
  Annotation: 'Why: clauses and a sentence',
  Input: 'What a case must be like',
  Output: 'Answer',
  'Hit policy:': 'Which rule counts:',
  'Hit policy': 'Which rule counts',
  'View DRD': 'How the decisions hang together',
  Unique: 'Exactly one rule applies',
  First: 'The first rule that applies',
  Priority: 'The most important answer',
  Any: 'Any; they agree',
  Collect: 'All rules that apply',
  'Collect (Sum)': 'The sum of all that apply',
  'Collect (Min)': 'The least of all that apply',
  'Collect (Max)': 'The greatest of all that apply',
  'Collect (Count)': 'How many rules apply',
  'Rule order': 'All that apply, in their order',
  'Output order': 'All that apply, most important first',
  'Add rule': 'Add a rule',
  'Add input': 'Add a column of conditions',
  'Add output': 'Add a column of answers',
  'Expression language:': 'Language:',
  string: 'text',
  boolean: 'yes or no'
}

function translate (template, replacements = {}) {
  const words = WORDS[template] || template
  return words.replace(/{([^}]+)}/g, (_, key) => replacements[key] ?? `{${key}}`)
}

// A rule with its cells in one step, so that one undo takes it back.
class FilledRule {
  constructor (modeling, sheet) {
    this.modeling = modeling
    this.sheet = sheet
  }

  preExecute (context) {
    const row = this.modeling.addRow({ type: 'dmn:DecisionRule' }, context.index)
    context.row = row
    const texts = context.cells || []
    row.cells.forEach((cell, n) => {
      if (texts[n]) this.modeling.editCell(cell.businessObject, texts[n])
    })
    if (context.description) this.modeling.editAnnotation(row.businessObject, context.description)
  }

  execute () { return [] }
  revert () { return [] }
}
FilledRule.$inject = ['modeling', 'sheet']

function registers (eventBus, commandStack) {
  eventBus.on('table.init', () => commandStack.registerHandler('rule.filled', FilledRule))
}
registers.$inject = ['eventBus', 'commandStack']

const words = { translate: ['value', translate] }
const filled = { __init__: ['filledRules'], filledRules: ['type', registers] }

class TableEditor extends DecisionTableEditor {
  getModules () {
    return [...super.getModules().filter(module => !LEFT_OUT.has(module)), filled]
  }
}

class Tables extends Modeler {
  _getViewProviders () {
    return super._getViewProviders().map(one => one.id === 'decisionTable' ? { ...one, constructor: TableEditor } : one)
  }
}

// Makes the editor of a file in a container. What a file leaves without an id is given one, by which it can be marked.
export function makeEditor (container) {
  const made = new Tables({
    container,
    drd: { additionalModules: [words] },
    decisionTable: { additionalModules: [words] },
    literalExpression: { additionalModules: [words] },
    boxedExpression: { additionalModules: [words] }
  })
  made.on('import.parse.complete', 500, ({ error, definitions }) => {
    if (!error) nameAll(definitions)
  })
  return made
}

const NAMED = ['dmn:InputClause', 'dmn:OutputClause', 'dmn:DecisionRule', 'dmn:UnaryTests', 'dmn:LiteralExpression', 'dmn:DecisionTable']

function nameAll (definitions) {
  const ids = definitions.$model.ids
  const give = element => {
    if (element && !element.id && NAMED.includes(element.$type)) {
      element.id = ids.nextPrefixed(`${element.$type.slice(4)}_`, element)
    }
  }
  for (const decision of definitions.get('drgElement')) {
    const logic = decision.decisionLogic
    give(logic)
    if (logic?.$type !== 'dmn:DecisionTable') continue
    for (const column of logic.get('input')) { give(column); give(column.inputExpression) }
    for (const column of logic.get('output')) give(column)
    for (const rule of logic.get('rule')) {
      give(rule)
      for (const cell of [...rule.get('inputEntry'), ...rule.get('outputEntry')]) give(cell)
    }
  }
}
