// The page of the editor: what is opened, what is saved, what the server says of it, and how one gets about.
import { loses, Saving } from '../drafting/saving.js'
import { offered } from './completion.js'
import { button, h } from './dom.js'
import { drawn } from './drawing.js'
import { handOver } from './feel-field.js'
import { makeEditor } from './library.js'
import { Marks } from './marks.js'
import { Offers } from './offers.js'
import { Panel } from './panel.js'

const PAUSE = 400
const NOT_UNDERSTOOD = 'Parts of this file are not understood here, and saving would lose them: it can be read, not changed.'

export class TablesPage {
  constructor (element) {
    this.element = element
    this.canvas = element.querySelector('[data-canvas]')
    this.views = element.querySelector('[data-views]')
    this.plain = document.querySelector('[data-table-plain]')
    this.found = document.querySelector('[data-table-found]')
    this.said = document.querySelector('[data-table-words]')
    this.marks = new Marks(this.canvas)
    this.asked = 0
  }

  async start () {
    this.plain.querySelector('[data-needs-scripts]')?.remove()
    this.saving = new Saving(this.element, () => this.content())
    try {
      const [file, words] = await Promise.all([this.fetched(this.element.dataset.saves), this.fetched(this.element.dataset.words)])
      this.saving.digest = file.digest
      this.offers = new Offers(words, () => this.viewer())
      offered.of = box => this.offers.for(box)
      this.element.hidden = false
      if (loses(file.content)) this.progress(loses(file.content))
      this.editor = makeEditor(this.canvas)
      this.panel = new Panel(this)
      this.editor.on('viewer.created', ({ viewer }) => this.listen(viewer))
      this.editor.on('views.changed', ({ views, activeView }) => this.showViews(views, activeView))
      const { warnings } = await this.editor.importXML(file.content)
      if (warnings.length) {
        this.element.classList.add('hw-tableeditor--refused')
        this.canvas.inert = true
        this.plain.hidden = false
        this.canvas.hidden = true
        return this.saving.refuse(NOT_UNDERSTOOD)
      }
      this.plain.hidden = true
      this.tools()
      this.found.addEventListener('click', event => this.asksFor(event))
      this.shortcuts()
      await this.check()
    } catch (error) {
      this.element.hidden = false
      this.canvas.hidden = true
      this.plain.hidden = false
      this.saving.refuse(`The table cannot be opened for editing here (${error.message}). It can be read below.`)
    }
  }

  async fetched (address) {
    const answer = await fetch(address, { credentials: 'same-origin', headers: { Accept: 'application/json' } })
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`)
    return answer.json()
  }

  async content () {
    handOver()
    return (await this.editor.saveXML({ format: true })).xml
  }

  viewer () {
    return this.editor?.getActiveViewer()
  }

  // --- what happens in the library

  listen (viewer) {
    viewer.on('commandStack.changed', ({ trigger }) => this.changed(viewer, trigger))
    viewer.on('showDrd', 2000, event => {
      event.stopPropagation()
      this.openDrawing(this.editor.getViews().find(view => view.type === 'drd'))
    })
  }

  // Another view begins with an empty history (`clear`), which changes nothing.
  changed (viewer, trigger) {
    if (!this.undo) return
    this.undo.disabled = !viewer.get('commandStack').canUndo()
    this.redo.disabled = !viewer.get('commandStack').canRedo()
    if (trigger === 'clear') return
    this.saving.changed()
    delete this.element.dataset.checked
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.check(), PAUSE)
    this.panel.show()
  }

  // --- what the server says

  async check () {
    const number = ++this.asked
    const slow = setTimeout(() => this.progress('Checking …'), 600)
    try {
      const answer = await fetch(this.element.dataset.checks, {
        method: 'POST',
        credentials: 'same-origin',
        headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': this.element.dataset.token },
        body: JSON.stringify({ content: await this.content() })
      })
      const found = await answer.json()
      if (number !== this.asked) return
      if (!answer.ok) throw new Error(found.problem || found.message)
      this.marks.set(found.marks)
      this.panel.hear(found.rules)
      this.put(this.found, found.found)
      this.put(this.said, found.words)
      this.element.dataset.checked = found.sound ? 'sound' : 'found'
      this.progress(found.sound ? (found.whole ? 'Checked: nothing is wrong.' : 'Checked: nothing wrong was found.') : `Checked: ${found.count} thing${found.count === 1 ? '' : 's'} to look at beneath the table.`)
    } catch (error) {
      if (number === this.asked) this.marks.set([])
      this.progress(`The table could not be checked: ${error.message}`)
    } finally {
      clearTimeout(slow)
    }
  }

  progress (words) {
    this.element.querySelector('[data-checking-state]').textContent = words
  }

  // What the server says is put in place of what stood there; a control that had the focus gives it to the heading.
  put (place, words) {
    const open = [...place.querySelectorAll('details')].map(one => one.open)
    const within = place.contains(document.activeElement)
    place.innerHTML = words
    place.querySelectorAll('details').forEach((one, n) => { one.open = open[n] || false })
    if (!within) return
    const heading = place.querySelector('h2')
    heading.tabIndex = -1
    heading.focus()
  }

  async asksFor (event) {
    const pressed = event.target.closest('[data-add-rule], [data-show]')
    if (!pressed) return
    const decision = pressed.dataset.addRule || pressed.dataset.decision
    await this.open(decision)
    if (pressed.dataset.addRule) this.addRule(JSON.parse(pressed.dataset.cells))
    else this.showElement(pressed.dataset.show)
  }

  async open (decision) {
    const view = this.editor.getViews().find(one => one.element.id === decision)
    if (view && this.editor.getActiveView() !== view) await this.editor.open(view)
  }

  // --- what people do

  addRule (cells = [], index = undefined) {
    const viewer = this.viewer()
    const context = { cells, index }
    viewer.get('commandStack').execute('rule.filled', context)
    const answer = context.row.cells.find(cell => cell.businessObject.$type === 'dmn:LiteralExpression')
    requestAnimationFrame(() => this.showElement((answer || context.row.cells[0]).id))
  }

  showElement (id) {
    const cell = this.canvas.querySelector(`td[data-element-id="${CSS.escape(id)}"], th[data-col-id="${CSS.escape(id)}"]`)
    if (!cell) return
    cell.scrollIntoView({ block: 'center', inline: 'nearest' })
    const box = cell.querySelector('[role="textbox"], textarea')
    if (box) box.focus()
    else this.viewer().get('selection', false)?.select(id)
  }

  tools () {
    const bar = this.element.querySelector('[data-toolbar]')
    const stack = () => { handOver(); return this.viewer().get('commandStack') }
    this.undo = button('Undo', () => stack().undo(), { disabled: true, 'aria-keyshortcuts': 'Control+Z' })
    this.redo = button('Redo', () => stack().redo(), { disabled: true, 'aria-keyshortcuts': 'Control+Y' })
    bar.append(this.undo, this.redo,
      button('Add a rule', () => this.addRule(), { 'data-for-table': '' }),
      button('Save now', () => this.saving.save()))
    this.panel.show()
  }

  shortcuts () {
    document.addEventListener('keydown', event => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey) return
      const key = event.key.toLowerCase()
      if (key === 's') {
        event.preventDefault()
        document.activeElement?.blur?.()
        this.saving.save()
      }
    })
  }

  // --- several decisions in one file

  showViews (views, active) {
    if (!this.panel || !active) return
    const decisions = views.filter(view => view.type !== 'drd')
    const drawable = views.find(view => view.type === 'drd')
    this.views.hidden = decisions.length < 2 && active.type !== 'drd'
    this.views.replaceChildren(h('ul', { class: 'hw-views__list' }, [
      ...decisions.map(view => this.viewItem(view.name || view.id, view === active || view.element === active.element, () => this.editor.open(view))),
      drawable ? this.viewItem('How they hang together', active.type === 'drd', () => this.openDrawing(drawable)) : null
    ]))
    this.canvas.classList.toggle('hw-tableeditor__canvas--drawing', active.type === 'drd')
    for (const tool of this.element.querySelectorAll('[data-for-table]')) tool.hidden = active.type !== 'decisionTable'
    this.panel.show()
  }

  viewItem (words, current, act) {
    return h('li', {}, button(words, act, { 'aria-current': current ? 'true' : null }))
  }

  async openDrawing (view) {
    if (drawn(this.editor.getDefinitions())) {
      this.saving.changed()
    }
    await this.editor.open(view)
  }
}
