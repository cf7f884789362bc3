// Sends files as they are chosen, one by one and with progress, so that no form waits for them and none is chosen twice.
// Without this file they travel with the form.
export class AttachFiles {
  constructor (root) {
    this.field = root.querySelector('input[type="file"]')
    const form = root.closest('form')
    this.token = form?.querySelector('[name="csrf_token"]')?.value
    this.address = root.dataset.filesUrl
    this.list = root.querySelector('[data-file-list]')
    if (!this.field || !this.address || !this.list || !this.token) return
    this.status = document.createElement('p')
    this.status.className = 'govuk-body hw-small'
    this.status.setAttribute('role', 'status')
    this.list.after(this.status)
    root.querySelector('[data-attach]')?.remove()
    this.waiting = []
    this.field.addEventListener('change', () => {
      this.waiting.push(...this.field.files)
      this.field.value = '' // what is sent here must not travel with the form as well
      this.next()
    })
    window.addEventListener('beforeunload', event => { if (this.sending) event.preventDefault() })
  }

  async next () {
    if (this.sending) return
    const problems = []
    while (this.waiting.length) {
      const file = this.waiting.shift()
      this.sending = true
      const problem = await this.send(file)
      if (problem) problems.push(problem)
    }
    this.sending = false
    this.status.textContent = problems.join(' ') || 'Attached.'
    this.status.classList.toggle('hw-echo--wrong', problems.length > 0)
  }

  send (file) {
    const item = document.createElement('li')
    item.className = 'hw-files__one'
    item.append(file.name, ' ')
    const progress = document.createElement('progress')
    progress.className = 'hw-files__progress'
    progress.max = 1
    progress.value = 0
    progress.setAttribute('aria-label', `Sending ${file.name}`)
    item.append(progress)
    this.list.append(item)
    this.status.textContent = `Sending ${file.name}`
    const body = new FormData()
    body.append('csrf_token', this.token)
    body.append('key', crypto.randomUUID ? crypto.randomUUID() : '')
    body.append('files', file)
    return new Promise(resolve => {
      const request = new XMLHttpRequest()
      request.open('POST', this.address)
      request.setRequestHeader('Accept', 'application/json')
      request.responseType = 'json'
      request.upload.addEventListener('progress', event => {
        if (event.lengthComputable) progress.value = event.loaded / event.total
      })
      const failed = words => {
        item.remove()
        resolve(words)
      }
      request.addEventListener('error', () => failed(`${file.name} could not be sent: choose it again when the connection is back.`))
      request.addEventListener('load', () => {
        const said = request.response || {}
        if (request.status !== 200 || !said.files) {
          return failed(said.problem || said.message || `${file.name} could not be attached.`)
        }
        item.remove()
        for (const one of said.files) this.list.append(this.shown(one))
        resolve('')
      })
      request.send(body)
    })
  }

  shown (one) {
    const item = document.createElement('li')
    item.className = 'hw-files__one'
    const link = (href, words) => {
      const a = document.createElement('a')
      a.className = 'govuk-link'
      a.href = href
      a.textContent = words
      return a
    }
    const about = document.createElement('span')
    about.className = 'hw-quiet'
    about.textContent = `${one.about}.`
    const remove = link(one.remove, 'Remove')
    const hidden = document.createElement('span')
    hidden.className = 'govuk-visually-hidden'
    hidden.textContent = ` ${one.name}`
    remove.append(hidden)
    item.append(link(one.href, one.name), ' ', about, ' ', remove)
    return item
  }
}
