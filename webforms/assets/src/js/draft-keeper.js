// Saves a draft while a person types: a few seconds after the last change, and when the page is left.
const PAUSE = 4000

export class DraftKeeper {
  constructor (form) {
    this.form = form
    this.status = form.querySelector('[data-draft-status]')
    this.sent = this.body()
    form.addEventListener('input', () => this.later())
    form.addEventListener('change', () => this.later())
    form.addEventListener('submit', () => { this.left = true })
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') this.save()
    })
  }

  body () {
    return new URLSearchParams(new FormData(this.form)).toString()
  }

  later () {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.save(), PAUSE)
  }

  async save () {
    const body = this.body()
    if (this.left || body === this.sent) return
    try {
      const answer = await fetch(this.form.dataset.draftUrl, {
        method: 'POST',
        body,
        keepalive: true,
        credentials: 'same-origin',
        redirect: 'error',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' }
      })
      if (!answer.ok && answer.status !== 401) throw new Error(answer.status)
      if (answer.ok) this.sent = body
      this.say((await answer.json()).message)
    } catch {
      this.say('The draft could not be saved. Your answers are still on this page.')
    }
  }

  say (words) {
    if (this.status) this.status.textContent = words
  }
}
