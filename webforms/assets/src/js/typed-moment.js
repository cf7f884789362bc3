// Says what a typed day or moment means, while it is being typed. Only the server reads it, so that there is one way to
// understand it; without this file the server asks once before such an answer counts.
const PAUSE = 350

export class TypedMoment {
  constructor (question) {
    this.field = question.querySelector('[data-typed]')
    this.echo = question.querySelector('[data-echo]')
    this.meant = question.querySelector('[data-meant]')
    this.token = question.closest('form')?.querySelector('[name="csrf_token"]')?.value
    if (!this.field || !this.token) return
    this.kind = question.dataset.kind
    this.past = 'past' in question.dataset
    this.read = this.field.value
    this.field.addEventListener('input', () => {
      this.meant.value = ''
      this.echo.textContent = ''
      this.echo.classList.remove('hw-echo--check', 'hw-echo--wrong')
      clearTimeout(this.timer)
      this.timer = setTimeout(() => this.ask(), PAUSE)
    })
    this.field.addEventListener('change', () => this.ask())
  }

  async ask () {
    clearTimeout(this.timer)
    const text = this.field.value
    if (text === this.read) return
    this.read = text
    if (!text.trim()) return
    try {
      const answer = await fetch('/understood', {
        method: 'POST',
        body: new URLSearchParams({ csrf_token: this.token, kind: this.kind, past: this.past ? 'yes' : '', text }),
        credentials: 'same-origin',
        redirect: 'error',
        headers: { Accept: 'application/json' }
      })
      if (!answer.ok || this.field.value !== text) return
      const { words, value, problem } = await answer.json()
      this.meant.value = value || ''
      this.echo.textContent = words || problem || ''
      this.echo.classList.toggle('hw-echo--wrong', Boolean(problem))
      this.meant.dispatchEvent(new Event('input', { bubbles: true })) // a draft keeps it too
    } catch {
      this.read = null // the server asks when the form is sent
    }
  }
}
