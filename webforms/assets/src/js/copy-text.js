// Adds a button that copies ready text; without it the text is there to be selected.
export class CopyText {
  constructor (root) {
    if (!navigator.clipboard) return
    const text = root.querySelector('[data-copy]')
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'govuk-button govuk-button--secondary hw-copy__button'
    button.textContent = 'Copy this text'
    const status = document.createElement('span')
    status.className = 'govuk-body hw-copy__status'
    status.setAttribute('role', 'status')
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(text.textContent.trim())
        status.textContent = 'Copied'
      } catch {
        status.textContent = 'Your browser did not allow it. Select the text and copy it.'
      }
    })
    root.append(button, ' ', status)
  }
}
