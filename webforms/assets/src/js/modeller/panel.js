// The panel beside the drawing: what the chosen element says, in form controls. Every change is a command, so that it can be undone.
import { is } from 'bpmn-js/lib/util/ModelUtil'
import { addBehind } from './add.js'
import { button, choice, h, picker, plainButton, text, tick } from './controls.js'
import { dutySection } from './duty.js'
import { FeelField } from './feel-field.js'
import { ADDED, TRIGGERS, called, carries, definition, isEvent, isFlow, isGateway, isTask, kindOf, nameOf } from './kinds.js'
import { limitField } from './limit-field.js'
import { addDuty, duties, extension, read } from './properties.js'
import { roleField } from './role.js'

const inFile = element => `In the file: ${element.id}`

export class Panel {
  constructor ({ place, modeler, words, ask, properties, faults, remarks, editable, editors, go, told }) {
    Object.assign(this, { place, modeler, words, ask, properties, faults, remarks, editable, editors, go, told })
    this.formal = new Set()
    this.opened = new Set(['says', 'role', 'flow', 'trigger', 'duties', 'work', 'clauses'])
    this.modeling = modeler.get('modeling', false)
    this.element = null
  }

  get periodic () {
    return this.modeler.get('elementRegistry').filter(one => one.type === 'bpmn:StartEvent').some(one => definition(one)?.$type === 'bpmn:TimerEventDefinition')
  }

  // A change that the panel itself makes leaves its controls as they are, unless it changes which controls there are.
  change (act, again = false) {
    this.own = !again
    try {
      act()
    } finally {
      this.own = false
    }
  }

  set (name, value, again = false) {
    this.change(() => this.properties.set(this.element, name, value), again)
  }

  setAll (properties, again = false) {
    this.change(() => this.properties.write(this.element, properties), again)
  }

  update (attributes, again = false) {
    this.change(() => this.modeling.updateModdleProperties(this.element, this.element.businessObject, attributes), again)
  }

  changed () {
    if (!this.own) return this.show(this.element)
    const heading = this.place.querySelector('#panel-heading')
    if (heading?.lastChild && this.element) heading.lastChild.textContent = called(this.element)
    const id = this.place.querySelector('[data-id]')
    if (id && this.element) id.textContent = inFile(this.element)
  }

  show (element) {
    for (const control of this.place.querySelectorAll('input, textarea')) control.writeNow?.()
    const active = document.activeElement
    const focused = this.place.contains(active) ? { id: active.id, at: active.selectionStart } : null
    if (element && !this.modeler.get('elementRegistry').get(element.id)) element = null
    this.element = element
    this.place.replaceChildren(...this.sections())
    if (!this.editable) for (const control of this.place.querySelectorAll('[data-editing] :is(input, select, textarea, button)')) control.disabled = true
    const again = focused?.id && document.getElementById(focused.id)
    if (again) {
      again.focus({ preventScroll: true })
      if (again.type !== 'checkbox' && typeof again.setSelectionRange === 'function' && focused.at !== null) again.setSelectionRange(focused.at, focused.at)
    }
  }

  sections () {
    const element = this.element
    if (!element || ['bpmn:Process', 'bpmn:Collaboration'].includes(element.type)) return [this.heading(), ...this.ofDiagram()]
    return [
      this.heading(), this.troubles(),
      this.section('says', 'What it is', this.basics()),
      element.type === 'bpmn:Lane' && this.section('role', 'Who acts here', [roleField(this, { id: 'lane-role', label: 'Role', value: read(element).get('role') || '', write: (value, again) => this.ofLane(value, again) })]),
      isFlow(element) && this.section('flow', 'When it is taken', this.flow()),
      isEvent(element) && definition(element) && this.section('trigger', 'What it waits for', this.trigger()),
      carries(element) && this.section('duties', 'Duties', this.duties()),
      isTask(element) || element.type === 'bpmn:CallActivity' ? this.section('work', 'How it is done', this.work()) : null,
      (isGateway(element) || isFlow(element) || carries(element)) && this.section('clauses', 'Clauses it follows', this.clauses('clauses', read(element).get('clauses') || '', value => this.set('clauses', value, true))),
      carries(element) && this.section('sets', 'Facts it sets', this.sets()),
      this.editable && !isFlow(element) && !['bpmn:Lane', 'bpmn:Participant'].includes(element.type) && this.section('next', 'Add and connect', this.next()),
      this.talk()
    ].filter(Boolean)
  }

  heading () {
    const element = this.element
    if (!element || !element.parent) return h('h2', { class: 'govuk-heading-s', id: 'panel-heading', tabindex: '-1', text: 'The whole diagram' })
    return h('div', {}, h('h2', { class: 'govuk-heading-s hw-modeller__chosen', id: 'panel-heading', tabindex: '-1' },
      h('span', { class: 'govuk-caption-m', text: kindOf(element) }), called(element)))
  }

  troubles () {
    const found = this.element ? this.faults.of(this.element) : []
    return h('ul', { class: 'hw-plainlist hw-small hw-faults', 'data-troubles': true, hidden: !found.length },
      ...found.map(one => h('li', { class: 'hw-faults__item hw-faults__item--grave', text: `${one.message}. ${one.remedy}` })))
  }

  talk () {
    const about = this.element?.parent ? this.element : { parent: null }
    return h('section', { class: 'hw-modeller__section', 'data-talk': true },
      h('h3', { class: 'govuk-heading-s', text: about.parent ? 'Comments' : 'Comments on the diagram' }), this.remarks.section(about))
  }

  // The checks or a comment bring news: what somebody is typing elsewhere in the panel stays as it is.
  news () {
    this.place.querySelector('[data-troubles]')?.replaceWith(this.troubles())
    const talk = this.place.querySelector('[data-talk]')
    const written = talk?.querySelector('textarea')
    if (talk && !(written === document.activeElement && written.value)) talk.replaceWith(this.talk())
  }

  section (name, heading, controls) {
    const details = h('details', { class: 'hw-modeller__section', open: this.opened.has(name), 'data-editing': true },
      h('summary', { class: 'hw-modeller__summary' }, h('h3', { class: 'govuk-heading-s', text: heading })), ...controls.filter(Boolean))
    details.addEventListener('toggle', () => details.open ? this.opened.add(name) : this.opened.delete(name))
    return details
  }

  ofDiagram () {
    const process = this.modeler.get('elementRegistry').find(one => one.type === 'bpmn:Participant')?.businessObject.processRef
    return [
      h('p', { class: 'govuk-body hw-small', text: 'Choose an element in the drawing, or from the list below it, to read and change what it says.' }),
      process?.documentation?.[0] && h('p', { class: 'govuk-body hw-small', text: process.documentation[0].text }),
      this.talk()
    ].filter(Boolean)
  }

  basics () {
    const element = this.element
    const bo = element.businessObject
    const note = bo.documentation?.[0]?.text || ''
    return [
      text({ id: 'name', label: 'Name', value: bo.name || '', rows: isFlow(element) ? 0 : 2, write: name => this.change(() => this.modeling.updateLabel(element, name)) }),
      element.type !== 'bpmn:Lane' && text({ id: 'note', label: 'Explanation', value: note, rows: note ? 3 : 2, write: said => this.document(said) }),
      h('p', { class: 'hw-small hw-quiet', 'data-id': true, text: inFile(element) })
    ]
  }

  document (said) {
    const factory = this.modeler.get('bpmnFactory')
    const documentation = said.trim() ? [factory.create('bpmn:Documentation', { text: said.trim() })] : []
    this.update({ documentation })
  }

  feel (id, label, value, kind, write, hint = '', fact = '') {
    return new FeelField({ id, label, hint, value, kind, fact, periodic: this.periodic, write, ask: this.ask, words: this.words }).element
  }

  // A lane without a name gets that of its role.
  ofLane (role, again) {
    const named = this.words.roles.find(one => one.id === role)
    this.change(() => this.modeler.get('steps').together(() => {
      this.properties.set(this.element, 'role', role)
      if (named && !nameOf(this.element)) this.modeling.updateLabel(this.element, named.label)
    }), again)
  }

  flow () {
    const bo = this.element.businessObject
    const gateway = ['bpmn:ExclusiveGateway', 'bpmn:InclusiveGateway'].includes(bo.sourceRef?.$type)
    if (!gateway) return [h('p', { class: 'govuk-body hw-small', text: 'It is always taken: only flows out of a question have conditions.' })]
    const usual = bo.sourceRef.default === bo
    const source = this.modeler.get('elementRegistry').get(bo.sourceRef.id)
    return [
      tick({
        id: 'usual', label: 'Taken where no other answer fits', checked: usual,
        write: on => this.change(() => this.modeler.get('steps').together(() => {
          if (on) this.modeling.updateProperties(this.element, { conditionExpression: undefined })
          this.modeling.updateProperties(source, { default: on ? bo : undefined })
        }), true)
      }),
      !usual && this.feel('condition', 'Taken when', bo.conditionExpression?.body, 'condition', value => {
        const conditionExpression = value ? this.modeler.get('bpmnFactory').create('bpmn:FormalExpression', { body: value }) : undefined
        this.update({ conditionExpression })
      })
    ]
  }

  trigger () {
    const element = this.element
    const held = definition(element)
    const controls = [h('p', { class: 'govuk-body hw-small', text: `It waits for ${TRIGGERS[held.$type] || 'what the engine does not run'}.` })]
    const put = name => (value, again) => this.change(() => {
      const body = this.modeler.get('bpmnFactory').create('bpmn:FormalExpression', { body: value })
      body.$parent = held
      this.modeling.updateModdleProperties(element, held, { [name]: value ? body : undefined })
    }, again)
    if (held.$type === 'bpmn:TimerEventDefinition') {
      const value = held.timeDate?.body
      controls.push(limitField({
        id: `trigger-${element.id}`, label: 'The moment', none: value ? undefined : 'nothing is stated yet', value, write: put('timeDate'), kind: 'timer',
        ask: this.ask, words: this.words, again: this.formal, periodic: this.periodic
      }))
    }
    if (held.$type === 'bpmn:ConditionalEventDefinition') controls.push(this.feel('trigger', 'The condition', held.condition?.body, 'condition', put('condition')))
    if (held.$type === 'bpmn:MessageEventDefinition') controls.push(this.message(held))
    if (element.type === 'bpmn:BoundaryEvent') {
      controls.push(tick({
        id: 'interrupts', label: 'It interrupts what it stands on', checked: element.businessObject.cancelActivity !== false,
        write: on => this.update({ cancelActivity: on })
      }))
    }
    return controls
  }

  message (owner) {
    const named = owner.messageRef?.name || ''
    return choice({
      id: 'message', label: 'The event', value: named, none: named ? undefined : 'Choose the event', items: this.words.events,
      write: name => this.change(() => this.modeler.get('steps').together(() => {
        const definitions = this.modeler.getDefinitions()
        const factory = this.modeler.get('bpmnFactory')
        let message = definitions.rootElements.find(one => one.$type === 'bpmn:Message' && one.name === name)
        if (!message) {
          let id = `message_${name}`
          for (let at = 2; factory.taken?.(id); at += 1) id = `message_${name}_${at}`
          message = factory.create('bpmn:Message', { id, name })
          message.$parent = definitions
          const at = definitions.rootElements.findIndex(one => one.$type === 'bpmn:Process')
          const rootElements = definitions.rootElements.slice()
          rootElements.splice(at < 0 ? rootElements.length : at, 0, message)
          this.modeling.updateModdleProperties(this.element, definitions, { rootElements })
        }
        this.modeling.updateModdleProperties(this.element, owner, { messageRef: message })
      }), true)
    })
  }

  duties () {
    const properties = read(this.element)
    const held = duties(properties)
    return [
      ...held.map(duty => dutySection(this, properties, duty, held.length > 1)),
      this.editable && picker({
        id: 'add-duty', label: held.length ? 'Add another duty' : 'Add a duty', hint: 'Type a word of what has to be done.',
        items: this.words.obligations.filter(one => !held.includes(one.id)), pick: id => this.setAll(addDuty(properties, id), true)
      })
    ]
  }

  // A link to where the chosen form, notice, table or diagram is itself edited.
  link (kind, name, words) {
    const address = name && this.editors[kind]?.replace('NAME', encodeURIComponent(name))
    return address ? h('p', { class: 'hw-small hw-modeller__link' }, h('a', { class: 'govuk-link', href: address, text: words })) : null
  }

  work () {
    const element = this.element
    const properties = read(element)
    const { forms, notices, decisions, processes } = this.words
    const type = element.type
    const from = (name, label, items, none, hint) => choice({ id: name, label, hint, value: properties.get(name) || '', none, items, write: value => this.set(name, value, true) })
    return [
      isTask(element) && type !== 'bpmn:BusinessRuleTask' && roleField(this, { id: 'own-role', label: 'Done by', none: 'the role of its lane', value: properties.get('role') || '', write: (value, again) => this.set('role', value, again) }),
      ['bpmn:UserTask', 'bpmn:ManualTask', 'bpmn:ReceiveTask'].includes(type) && from('form', 'Form', forms, 'no form'),
      this.link('form', properties.get('form'), 'Open this form'),
      type === 'bpmn:SendTask' && from('notice', 'Notice sent', notices, 'none chosen'),
      type === 'bpmn:UserTask' && from('notice', 'Ready text offered', notices, 'none'),
      this.link('notice', properties.get('notice'), 'Open this notice'),
      type === 'bpmn:ReceiveTask' && this.message(element.businessObject),
      type === 'bpmn:BusinessRuleTask' && choice({
        id: 'decision', label: 'Decision table', value: extension(element, 'spiffworkflow:CalledDecisionId')?.text?.trim() || '', none: 'none chosen', items: decisions,
        write: value => this.change(() => this.properties.decision(element, value))
      }),
      type === 'bpmn:CallActivity' && choice({
        id: 'calls', label: 'The diagram it runs', value: element.businessObject.calledElement || '', none: 'none chosen', items: processes.filter(one => one.called), write: value => this.update({ calledElement: value || undefined }, true)
      }),
      type === 'bpmn:CallActivity' && this.link('diagram', element.businessObject.calledElement, 'Open this diagram'),
      (carries(element) || type === 'bpmn:CallActivity') && tick({
        id: 'watch', label: 'Does not keep the case open', hint: 'It only watches, or only offers something.', checked: properties.get('watch') === 'true', write: on => this.set('watch', on ? 'true' : '')
      })
    ]
  }

  clauses (id, value, write) {
    const cited = value.replaceAll(',', ' ').split(/\s+/).filter(Boolean)
    const known = new Map(this.words.clauses.map(one => [one.id, one]))
    return [
      isGateway(this.element) && id === 'clauses' && text({ id: 'decides', label: 'What the question decides', value: read(this.element).get('decides') || '', rows: 2, write: said => this.set('decides', said.trim()) }),
      cited.length > 0 && h('ul', { class: 'hw-plainlist hw-clauses' }, ...cited.map(clause => h('li', { class: 'hw-clauses__item' },
        h('strong', { text: clause }), ` ${known.get(clause)?.label || 'There is no such clause in the register.'} `,
        this.editable && plainButton('Remove', () => write(cited.filter(one => one !== clause).join(' ')), `clause ${clause}`)))),
      this.editable && picker({
        id: `${id}-add`, label: 'Add a clause', hint: 'Type its number, or words of what it says.', items: this.words.clauses.filter(one => !cited.includes(one.id)),
        pick: clause => write([...cited, clause].join(' '))
      })
    ]
  }

  sets () {
    const properties = read(this.element)
    const held = [...properties.keys()].filter(name => name.startsWith('set.'))
    const label = fact => this.words.facts.find(one => one.id === fact)?.label || fact
    return [
      ...held.map(name => h('div', {}, this.feel(`set-${name}`, label(name.slice(4)), properties.get(name), 'value', value => this.set(name, value), '', name.slice(4)),
        this.editable && plainButton('Remove', () => this.set(name, '', true), label(name.slice(4))))),
      this.editable && picker({
        id: 'add-set', label: 'Set another fact when it is done', items: this.words.facts.filter(one => !one.derived && !held.includes(`set.${one.id}`)), pick: fact => this.set(`set.${fact}`, '= null', true)
      })
    ]
  }

  next () {
    const element = this.element
    const registry = this.modeler.get('elementRegistry')
    const chosen = { kind: 'task', target: '' }
    const ends = element.type === 'bpmn:EndEvent'
    const targets = registry.filter(one => !one.waypoints && !one.labelTarget && one !== element && is(one, 'bpmn:FlowNode') && !['bpmn:StartEvent', 'bpmn:BoundaryEvent'].includes(one.type))
      .map(one => ({ id: one.id, label: `${called(one)} (${kindOf(one).toLowerCase()})` }))
    return [
      !ends && choice({ id: 'add-kind', label: 'What comes next', value: 'task', items: ADDED, write: kind => { chosen.kind = kind } }),
      !ends && button('Add it', () => {
        const shape = addBehind(this.modeler, element, ADDED.find(one => one.id === chosen.kind))
        this.go(shape, 'name')
      }),
      !ends && choice({ id: 'connect-to', label: 'Lead on to what is there', value: '', none: 'choose an element', items: targets, write: target => { chosen.target = target } }),
      !ends && button('Connect', () => {
        const target = registry.get(chosen.target)
        if (target) this.modeling.connect(element, target)
        this.told(target ? `Connected to ${called(target)}.` : 'Choose an element first.')
      }),
      button('Remove from the diagram', () => {
        const name = called(element)
        this.modeling.removeElements([element])
        this.told(`${name} is removed. Undo brings it back.`)
      }, { kind: 'warning' })
    ]
  }
}
