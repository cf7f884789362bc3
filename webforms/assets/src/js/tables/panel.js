// Beneath the table: the rule that is chosen with its clauses, and the table's columns, policy and defaults. All that the
// table offers by mouse alone can be done here with the keyboard.
import { Completion } from './completion.js'
import FeelField from './feel-field.js'
import { button, h } from './dom.js'
import { Remarks } from './remarks.js'

const POLICIES = [
  ['FIRST', '', 'The first rule that applies counts'],
  ['UNIQUE', '', 'Exactly one rule applies; two at once are an error'],
  ['ANY', '', 'Several may apply if they answer the same'],
  ['PRIORITY', '', 'The most important answer counts'],
  ['COLLECT', '', 'Every rule that applies counts'],
  ['COLLECT', 'SUM', 'Every rule counts, and their numbers are added up'],
  ['COLLECT', 'MIN', 'The least answer of those that apply counts'],
  ['COLLECT', 'MAX', 'The greatest answer of those that apply counts'],
  ['COLLECT', 'COUNT', 'How many rules apply is the answer'],
  ['RULE ORDER', '', 'Every rule that applies counts, in the order of the table'],
  ['OUTPUT ORDER', '', 'Every rule that applies counts, the most important answer first']
]
const GIVES = [['boolean', 'Yes or no'], ['string', 'A text'], ['number', 'A number'], ['', 'Something else']]
const TYPES = { boolean: 'boolean', enum: 'string', role: 'string', string: 'string', integer: 'number', number: 'number' }

export class Panel {
  constructor (page) {
    this.page = page
    this.element = document.querySelector('[data-panel]')
    this.rule = null
    this.said = new Map()
    this.open = new Set()
    this.remarks = new Remarks(page.element.dataset, () => this.show())
    this.remarks.load()
    for (const happens of ['focusin', 'click']) page.canvas.addEventListener(happens, event => this.choose(event), true)
  }

  // What the server reads in each rule's description: { rule: { clauses, sentence } }.
  hear (rules) {
    this.said = new Map(Object.entries(rules))
    this.show()
  }

  viewer () {
    const viewer = this.page.viewer()
    return viewer && viewer.get('sheet', false) ? viewer : null
  }

  show () {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.draw(), 0)
  }

  // Draws everything anew and gives the focus back to the control that had it; what is being typed is left alone.
  draw () {
    const viewer = this.viewer()
    const focused = this.element.contains(document.activeElement) ? document.activeElement : null
    if (focused?.matches('textarea, input') && focused.value !== focused.defaultValue) return
    const key = focused?.dataset.key
    if (!viewer || !viewer.get('sheet').getRoot().businessObject) return this.element.replaceChildren()
    this.sheet = viewer.get('sheet').getRoot()
    this.modeling = viewer.get('modeling')
    this.element.replaceChildren(this.ruleSection(), this.tableSection())
    for (const field of this.element.querySelectorAll('textarea, input')) field.defaultValue = field.value
    if (key) {
      const again = this.element.querySelector(`[data-key="${CSS.escape(key)}"]:not(:disabled)`)
      if (again) again.focus()
      else this.element.querySelector('h2')?.focus()
    }
  }

  // The rule is the one in which somebody clicked or writes, whatever the library takes for selected meanwhile.
  choose (event) {
    const row = event.target.closest?.('[data-row-id]')?.dataset.rowId
    if (!row || row === this.rule) return
    this.rule = row
    this.show()
  }

  // --- the rule

  ruleSection () {
    const row = this.sheet.rows.find(one => one.id === this.rule)
    const section = h('section', { class: 'hw-panel hw-tablepanel', 'aria-label': 'The rule' })
    if (!row) {
      section.append(h('h2', { class: 'govuk-heading-s', tabindex: '-1' }, 'Rule'), h('p', { class: 'govuk-body hw-small' }, 'Choose a cell of a rule to see the clauses that it carries out.'))
      return section
    }
    const index = this.sheet.rows.indexOf(row)
    const last = this.sheet.rows.length - 1
    const number = index + 1
    section.append(
      h('h2', { class: 'govuk-heading-s', tabindex: '-1' }, `Rule ${number}`),
      h('div', { class: 'hw-toolbar', role: 'group', 'aria-label': `Rule ${number}` },
        this.tool('Move up', 'rule-up', () => this.modeling.moveRow(row, index - 1), index === 0),
        this.tool('Move down', 'rule-down', () => this.modeling.moveRow(row, index + 1), index === last),
        this.tool('Add a rule above', 'rule-above', () => this.page.addRule([], index)),
        this.tool('Add a rule below', 'rule-below', () => this.page.addRule([], index + 1)),
        this.tool('Remove', 'rule-remove', () => { this.modeling.removeRow(row); this.rule = null }, last === 0)),
      this.reading(row),
      this.clauseSection(row, number),
      this.remarks.section(row.id, `rule ${number}`)
    )
    return section
  }

  // What the rule says in words, and what is wrong with it or its cells.
  reading (row) {
    const plainly = this.said.get(row.id)?.plainly
    const wrong = [row, ...row.cells].flatMap(one => this.page.marks.words.get(one.id) || [])
    return h('div', { class: 'govuk-!-margin-top-3' },
      plainly ? h('p', { class: 'govuk-body hw-small' }, `${plainly[0].toUpperCase()}${plainly.slice(1)}`) : null,
      wrong.map(words => h('p', { class: 'govuk-body hw-small hw-saving--wrong' }, words)))
  }

  clauseSection (row, number) {
    const said = this.said.get(row.id) || { clauses: [], sentence: row.businessObject.description || '' }
    const known = new Map(this.page.offers.clauses.map(one => [one.id, one.label]))
    const write = (clauses, sentence) => {
      this.said.set(row.id, { clauses, sentence })
      this.modeling.editAnnotation(row.businessObject, described(clauses, sentence) || undefined)
    }
    const search = h('input', { class: 'govuk-input', id: 'rule-clause', type: 'text', 'data-key': 'rule-clause' })
    const list = new Completion(search, {
      source: () => this.page.offers.clauses.filter(one => !said.clauses.includes(one.id)).map(one => ({ text: one.id, label: one.label })),
      taken: one => {
        search.value = search.defaultValue
        write([...said.clauses, one.text], said.sentence)
      }
    })
    search.addEventListener('keydown', event => {
      if (event.key === 'Enter' && list.shown.length === 1) list.take(0)
    })
    const sentence = h('textarea', { class: 'govuk-textarea', id: 'rule-sentence', rows: 2, 'data-key': 'rule-sentence', onchange: () => { sentence.defaultValue = sentence.value; write(said.clauses, sentence.value.trim()) } })
    sentence.value = said.sentence
    return h('div', {},
      h('h3', { class: 'govuk-heading-s govuk-!-margin-top-3 govuk-!-margin-bottom-1' }, 'Clauses that it carries out'),
      said.clauses.length
        ? h('ul', { class: 'govuk-list hw-small' }, said.clauses.map(id => h('li', {},
          h('span', { class: 'hw-clause' }, id), ` ${known.get(id) || 'There is no such clause in the register.'} `,
          h('button', { type: 'button', class: 'hw-linkbutton', 'data-key': `clause-${id}`, onclick: () => write(said.clauses.filter(one => one !== id), said.sentence) }, 'Remove', h('span', { class: 'govuk-visually-hidden' }, ` clause ${id}`)))))
        : h('p', { class: 'govuk-body hw-small' }, 'None yet.'),
      h('div', { class: 'govuk-form-group' }, h('label', { class: 'govuk-label', for: 'rule-clause' }, 'Add a clause, by its number or its words'), search),
      h('div', { class: 'govuk-form-group' }, h('label', { class: 'govuk-label', for: 'rule-sentence' }, `Rule ${number} in a sentence`), sentence))
  }

  // --- the table

  tableSection () {
    const table = this.sheet.businessObject
    const policy = h('select', {
      class: 'govuk-select',
      id: 'table-policy',
      'data-key': 'table-policy',
      onchange: () => {
        const [name, aggregation] = POLICIES[policy.selectedIndex]
        this.modeling.editHitPolicy(name, aggregation || undefined)
      }
    }, POLICIES.map(([name, aggregation, words]) => {
      const option = h('option', {}, words)
      option.selected = name === table.hitPolicy && aggregation === (table.aggregation || '')
      return option
    }))
    const inputs = this.sheet.cols.filter(col => col.businessObject.$type === 'dmn:InputClause')
    const outputs = this.sheet.cols.filter(col => col.businessObject.$type === 'dmn:OutputClause')
    return h('section', { class: 'hw-panel hw-tablepanel', 'aria-label': 'The whole table' },
      h('h2', { class: 'govuk-heading-s', tabindex: '-1' }, 'The whole table'),
      h('div', { class: 'govuk-form-group' }, h('label', { class: 'govuk-label', for: 'table-policy' }, 'When several rules apply'), policy),
      outputs.map((col, n) => this.defaultField(col.businessObject, n, outputs.length)),
      h('h3', { class: 'govuk-heading-s govuk-!-margin-bottom-1' }, 'Columns of conditions'),
      inputs.map((col, n) => this.column(col, n, inputs.length, 0)),
      h('p', {}, this.tool('Add a column of conditions', 'add-input', () => this.add('dmn:InputClause', inputs.length))),
      h('h3', { class: 'govuk-heading-s govuk-!-margin-bottom-1' }, 'Columns of answers'),
      outputs.map((col, n) => this.column(col, n, outputs.length, inputs.length)),
      h('p', {}, this.tool('Add a column of answers', 'add-output', () => this.add('dmn:OutputClause', this.sheet.cols.length))))
  }

  add (type, index) {
    const col = this.modeling.addCol({ type }, index)
    this.open.add(col.id)
    this.show()
  }

  defaultField (output, n, many) {
    const words = `Answer where no rule applies${many > 1 ? `: ${output.label || this.page.offers.byId.get(output.name)?.label || output.name || n + 1}` : ''}`
    return this.feel(words, `default-${output.id}`, output.defaultOutputEntry?.text || '', text => {
      const entry = output.defaultOutputEntry
      if (entry && text.trim()) return this.modeling.updateProperties(entry, { text })
      let made
      if (text.trim()) {
        made = this.page.viewer().get('dmnFactory').create('dmn:LiteralExpression', { text })
        made.$parent = output
      }
      this.modeling.updateProperties(output, { defaultOutputEntry: made })
    }, output.id, 'Leave it empty if some rule always applies.')
  }

  column (col, n, many, before) {
    const own = col.businessObject
    const input = own.$type === 'dmn:InputClause'
    const asked = (input ? own.inputExpression?.text : own.name) || ''
    const name = own.label || this.page.offers.byId.get(asked.trim())?.label || asked || 'New column'
    const details = h('details', { class: 'govuk-details hw-column', ontoggle: () => { this.open[details.open ? 'add' : 'delete'](col.id) } },
      h('summary', { class: 'govuk-details__summary', 'data-key': `column-${own.id}` }, h('span', { class: 'govuk-details__summary-text' }, name)),
      h('div', { class: 'govuk-details__text' },
        this.text('What it is called', `label-${own.id}`, own.label || '', label => this.modeling.updateProperties(own, { label: label || undefined })),
        input
          ? [this.feel('What it asks', `asks-${own.id}`, own.inputExpression?.text || '', text => this.asks(own, text), null, 'A fact, or an expression over facts.'), this.gives(own)]
          : this.feel('Which fact it answers', `answers-${own.id}`, own.name || '', text => this.answers(own, text.trim())),
        h('div', { class: 'hw-toolbar', role: 'group', 'aria-label': name },
          this.tool('Move left', `left-${own.id}`, () => this.modeling.moveCol(col, before + n - 1), n === 0),
          this.tool('Move right', `right-${own.id}`, () => this.modeling.moveCol(col, before + n + 1), n === many - 1),
          this.tool('Remove column', `remove-${own.id}`, () => this.modeling.removeCol(col), !input && many === 1))))
    details.open = this.open.has(col.id)
    return details
  }

  asks (column, text) {
    const fact = this.page.offers.byId.get(text.trim())
    this.modeling.editInputExpression(column.inputExpression, fact ? { text, typeRef: TYPES[fact.type] } : { text })
  }

  answers (column, name) {
    const fact = this.page.offers.byId.get(name)
    this.modeling.updateProperties(column, fact ? { name, typeRef: TYPES[fact.type] } : { name })
  }

  gives (column) {
    const expression = column.inputExpression
    const id = `gives-${column.id}`
    const select = h('select', { class: 'govuk-select', id, 'data-key': id, onchange: () => this.modeling.editInputExpressionTypeRef(expression, GIVES[select.selectedIndex][0] || undefined) },
      GIVES.map(([type, words]) => {
        const option = h('option', {}, words)
        option.selected = type === (expression?.typeRef || '') || (type === '' && !GIVES.some(([known]) => known === expression?.typeRef))
        return option
      }))
    return h('div', { class: 'govuk-form-group' }, h('label', { class: 'govuk-label', for: id }, 'What that gives'), select)
  }

  // --- controls

  tool (words, key, act, disabled = false) {
    return button(words, act, { 'data-key': key, disabled })
  }

  text (words, key, value, heard) {
    const box = h('input', { class: 'govuk-input', id: key, type: 'text', 'data-key': key, onchange: () => { box.defaultValue = box.value; heard(box.value.trim()) } })
    box.value = value
    return h('div', { class: 'govuk-form-group' }, h('label', { class: 'govuk-label', for: key }, words), box)
  }

  feel (words, key, value, heard, column = null, hint = '') {
    const holder = h('div', { class: 'hw-feelholder' })
    const field = new FeelField({ container: holder, value, contentAttributes: { id: key, 'data-key': key, class: 'govuk-textarea hw-feel', ...(column ? { 'data-column': column } : {}), ...(hint ? { 'aria-describedby': `${key}-hint` } : {}) } })
    field.box.addEventListener('change', () => { field.box.defaultValue = field.box.value; heard(field.box.value) })
    return h('div', { class: 'govuk-form-group' }, h('label', { class: 'govuk-label', for: key }, words), hint ? h('div', { class: 'govuk-hint', id: `${key}-hint` }, hint) : null, holder)
  }
}

// The description of a rule as the reader of packs understands it. Where the sentence begins with something like a number a
// full stop keeps it from being read as a clause.
function described (clauses, sentence) {
  if (!clauses.length) return sentence
  const stop = /^\S*\d/.test(sentence) ? '.' : ''
  return `clauses: ${clauses.join(' ')}${stop} ${sentence}`.trim()
}
