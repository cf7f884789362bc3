// Lets a person move about in a large diagram. Without it the diagram scrolls in its frame.
export class DiagramView {
  constructor (root) {
    this.frame = root.querySelector('.hw-diagram__frame')
    this.svg = this.frame?.querySelector('svg')
    if (!this.svg) return
    const box = this.svg.viewBox.baseVal
    this.width = box.width
    this.height = box.height
    this.svg.removeAttribute('width')
    this.svg.removeAttribute('height')
    this.bar(root)
    this.drag()
    const live = this.svg.querySelector('.is-live')
    this.zoomTo(live ? 0.9 : Math.min(1, this.frame.clientWidth / this.width))
    if (live) this.centre(live)
    root.classList.add('hw-diagram--moving')
  }

  bar (root) {
    const bar = document.createElement('div')
    bar.className = 'hw-diagram__bar'
    const add = (words, act) => {
      const button = document.createElement('button')
      button.type = 'button'
      button.className = 'govuk-button govuk-button--secondary hw-diagram__button'
      button.textContent = words
      button.addEventListener('click', act)
      bar.append(button)
    }
    add('Zoom in', () => this.zoomBy(1.25))
    add('Zoom out', () => this.zoomBy(0.8))
    add('Whole diagram', () => this.zoomTo(Math.min(1, this.frame.clientWidth / this.width)))
    if (this.svg.querySelector('.is-live')) {
      add('Where it stands now', () => {
        this.zoomTo(1)
        this.centre(this.svg.querySelector('.is-live'))
      })
    }
    root.insertBefore(bar, this.frame)
  }

  zoomBy (factor) {
    const x = (this.frame.scrollLeft + this.frame.clientWidth / 2) / this.scale
    const y = (this.frame.scrollTop + this.frame.clientHeight / 2) / this.scale
    this.zoomTo(this.scale * factor)
    this.frame.scrollLeft = x * this.scale - this.frame.clientWidth / 2
    this.frame.scrollTop = y * this.scale - this.frame.clientHeight / 2
  }

  zoomTo (scale) {
    this.scale = Math.max(0.15, Math.min(3, scale))
    this.svg.setAttribute('width', Math.round(this.width * this.scale))
    this.svg.setAttribute('height', Math.round(this.height * this.scale))
  }

  centre (element) {
    const frame = this.frame.getBoundingClientRect()
    const it = element.getBoundingClientRect()
    this.frame.scrollLeft += it.left - frame.left - frame.width / 2 + it.width / 2
    this.frame.scrollTop += it.top - frame.top - frame.height / 2 + it.height / 2
  }

  drag () {
    let from = null
    this.frame.addEventListener('pointerdown', event => {
      if (event.pointerType !== 'mouse' || event.button !== 0 || event.target.closest('a, text')) return
      from = { x: event.clientX, y: event.clientY, left: this.frame.scrollLeft, top: this.frame.scrollTop }
      this.frame.setPointerCapture(event.pointerId)
    })
    this.frame.addEventListener('pointermove', event => {
      if (!from) return
      this.frame.scrollLeft = from.left - (event.clientX - from.x)
      this.frame.scrollTop = from.top - (event.clientY - from.y)
    })
    for (const end of ['pointerup', 'pointercancel']) this.frame.addEventListener(end, () => { from = null })
  }
}
