// Our properties on an element of a diagram: name and value pairs in its extension elements. Read from and written to moddle's
// objects; every change goes through the command stack, so that it can be undone.

export function extension (element, type) {
  return element.businessObject.get('extensionElements')?.get('values').find(value => value.$type === type)
}

export function read (element) {
  const held = extension(element, 'spiffworkflow:Properties')
  return new Map((held?.get('properties') || []).map(one => [one.get('name'), one.get('value') ?? '']))
}

export function duties (properties) {
  return (properties.get('duty') || '').replaceAll(',', ' ').split(/\s+/).filter(Boolean)
}

export function ofDuty (properties, duty, name) {
  return properties.get(`duty.${duty}.${name}`) ?? properties.get(name) ?? ''
}

// What an element's properties become when one duty's property changes. A plain property holds for all duties of an element, so
// with several of them only the one is changed.
export function withDuty (properties, duty, name, value) {
  const own = `duty.${duty}.${name}`
  const all = duties(properties)
  const next = new Map(properties)
  if (all.length < 2) {
    const key = next.has(own) ? own : name
    value ? next.set(key, value) : next.delete(key)
    if (!value) next.delete(name)
    return next
  }
  if (next.get(name) === value && value) {
    next.delete(own)
  } else if (value) {
    next.set(own, value)
  } else {
    next.delete(own)
    if (next.has(name)) {
      for (const other of all) {
        const theirs = `duty.${other}.${name}`
        if (other !== duty && !next.has(theirs)) next.set(theirs, next.get(name))
      }
      next.delete(name)
    }
  }
  return next
}

const OF_A_DUTY = ['act', 'force', 'due', 'target', 'clock', 'when', 'occasion', 'outcome', 'reason', 'on_interrupt',
  'on_interrupt.reason', 'keeps_role']

export function addDuty (properties, duty) {
  const all = duties(properties)
  const next = new Map([['duty', [...all, duty].join(' ')], ...properties])
  next.set('duty', [...all, duty].join(' '))
  if (all.length === 1) {
    // What was said of the one duty stays with it; clauses and role hold for the element too and stay where they are.
    for (const name of OF_A_DUTY) {
      if (!next.has(name)) continue
      next.set(`duty.${all[0]}.${name}`, next.get(name))
      next.delete(name)
    }
  }
  return next
}

export function removeDuty (properties, duty) {
  const rest = duties(properties).filter(one => one !== duty)
  const next = new Map([...properties].filter(([name]) => !name.startsWith(`duty.${duty}.`)))
  if (rest.length) {
    next.set('duty', rest.join(' '))
  } else {
    next.delete('duty')
    for (const name of OF_A_DUTY) next.delete(name)
  }
  return next
}

export class Properties {
  constructor (modeling, bpmnFactory) {
    Object.assign(this, { modeling, bpmnFactory })
  }

  write (element, properties) {
    const pairs = [...properties]
    const held = this.bpmnFactory.create('spiffworkflow:Properties', {})
    held.properties = pairs.map(([name, value]) => {
      const one = this.bpmnFactory.create('spiffworkflow:Property', { name, value })
      one.$parent = held
      return one
    })
    this.replace(element, 'spiffworkflow:Properties', pairs.length ? held : null)
  }

  set (element, name, value) {
    const next = read(element)
    value ? next.set(name, value) : next.delete(name)
    this.write(element, next)
  }

  decision (element, id) {
    const held = id ? this.bpmnFactory.create('spiffworkflow:CalledDecisionId', { text: id }) : null
    this.replace(element, 'spiffworkflow:CalledDecisionId', held)
  }

  // Put one extension in the place of what was there of its type; what others keep there stays.
  replace (element, type, held) {
    const before = element.businessObject.get('extensionElements')
    const values = (before?.get('values') || []).slice()
    const at = values.findIndex(value => value.$type === type)
    if (at >= 0) values.splice(at, 1, ...(held ? [held] : []))
    else if (held) values.unshift(held)
    let after
    if (values.length) {
      after = this.bpmnFactory.create('bpmn:ExtensionElements', { values })
      after.$parent = element.businessObject
      for (const value of values) value.$parent = after
    }
    // Not `updateProperties`: that would also measure the label anew and move it.
    this.modeling.updateModdleProperties(element, element.businessObject, { extensionElements: after })
  }
}
