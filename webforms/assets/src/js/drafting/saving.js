// Saves one file of a draft from an editor: soon after a pause, again when that failed, and never over what somebody else
// saved. Where that happened the person chooses: their own work as a draft of its own, or the other's in its place.
//
// The element that says how saving stands has `data-saves` (the address of the file), `data-digest` (of what was opened) and
// `data-token`; in it lie `[data-saving-state]` (aria-live) and `[data-saving-choice]`, hidden until there is a choice.
const PAUSE = 1500
const LONGEST = 15000
const RETRIES = [3000, 5000, 10000, 20000, 30000]

// What is lost of a file when an editor saves it, in words; nothing where it has no XML comments.
export const loses = content => content.includes('<!--') ? 'Remarks in the file itself (XML comments) are not kept when it is saved.' : ''

export class Saving {
  // `content` returns (a promise of) the file as it should be saved; `saved` hears what was said of each save.
  constructor (element, content, { saved = () => {} } = {}) {
    this.element = element
    this.content = content
    this.saved = saved
    this.digest = element.dataset.digest || null
    this.state = element.querySelector('[data-saving-state]')
    this.choice = element.querySelector('[data-saving-choice]')
    this.edits = 0
    this.kept = 0
    this.failures = 0
    this.refused = ''
    this.beside = false
    window.addEventListener('beforeunload', event => {
      if (this.unsaved) event.preventDefault()
    })
    window.addEventListener('online', () => this.save())
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') this.save()
    })
  }

  get unsaved () {
    return this.edits !== this.kept
  }

  // Nothing is saved from here on: what was read was not understood whole, and a save would lose the rest of it.
  refuse (words) {
    this.refused = words
    this.say(words, true)
  }

  // Somebody has changed something in the editor.
  changed () {
    this.edits += 1
    if (this.refused || this.beside) return
    clearTimeout(this.timer)
    this.since ??= Date.now()
    this.timer = setTimeout(() => this.save(), Math.max(0, Math.min(PAUSE, this.since + LONGEST - Date.now())))
    if (!this.failures) this.say('Not saved yet.')
  }

  async save (why = '') {
    if (this.refused || this.beside || this.saving || !this.unsaved) return !this.unsaved
    clearTimeout(this.timer)
    this.saving = true
    this.since = null
    const edits = this.edits
    try {
      const content = await this.content()
      const { status, said } = await this.send({ content, opened: this.digest, why })
      if (status === 409 && said.who) return this.overtaken(said, content)
      if (status === 409 || status === 422 || status === 400) return this.lacks(said.problem)
      if (status === 401) return this.failed(said.message)
      if (status !== 200) throw new Error(status)
      this.failures = 0
      this.digest = said.digest
      this.kept = edits
      this.say(`Saved at ${clock(new Date())}.`)
      this.saved(said)
      return true
    } catch {
      return this.failed('This could not be saved. Your work is still on this page, and it is tried again.')
    } finally {
      this.saving = false
      if (!this.failures && !this.beside && this.unsaved) this.timer = setTimeout(() => this.save(), PAUSE)
    }
  }

  async send (body) {
    const answer = await fetch(this.element.dataset.saves, {
      method: 'POST',
      body: JSON.stringify(body),
      credentials: 'same-origin',
      redirect: 'error',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': this.element.dataset.token }
    })
    return { status: answer.status, said: await answer.json() }
  }

  lacks (words) {
    this.failures = 1
    this.say(words, true)
    return false
  }

  failed (words) {
    this.say(words, true)
    this.timer = setTimeout(() => this.save(), RETRIES[Math.min(this.failures, RETRIES.length - 1)])
    this.failures += 1
    return false
  }

  // Somebody else was first: say who and when, and offer the two ways on. Nothing is saved meanwhile.
  overtaken (said, content) {
    this.beside = true
    const when = said.when ? ` at ${clock(new Date(said.when))}` : ''
    this.say(`${said.who} has saved this${when}, after you opened it. Yours is not saved.`, true)
    if (!this.choice) return false
    this.choice.hidden = false
    const title = this.choice.querySelector('[name="apart"]')
    this.choice.querySelector('[data-saving-apart]').onclick = async () => {
      if (!title.value.trim()) return title.focus()
      try {
        const latest = await this.content().catch(() => content)
        const { status, said: kept } = await this.send({ content: latest, opened: this.digest, apart: title.value })
        if (status !== 200) return this.say(kept.problem || 'It could not be kept. Try again.', true)
        this.kept = this.edits
        location.assign(kept.apart)
      } catch {
        this.say('It could not be kept. Your work is still on this page: try again.', true)
      }
    }
    this.choice.querySelector('[data-saving-theirs]').onclick = () => {
      this.kept = this.edits
      location.reload()
    }
    this.choice.querySelector('h2, button').focus?.()
    return false
  }

  say (words, wrong = false) {
    if (!this.state) return
    this.state.textContent = words
    this.state.classList.toggle('hw-saving--wrong', wrong)
  }
}

function clock (moment) {
  return new Intl.DateTimeFormat('en-GB', { hour: 'numeric', minute: '2-digit', hour12: true, timeZone: 'Europe/London' })
    .format(moment).replace(' ', '')
}
