// Shows how far long work has come without reloading the page, and the page anew once the work has ended.
const PAUSE = 3000

export class WorkUnderWay {
  constructor (part) {
    this.part = part
    this.later()
  }

  later () {
    setTimeout(() => this.look(), PAUSE)
  }

  async look () {
    if (document.visibilityState === 'hidden') return this.later()
    try {
      const answer = await fetch(window.location.href, { credentials: 'same-origin', redirect: 'error' })
      if (!answer.ok) return
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
      const part = page.getElementById(this.part.id)
      if (!part) return window.location.reload()
      this.part.replaceChildren(...part.childNodes)
    } catch {
      // The link beside it still works.
    }
    this.later()
  }
}
