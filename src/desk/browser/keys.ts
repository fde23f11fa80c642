import { say } from '../wording.ts'
import { button } from './notes.ts'

/** The dialog that tells of the keys, and where they are turned off. */
export const keys = document.createElement('dialog')
keys.setAttribute('aria-label', say.keys)
const list = document.createElement('dl')
for (const [key, does] of say.shortcuts) {
  const [dt, kbd, dd] = [document.createElement('dt'), document.createElement('kbd'), document.createElement('dd')]
  kbd.textContent = key
  dt.append(kbd)
  dd.textContent = does
  list.append(dt, dd)
}

/** Whether they do anything: whoever speaks to their computer, or hits keys by chance, turns them off for good. */
const name = 'countersign:keys'
const [label, use] = [document.createElement('label'), document.createElement('input')]
use.type = 'checkbox'
try {
  use.checked = localStorage.getItem(name) !== 'off'
} catch {
  use.checked = true
}
use.addEventListener('change', () => {
  try {
    localStorage.setItem(name, use.checked ? 'on' : 'off')
  } catch {
    // Then it holds for this page.
  }
})
label.className = 'switch'
label.append(use, say.useKeys)
keys.append(
  list,
  label,
  button(say.close, () => keys.close()),
)
document.body.append(keys)

export const keysAreOn = () => use.checked

const shows = document.querySelector<HTMLButtonElement>('#show-keys')
if (shows) {
  shows.hidden = false
  shows.addEventListener('click', () => keys.showModal())
}
