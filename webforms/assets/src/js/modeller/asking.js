// What the editor asks the server. Nothing asked here changes anything but comments.
export class Asking {
  constructor (root) {
    this.data = root.dataset
    this.said = new Map()
  }

  async get (address) {
    const answer = await fetch(address, { credentials: 'same-origin', headers: { Accept: 'application/json' } })
    if (!answer.ok) throw new Error(`${answer.status}`)
    return answer.json()
  }

  async post (address, body, signal) {
    const answer = await fetch(address, {
      method: 'POST',
      body: JSON.stringify(body),
      credentials: 'same-origin',
      redirect: 'error',
      signal,
      headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': this.data.token }
    })
    const said = await answer.json()
    if (!answer.ok) throw Object.assign(new Error(said.problem || said.message || `${answer.status}`), { said: said.problem || said.message })
    return said
  }

  file () { return this.get(this.data.file) }
  words () { return this.get(this.data.words) }
  remarks () { return this.get(this.data.remarks) }
  remark (body) { return this.post(this.data.remarks, body) }

  // The words do not change while the page is open: what was said of an expression once holds.
  async feel (body, signal) {
    const key = JSON.stringify(body)
    if (!this.said.has(key)) this.said.set(key, await this.post(this.data.feel, body, signal))
    return this.said.get(key)
  }

  inspect (content, signal) { return this.post(this.data.inspect, { content }, signal) }
  tidy (content, elements) { return this.post(this.data.tidy, { content, elements }) }
}
