// Ids that people can read: from the name where there is one, and unique within the whole pack, not only in this file.
import BpmnFactory from 'bpmn-js/lib/features/modeling/BpmnFactory'
import ElementFactory from 'bpmn-js/lib/features/modeling/ElementFactory'
import CommandInterceptor from 'diagram-js/lib/command/CommandInterceptor'

const WORDS = {
  'bpmn:SequenceFlow': 'flow', 'bpmn:Lane': 'lane', 'bpmn:UserTask': 'task', 'bpmn:StartEvent': 'start', 'bpmn:EndEvent': 'end', 'bpmn:Message': 'message',
  'bpmn:TextAnnotation': 'remark', 'bpmn:Association': 'association', 'bpmn:Participant': 'pool', 'bpmn:LaneSet': 'lanes'
}
const MADE = /_(task|event|question|flow|lane|start|end|part|remark|step)_\d+$/

export function slug (name) {
  return name.normalize('NFKD').toLowerCase().replace(/[’'\u0300-\u036f]/g, '').replace(/[^a-z0-9]+/g, '_').replace(/^_+|_+$/g, '').replace(/^(\d)/, 'n$1').slice(0, 50)
}

class ReadableFactory extends BpmnFactory {
  constructor (moddle, others) {
    super(moddle)
    this.others = others
  }

  _ensureId (element) {
    if (element.id || !this._needsId(element) || element.$type.startsWith('bpmndi:')) return super._ensureId(element)
    const type = element.$type
    const word = WORDS[type] || (type.includes('Event') ? 'event' : type.includes('Gateway') ? 'question' : type.includes('Task') ? 'task' : /Activity|SubProcess/.test(type) ? 'part' : 'step')
    const prefix = `${slug(this.others.process || 'diagram')}_${word}`
    let at = 1
    while (this.taken(`${prefix}_${at}`)) at += 1
    element.id = `${prefix}_${at}`
    this._model.ids.claim(element.id, element)
  }

  taken (id) {
    return this._model.ids.assigned(id) || this.others.ids.has(id)
  }
}
ReadableFactory.$inject = ['moddle', 'config.others']

// The engine runs no bare task: what is drawn as one is a person's task.
class TaskFactory extends ElementFactory {
  createElement (kind, attributes) {
    return super.createElement(kind, attributes?.type === 'bpmn:Task' && !attributes.businessObject ? { ...attributes, type: 'bpmn:UserTask' } : attributes)
  }
}
TaskFactory.$inject = ElementFactory.$inject

// Gives an element that nobody has named yet its id once it has a name, in the same step of the history.
class Naming extends CommandInterceptor {
  constructor (eventBus, modeling, bpmnFactory) {
    super(eventBus)
    this.postExecuted(['element.updateLabel', 'element.updateProperties'], ({ context }) => {
      const element = context.element.labelTarget || context.element
      const { id, name } = element.businessObject || {}
      const written = context.newLabel !== undefined || (context.properties && 'name' in context.properties)
      if (!written || !name || !MADE.test(id || '') || !slug(name) || element.type === 'bpmn:SequenceFlow') return
      const lane = element.type === 'bpmn:Lane' ? 'lane_' : ''
      let wanted = `${lane}${slug(name)}`
      for (let at = 2; bpmnFactory.taken(wanted); at += 1) wanted = `${lane}${slug(name)}_${at}`
      modeling.updateProperties(element, { id: wanted })
    })
  }
}
Naming.$inject = ['eventBus', 'modeling', 'bpmnFactory']

export default {
  __init__: ['naming'],
  bpmnFactory: ['type', ReadableFactory],
  elementFactory: ['type', TaskFactory],
  naming: ['type', Naming]
}
