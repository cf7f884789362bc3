// The kinds of element in the words of the pages, and which of them the engine runs.
import { is } from 'bpmn-js/lib/util/ModelUtil'

const KINDS = {
  UserTask: 'Task', ManualTask: 'Task done by hand', SendTask: 'Notice', ReceiveTask: 'Awaited from outside', BusinessRuleTask: 'Decision by a table',
  CallActivity: 'Part with a diagram of its own', SubProcess: 'Part', StartEvent: 'Start', EndEvent: 'End', IntermediateCatchEvent: 'Waits',
  IntermediateThrowEvent: 'Event', BoundaryEvent: 'May come meanwhile', ExclusiveGateway: 'Question', InclusiveGateway: 'Question, several answers',
  ParallelGateway: 'In parallel', EventBasedGateway: 'Waits for the first of several', SequenceFlow: 'Flow', Lane: 'Lane', Participant: 'Pool',
  Task: 'Bare task', TextAnnotation: 'Remark in the drawing', Process: 'Diagram', Collaboration: 'Diagram'
}

export const TASKS = ['bpmn:UserTask', 'bpmn:ManualTask', 'bpmn:SendTask', 'bpmn:ReceiveTask', 'bpmn:BusinessRuleTask']
export const TRIGGERS = {
  'bpmn:TimerEventDefinition': 'a moment', 'bpmn:MessageEventDefinition': 'an event', 'bpmn:ConditionalEventDefinition': 'a condition',
  'bpmn:EscalationEventDefinition': 'an escalation', 'bpmn:ErrorEventDefinition': 'an error', 'bpmn:TerminateEventDefinition': 'ends everything'
}

export const bare = element => element.type.replace('bpmn:', '')
export const kindOf = element => KINDS[bare(element)] || bare(element)
export const isTask = element => TASKS.includes(element.type)
export const isEvent = element => is(element, 'bpmn:Event')
export const isGateway = element => is(element, 'bpmn:Gateway')
export const isFlow = element => element.type === 'bpmn:SequenceFlow'
export const carries = element => isTask(element) || isEvent(element)
export const definition = element => element.businessObject.get?.('eventDefinitions')?.[0]
export const nameOf = element => (element.businessObject.name || '').replace(/\s+/g, ' ').trim()

export function called (element) {
  if (isFlow(element)) {
    const { sourceRef, targetRef } = element.businessObject
    const ends = [sourceRef, targetRef].map(one => one?.name?.replace(/\s+/g, ' ') || (KINDS[one?.$type.replace('bpmn:', '')] || 'something').toLowerCase() + ' without a name')
    return nameOf(element) ? `${nameOf(element)} (from ${ends[0]})` : `Flow from ${ends[0]} to ${ends[1]}`
  }
  return nameOf(element) || `${kindOf(element)} without a name`
}

// What can be added behind an element without a mouse: the label, the type, and what it waits for.
export const ADDED = [
  { id: 'task', label: 'Task', type: 'bpmn:UserTask' },
  { id: 'send', label: 'Notice', type: 'bpmn:SendTask' },
  { id: 'receive', label: 'Awaited from outside', type: 'bpmn:ReceiveTask' },
  { id: 'decision', label: 'Decision by a table', type: 'bpmn:BusinessRuleTask' },
  { id: 'call', label: 'Part with a diagram of its own', type: 'bpmn:CallActivity' },
  { id: 'question', label: 'Question', type: 'bpmn:ExclusiveGateway' },
  { id: 'parallel', label: 'In parallel', type: 'bpmn:ParallelGateway' },
  { id: 'event', label: 'Event that raises a duty', type: 'bpmn:IntermediateThrowEvent' },
  { id: 'timer', label: 'Wait until a moment', type: 'bpmn:IntermediateCatchEvent', eventDefinitionType: 'bpmn:TimerEventDefinition' },
  { id: 'message', label: 'Wait for an event', type: 'bpmn:IntermediateCatchEvent', eventDefinitionType: 'bpmn:MessageEventDefinition' },
  { id: 'condition', label: 'Wait for a condition', type: 'bpmn:IntermediateCatchEvent', eventDefinitionType: 'bpmn:ConditionalEventDefinition' },
  { id: 'end', label: 'End', type: 'bpmn:EndEvent' }
]
