// The story that breaks a clause, gone through on the drawing: where the case stands at each step, and where it goes wrong.
import { button, h } from './controls.js'

const MARKS = { live: 'hw-story--live', waiting: 'hw-story--waiting', done: 'hw-story--done', broken: 'hw-story--broken' }
const KEY = 'Green is done, yellow and thick is where the case stands, blue and broken waits, red is what the clause is about.'

export class Story {
  // `checks` is where the list of broken clauses stands, `place` where the steps of a story are gone through.
  constructor (modeler, checks, place, path) {
    const came = new URLSearchParams(location.search)
    Object.assign(this, { modeler, checks, place, path, marked: [], row: null, wanted: came.get('check'), from: Number(came.get('step')) })
    checks.addEventListener('hw-checks:story', ({ detail }) => this.begin(detail))
    checks.addEventListener('hw-checks:broken', ({ detail }) => this.renew(detail))
  }

  begin ({ row, asked }) {
    this.open(row, asked)
    this.place.scrollIntoView({ block: 'end' })
    this.heading.focus({ preventScroll: true })
  }

  // A story stays while the draft is as it was told for; whoever saves gets the one that breaks the clause now.
  // Who follows a story from another diagram finds it open at the same step.
  renew ({ rows, asked }) {
    const followed = rows.find(one => one.check === this.wanted && one.story.length)
    if (followed) {
      this.wanted = null
      this.begin({ row: followed, asked })
      return this.go(this.from - 1)
    }
    if (!this.row || asked === this.asked) return
    const row = rows.find(one => one.check === this.row.check && one.story.length)
    row ? this.open(row, asked) : this.close()
  }

  open (row, asked) {
    Object.assign(this, { row, asked, breaks: Math.max(0, row.story.findIndex(step => step.breaks)) })
    this.heading = h('h2', { class: 'govuk-heading-s', id: 'story-heading', tabindex: '-1', text: `Clause ${row.clause}: ${row.says}` })
    this.where = h('p', { class: 'govuk-body hw-small govuk-!-margin-bottom-1', 'aria-live': 'polite' })
    this.words = h('ul', { class: 'govuk-list govuk-list--bullet hw-small hw-story__words', tabindex: '0', 'aria-label': 'What this step brought' })
    this.before = button('Previous step', () => this.go(this.now - 1))
    this.after = button('Next step', () => this.go(this.now + 1))
    this.place.replaceChildren(
      this.heading, h('p', { class: 'govuk-body hw-small govuk-!-margin-bottom-1', text: row.why }),
      h('div', { class: 'hw-modeller__bar' }, this.before, this.after, button('Where it breaks', () => this.go(this.breaks)), button('Close the story', () => this.leave())),
      this.where, this.words, h('p', { class: 'hw-small hw-quiet hw-story__key', text: KEY }))
    this.place.hidden = false
    this.go(this.breaks)
  }

  go (number) {
    const { story, elements } = this.row
    this.now = Math.min(Math.max(number, 0), story.length - 1)
    const step = story[this.now]
    const broken = this.now >= this.breaks ? elements : []
    const elsewhere = `${step.process}.bpmn` !== this.path
    const there = `${step.editor}?check=${encodeURIComponent(this.row.check)}&step=${this.now + 1}`
    this.before.disabled = this.now === 0
    this.after.disabled = this.now === story.length - 1
    this.where.replaceChildren(
      h('strong', { text: `Step ${this.now + 1} of ${story.length}` }), `, ${step.at}${elsewhere ? ', on another diagram: ' : '.'}`,
      elsewhere ? h('a', { class: 'govuk-link', href: there, text: step.title }) : '', elsewhere ? '.' : '',
      step.breaks ? h('strong', { text: ' It breaks here.' }) : '')
    this.words.replaceChildren(...(step.words.length ? step.words : ['The case moves on by itself.']).map(text => h('li', { text })))
    this.words.scrollTop = 0
    this.draw(step, broken)
  }

  draw (step, broken) {
    this.clear()
    for (const [id, states] of Object.entries(step.states)) for (const state of states) this.mark(id, state)
    for (const id of broken) this.mark(id, 'broken')
    const registry = this.modeler.get('elementRegistry')
    const at = [step.element, ...[...step.elements].reverse(), ...broken].map(id => id && registry.get(id)).find(Boolean)
    if (at) this.modeler.get('canvas').scrollToElement(at, 120)
    // What can be done with the chosen element would cover what lies beside it.
    this.modeler.get('contextPad', false)?.close()
  }

  mark (id, state) {
    const mark = MARKS[state]
    if (!mark || !this.modeler.get('elementRegistry').get(id)) return
    this.modeler.get('canvas').addMarker(id, mark)
    this.marked.push([id, mark])
  }

  clear () {
    const canvas = this.modeler.get('canvas')
    const registry = this.modeler.get('elementRegistry')
    for (const [id, mark] of this.marked) if (registry.get(id)) canvas.removeMarker(id, mark)
    this.marked = []
  }

  close () {
    this.clear()
    this.row = null
    this.place.hidden = true
    this.place.replaceChildren()
  }

  // Back to the line of the list from which the story was asked for.
  leave () {
    const check = this.row.check
    this.close()
    this.checks.querySelector(`details[data-check="${CSS.escape(check)}"] button`)?.focus()
  }
}
