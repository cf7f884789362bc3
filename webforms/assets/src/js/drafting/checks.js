// Shows beside an editor what the checks found in the draft, and tells the editor which story somebody wants to see drawn.
//
//   const checks = new DraftChecks(container, { address: '/procedure/drafts/3/checks/found' })
//   checks.lookNow()                       after each save
//   container.addEventListener('hw-checks:story', event => …)    event.detail: { row, asked } when somebody asks for a story
//   container.addEventListener('hw-checks:broken', event => …)   event.detail: { rows, asked } whenever the list is new
//       a row is a broken check, its `story` the steps; `asked` names the save that it speaks of
//   checks.stop()
const SOON = 700
const LATER = 6000

export class DraftChecks {
  constructor (container, { address = container.dataset.checks } = {}) {
    this.container = container
    this.address = address
    this.stamp = ''
    this.told = document.createElement('p')
    this.told.className = 'govuk-body hw-small hw-checks__told'
    this.told.setAttribute('role', 'status')
    this.list = document.createElement('div')
    this.list.className = 'hw-checks__list'
    container.replaceChildren(this.told, this.list)
    this.look()
  }

  // Call after a save: the answer then comes within seconds.
  lookNow () {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.look(), SOON)
  }

  stop () {
    this.stopped = true
    clearTimeout(this.timer)
  }

  async look () {
    let again = LATER
    try {
      if (document.visibilityState !== 'hidden') {
        const answer = await fetch(`${this.address}?known=${encodeURIComponent(this.stamp)}`, { credentials: 'same-origin', redirect: 'error' })
        if (answer.ok) {
          const said = await answer.json()
          if (this.told.textContent !== said.says) this.told.textContent = said.says
          if (!said.same) this.show(said)
          this.stamp = said.stamp
          if (said.under_way) again = SOON
        }
      }
    } catch {
      // Nothing is lost: the page of checks says the same, and the next look may succeed.
    }
    if (!this.stopped) {
      clearTimeout(this.timer)
      this.timer = setTimeout(() => this.look(), again)
    }
  }

  show (said) {
    const opened = new Set([...this.list.querySelectorAll('details[open]')].map(one => one.dataset.check))
    this.list.replaceChildren(...said.broken.map(row => this.row(row, said.asked, opened.has(row.check))), ...this.others(said))
    this.tell('hw-checks:broken', { rows: said.broken, asked: said.asked })
  }

  row (row, asked, open) {
    const part = make('details', 'govuk-details hw-checks__broken')
    part.dataset.check = row.check
    part.open = open
    const summary = make('summary', 'govuk-details__summary')
    const words = make('span', 'govuk-details__summary-text', `Clause ${row.clause}: ${row.says}`)
    summary.append(words)
    const body = make('div', 'govuk-details__text')
    body.append(make('p', 'govuk-body hw-small', row.before ? `${row.why} It was broken before this change.` : row.why))
    if (row.story.length) {
      const shows = make('button', 'govuk-button govuk-button--secondary hw-checks__button', 'Show the story on the drawing')
      shows.type = 'button'
      shows.addEventListener('click', () => this.tell('hw-checks:story', { row, asked }))
      body.append(shows)
    }
    if (row.address) {
      const link = make('a', 'govuk-link', 'The story on a page of its own')
      link.href = row.address
      const line = make('p', 'govuk-body hw-small')
      line.append(link)
      body.append(line)
    }
    part.append(summary, body)
    return part
  }

  others (said) {
    const parts = []
    const section = (title, lines) => {
      if (!lines?.length) return
      const part = make('details', 'govuk-details')
      const summary = make('summary', 'govuk-details__summary')
      summary.append(make('span', 'govuk-details__summary-text', `${title} (${lines.length})`))
      const list = make('ul', 'govuk-details__text govuk-list govuk-list--bullet hw-small')
      list.append(...lines.map(text => make('li', '', text)))
      part.append(summary, list)
      parts.push(part)
    }
    section('Stories that no longer end as they say', said.unmet?.map(one => one.title))
    section('Cases that could not go on', said.stuck?.map(one => one.message))
    section('Clauses that lost their check, or need one', said.uncovered?.map(one => `${one.clause} ${one.says}`))
    section(said.so_far ? 'Not come to so far' : 'No story came to these', said.vacuous?.map(one => one.says))
    return parts
  }

  tell (name, detail) {
    this.container.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }))
  }
}

function make (kind, classes, text) {
  const element = document.createElement(kind)
  if (classes) element.className = classes
  if (text) element.textContent = text
  return element
}
