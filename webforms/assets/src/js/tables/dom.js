// Makes elements: a name, attributes (those that begin with `on` listen), and what lies in them. Text is text, never markup.
export function h (name, attributes = {}, ...inside) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value)
    else if (key === 'value') made.value = value
    else made.setAttribute(key, value === true ? '' : value)
  }
  made.append(...inside.flat().filter(part => part !== null && part !== undefined && part !== false))
  return made
}

export function button (words, act, attributes = {}) {
  return h('button', { type: 'button', class: 'hw-tool', onclick: act, ...attributes }, words)
}
