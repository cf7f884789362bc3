// The diagram editor: bpmn-js to draw with, a panel of our own beside it, and the checks of the pack while somebody draws.
import Modeler from 'bpmn-js/lib/Modeler'
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer'
import MinimapModule from 'diagram-js-minimap'
import { DraftChecks } from '../drafting/checks.js'
import { loses, Saving } from '../drafting/saving.js'
import { Asking } from './asking.js'
import { Badges } from './badges.js'
import { bar, keys } from './bar.js'
import { Faults } from './faults.js'
import Finding, { find } from './find.js'
import Ids from './ids.js'
import Offered from './offered.js'
import { inOrder, Outline } from './outline.js'
import { Panel } from './panel.js'
import { Properties } from './properties.js'
import { Remarks } from './remarks.js'
import spiffworkflow from './spiffworkflow.json'
import { Story } from './story.js'
import Together from './together.js'

class Keeper extends Saving {
  save (why = '') { return super.save(why || document.getElementById('why').value.trim()) }
}

class Editor {
  constructor (root) {
    this.root = root
    this.ask = new Asking(root)
    this.editable = root.dataset.editable === 'yes'
    this.part = name => root.querySelector(`[data-${name}]`)
  }

  async start () {
    this.root.hidden = false
    this.tell('The diagram is being opened.')
    const [file, words] = await Promise.all([this.ask.file(), this.ask.words()])
    this.words = words
    this.modeler = this.make()
    const { warnings } = await this.modeler.importXML(file.content)
    this.properties = this.editable && new Properties(this.modeler.get('modeling'), this.modeler.get('bpmnFactory'))
    const go = (element, field) => this.go(element, field)
    const told = text => this.tell(text)
    this.faults = new Faults(this.modeler, this.ask, this.part('faults'), { go, told, changed: () => this.panel?.news() })
    this.remarks = new Remarks(this.modeler, this.ask, { go, told, changed: () => this.panel?.news() })
    const editors = JSON.parse(this.root.dataset.editors)
    this.panel = new Panel({ ...this, editors, place: this.part('panel'), go, told })
    this.badges = new Badges(this.modeler)
    this.outline = new Outline(this.modeler, this.part('outline'), go)
    this.story = new Story(this.modeler, this.part('clauses'), this.part('story'), this.root.dataset.path)
    this.checks = new DraftChecks(this.part('clauses'))
    if (this.editable) this.saves(file, warnings)
    this.tools()
    this.listen()
    this.fit(0.75)
    this.panel.show(null)
    this.outline.show(null)
    this.faults.soon(0)
    this.remarks.load().catch(() => {})
    this.tell(this.editable ? loses(file.content) : '')
    this.fromAddress()
  }

  make () {
    const others = { process: this.root.dataset.path.replace(/\.bpmn$/, ''), ids: new Set() }
    for (const [path, ids] of Object.entries(this.words.ids)) if (path !== this.root.dataset.path) for (const id of ids) others.ids.add(id)
    const options = { container: this.part('canvas'), moddleExtensions: { spiffworkflow }, others }
    const modeler = this.editable
      ? new Modeler({ ...options, additionalModules: [MinimapModule, Finding, Ids, Offered, Together] })
      : new NavigatedViewer({ ...options, additionalModules: [MinimapModule] })
    const svg = this.part('canvas').querySelector('.djs-container > svg')
    svg.setAttribute('role', 'application')
    svg.setAttribute('aria-label', 'Drawing. The keys are told at the end of the page.')
    return modeler
  }

  saves (file, warnings) {
    const element = document.querySelector('.hw-saving')
    element.hidden = false
    element.dataset.digest = file.digest
    this.saving = new Keeper(element, async () => (await this.modeler.saveXML({ format: true })).xml, {
      saved: () => {
        this.faults.soon(0)
        this.checks.lookNow()
      }
    })
    if (warnings.length) {
      const words = warnings.map(one => one.message).slice(0, 3).join(' ')
      this.saving.refuse(`Nothing is saved: the file holds something that this editor would lose. ${words}`)
    }
    const save = element.querySelector('[data-save]')
    save.disabled = warnings.length > 0
    save.addEventListener('click', () => this.saveNow())
  }

  async saveNow () {
    for (const control of this.part('panel').querySelectorAll('input, textarea')) control.writeNow?.()
    if (!this.saving.unsaved) return this.saving.say('Everything is saved.')
    await this.saving.save()
  }

  tools () {
    const canvas = this.modeler.get('canvas')
    const stack = this.modeler.get('commandStack', false)
    const zoom = by => { this.modeler.get('zoomScroll').stepZoom(by) }
    const minimap = this.modeler.get('minimap')
    const tools = this.editable ? [
      { name: 'undo', words: 'Undo', act: () => stack.undo() },
      { name: 'redo', words: 'Redo', act: () => stack.redo() },
      { name: 'copy', words: 'Copy', act: () => this.modeler.get('editorActions').trigger('copy') },
      { name: 'paste', words: 'Paste', act: () => this.modeler.get('editorActions').trigger('paste') },
      { name: 'find', words: 'Find', act: () => find(this.modeler) },
      { name: 'tidy', words: 'Tidy what is chosen', act: () => this.tidy(true) },
      { name: 'tidy-all', words: 'Tidy everything', act: () => this.tidy(false) }
    ] : []
    tools.push(
      { name: 'badges', words: 'Clauses', pressed: false, title: 'Show the clauses on the drawing', act: on => this.badges.toggle(on) },
      { name: 'overview', words: 'Overview', pressed: false, title: 'Show a small map of the drawing', act: on => { on ? minimap.open() : minimap.close(); return on } },
      { name: 'larger', words: 'Larger', act: () => zoom(1) },
      { name: 'smaller', words: 'Smaller', act: () => zoom(-1) },
      { name: 'whole', words: 'Whole diagram', act: () => this.fit() })
    this.buttons = bar(this.part('bar'), tools)
    keys(this.part('keys'))
    this.undoable()
  }

  undoable () {
    const stack = this.modeler.get('commandStack', false)
    if (!stack) return
    this.buttons.undo.disabled = !stack.canUndo()
    this.buttons.redo.disabled = !stack.canRedo()
  }

  listen () {
    const bus = this.modeler.get('eventBus')
    bus.on('selection.changed', ({ newSelection }) => {
      const element = newSelection.length === 1 ? newSelection[0].labelTarget || newSelection[0] : null
      this.panel.show(element)
      this.outline.show(element)
    })
    if (!this.editable) {
      bus.on('element.click', ({ element }) => { this.panel.show(element.labelTarget || element) })
      return
    }
    bus.on('commandStack.changed', ({ trigger }) => {
      if (trigger === 'clear') return
      this.undoable()
      this.panel.changed()
      this.outline.show(this.panel.element)
      this.badges.show()
      this.saving.changed()
      this.faults.soon()
    })
    bus.on('elements.paste.rejected', () => this.tell('That cannot be pasted there.'))
    this.root.addEventListener('keydown', event => this.key(event))
    this.part('canvas').addEventListener('keydown', event => this.keyInDrawing(event))
  }

  key (event) {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 's') {
      event.preventDefault()
      this.saveNow()
    }
    if (event.key === 'Escape' && this.part('panel').contains(event.target)) this.modeler.get('canvas').focus()
  }

  keyInDrawing (event) {
    if (event.target.closest('input, textarea, [contenteditable]') || event.ctrlKey || event.metaKey || event.altKey) return
    const steps = { ']': 1, '[': -1 }
    if (event.key in steps) {
      event.preventDefault()
      const all = inOrder(this.modeler)
      const at = all.indexOf(this.panel.element)
      const next = all[(at + steps[event.key] + all.length + (at < 0 && steps[event.key] < 0 ? 1 : 0)) % all.length]
      this.choose(next)
      this.modeler.get('canvas').focus()
      this.tell(document.getElementById('panel-heading').textContent)
    } else if (event.key === 'Enter' && this.panel.element && event.target.tagName.toLowerCase() === 'svg') {
      event.preventDefault()
      document.getElementById('name')?.focus()
    }
  }

  choose (element) {
    const selection = this.modeler.get('selection', false)
    selection ? selection.select(element) : this.panel.show(element)
    this.modeler.get('canvas').scrollToElement(element, 120)
  }

  // Show an element in the drawing and in the panel, and put the keyboard there.
  go (element, field) {
    if (!element) return
    this.choose(element)
    const place = (field && document.getElementById(field)) || document.getElementById('panel-heading')
    place.focus()
  }

  fromAddress () {
    const element = this.modeler.get('elementRegistry').get(new URLSearchParams(location.search).get('element') || '')
    if (element) this.go(element)
  }

  // The whole drawing beside the palette; where that would be too small to read, its beginning.
  fit (smallest = 0.1) {
    const canvas = this.modeler.get('canvas')
    const { inner, outer } = canvas.viewbox()
    const left = this.editable ? 90 : 20
    const scale = Math.max(smallest, Math.min(1, (outer.width - left - 20) / inner.width, (outer.height - 40) / inner.height))
    canvas.viewbox({ x: inner.x - left / scale, y: inner.y - 20 / scale, width: outer.width / scale, height: outer.height / scale })
  }

  async tidy (chosen) {
    const selected = this.modeler.get('selection').get()
    if (chosen && !selected.length) return this.tell('Choose what is to be tidied first.')
    this.tell('Being tidied.')
    const { xml } = await this.modeler.saveXML({ format: true })
    const elements = chosen ? selected.map(one => (one.labelTarget || one).id) : null
    try {
      const picture = await this.ask.tidy(xml, elements)
      const steps = this.modeler.get('steps')
      steps.rearrange(picture)
      this.tell('Tidied. Undo puts everything back where it was.')
    } catch (error) {
      this.tell(error.said || 'It could not be tidied. Try again.')
    }
  }

  tell (words) {
    this.part('told').textContent = words
  }
}

const root = document.querySelector('[data-module="hw-modeller"]')
if (root) {
  const editor = new Editor(root)
  editor.start().catch(error => {
    editor.tell(`The diagram could not be opened: ${error.message}. Reload the page to try again.`)
  })
}
