import { say } from '../wording.ts'

/** Where they are, one above the other. */
const bars = document.createElement('div')
bars.className = 'bars'
document.body.append(bars)

interface Ways {
  /** Told at once, not when there is time. */
  isUrgent?: boolean
  /** It may be put away without doing anything about it; called then. */
  closed?: () => void
}

/** A line at the edge of the page, with something that can be done about it. It stays until it is removed. */
export function note(text: string, action: string, act: () => void, { isUrgent, closed }: Ways = {}): HTMLElement {
  const bar = document.createElement('div')
  bar.className = 'undo'
  bar.setAttribute('role', isUrgent ? 'alert' : 'status')
  const line = document.createElement('span')
  line.textContent = text
  bar.append(line, button(action, act))
  if (closed) {
    const close = () => {
      bar.remove()
      closed()
    }
    bar.append(button(say.close, close))
  }
  // Above the others, which stay where they are.
  bars.prepend(bar)
  return bar
}

export function button(text: string, act: () => void): HTMLButtonElement {
  const made = document.createElement('button')
  made.type = 'button'
  made.textContent = text
  made.addEventListener('click', act)
  return made
}
