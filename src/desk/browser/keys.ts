import { say } from '../wording.ts'

/** The dialog that tells of the keys. */
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
const close = document.createElement('button')
close.textContent = say.close
close.addEventListener('click', () => keys.close())
keys.append(list, close)
document.body.append(keys)

const shows = document.querySelector<HTMLButtonElement>('#show-keys')
if (shows) {
  shows.hidden = false
  shows.addEventListener('click', () => keys.showModal())
}
