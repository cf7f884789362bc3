// Shows a question only while the answers it depends on hold. The server decides again on every post: what is hidden
// here is disabled, so that it is not sent.
export class Reveal {
  constructor (form) {
    this.form = form
    this.questions = [...form.querySelectorAll('[data-show]')].map(element => ({
      element,
      rule: JSON.parse(element.dataset.show)
    }))
    form.addEventListener('change', () => this.refresh())
    this.refresh()
  }

  answer (name) {
    const controls = [...this.form.querySelectorAll(`[name="${CSS.escape(name)}"]`)].filter(c => !c.disabled)
    const ticked = controls.filter(c => (c.type === 'radio' || c.type === 'checkbox') && c.checked).map(c => c.value)
    const typed = controls.filter(c => !['radio', 'checkbox', 'hidden'].includes(c.type)).map(c => c.value)
    return [...ticked, ...typed]
  }

  holds (rule) {
    return Object.entries(rule).every(([name, wanted]) => {
      const given = this.answer(name)
      return [].concat(wanted).some(value => given.includes(value))
    })
  }

  // Questions stand in order and may depend on earlier ones, so one pass in order settles them all.
  refresh () {
    for (const { element, rule } of this.questions) {
      const show = this.holds(rule)
      element.hidden = !show
      for (const control of element.querySelectorAll('input, select, textarea')) control.disabled = !show
    }
  }
}
