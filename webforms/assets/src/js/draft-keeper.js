// Saves a draft while a person types: soon after a pause, at the latest every ten seconds, and when the page is left. What
// could not be saved stays on the page, which says so and tries again; nothing is kept in the browser itself.
const PAUSE = 1500
const LONGEST = 10000
const RETRIES = [3000, 5000, 10000, 20000, 30000]
const MOST_WHEN_LEAVING = 60000 // browsers drop a larger post that outlives its page

export class DraftKeeper {
  constructor (form) {
    this.form = form
    this.status = form.querySelector('[data-draft-status]')
    this.base = form.querySelector('[name="draft_base"]')
    this.failures = 0
    this.sent = this.words()
    form.addEventListener('input', () => this.changed())
    form.addEventListener('change', () => this.changed())
    form.addEventListener('submit', () => { this.left = true })
    window.addEventListener('pageshow', () => { this.left = false })
    window.addEventListener('online', () => this.save())
    window.addEventListener('pagehide', () => this.save(true))
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') this.save(true)
    })
    window.addEventListener('beforeunload', event => {
      if (!this.left && this.failures && this.words() !== this.sent) event.preventDefault()
    })
  }

  // What was typed: without files, which are no words, and without what the page itself put there.
  fields () {
    const fields = new FormData(this.form)
    for (const [name, value] of [...fields]) if (typeof value !== 'string') fields.delete(name)
    return fields
  }

  words () {
    const fields = this.fields()
    for (const name of ['csrf_token', 'key', 'draft_base']) fields.delete(name)
    return new URLSearchParams(fields).toString()
  }

  changed () {
    clearTimeout(this.timer)
    this.since ??= Date.now()
    this.timer = setTimeout(() => this.save(), Math.max(0, Math.min(PAUSE, this.since + LONGEST - Date.now())))
    if (!this.failures) this.say('')
  }

  async save (leaving = false) {
    const words = this.words()
    if (this.left || words === this.sent || (this.saving && !leaving)) return
    clearTimeout(this.timer)
    this.saving = true
    this.since = null
    const body = new URLSearchParams(this.fields()).toString()
    try {
      const answer = await fetch(this.form.dataset.draftUrl, {
        method: 'POST',
        body,
        keepalive: leaving && body.length < MOST_WHEN_LEAVING,
        credentials: 'same-origin',
        redirect: 'error',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' }
      })
      const said = await answer.json()
      if (answer.status === 401) return this.failed(said.message)
      if (!answer.ok) throw new Error(answer.status)
      this.failures = 0
      this.sent = words
      if (this.base && said.base) this.base.value = said.base
      this.say(said.message)
    } catch {
      this.failed('The draft could not be saved. Your answers are still on this page, and it is tried again.')
    } finally {
      this.saving = false
    }
    if (!this.failures && this.words() !== this.sent) this.changed()
  }

  failed (words) {
    this.say(words, true)
    const pause = RETRIES[Math.min(this.failures, RETRIES.length - 1)]
    this.failures += 1
    this.timer = setTimeout(() => this.save(), pause)
  }

  say (words, wrong = false) {
    if (!this.status) return
    this.status.textContent = words
    this.status.classList.toggle('hw-echo--wrong', wrong)
  }
}
