// The palette and the menus offer what the engine runs; all else would be refused by the checks a moment later.
const NOT_DRAWN = ['create.data-object', 'create.data-store', 'create.group', 'create.participant-expanded', 'create.task']
const REFUSED = /signal|link|compensat|script|service|complex|transaction|ad-hoc|event-subprocess|instantiate|cancel|data-|participant|collapsed|with-task$/

class Offered {
  constructor (palette, popupMenu, elementFactory, create) {
    this.elementFactory = elementFactory
    this.create = create
    palette.registerProvider(400, this)
    popupMenu.registerProvider('bpmn-replace', 400, this)
  }

  getPaletteEntries () {
    return entries => {
      for (const name of NOT_DRAWN) delete entries[name]
      const task = event => this.create.start(event, this.elementFactory.createShape({ type: 'bpmn:UserTask' }))
      const made = { 'create.user-task': { group: 'activity', className: 'bpmn-icon-user-task', title: 'Create task', action: { dragstart: task, click: task } } }
      return { ...entries, ...made }
    }
  }

  getPopupMenuEntries () {
    return entries => Object.fromEntries(Object.entries(entries).filter(([name]) => !REFUSED.test(name)))
  }

  getPopupMenuHeaderEntries () {
    return entries => Object.fromEntries(Object.entries(entries).filter(([name]) => name === 'toggle-non-interrupting'))
  }
}
Offered.$inject = ['palette', 'popupMenu', 'elementFactory', 'create']

export default { __init__: ['offered'], offered: ['type', Offered] }
