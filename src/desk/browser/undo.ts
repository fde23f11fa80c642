import { say } from '../wording.ts'

/** For how long a decision may be undone, in milliseconds. */
const undoMs = 5_000

/** A decision that has been made and is not sent yet. */
interface Held {
  id: string
  form: HTMLFormElement
  vote: keyof typeof say.done
  title: string
  /** Where it was made. */
  back: string
  /** Called when the server has it. */
  done: () => void
}

let held: (Held & { bar: HTMLElement; timer: number }) | undefined
/** What is being sent: it does not wait any more. */
const sent = new Set<string>()

/** Whether a decision about this one has been made here. */
export function heldBack(id: string): boolean {
  return held?.id === id || sent.has(id)
}

/** Keeps a decision until its time to be undone is over; one that was kept before is sent. */
export function holdBack(decision: Held): void {
  sendNow()
  const bar = note(say.done[decision.vote](decision.title), say.undo, undo)
  held = { ...decision, bar, timer: window.setTimeout(sendNow, undoMs) }
}

/** Takes the decision back, and leads to where it was made. */
export function undo(): void {
  if (!held) return
  clearTimeout(held.timer)
  const { back } = held
  held = undefined
  location.assign(back)
}

/** Sends what is kept, also while the page is being left. */
export function sendNow(): void {
  if (!held) return
  const { id, form, vote, title, bar, timer, done } = held
  clearTimeout(timer)
  bar.remove()
  held = undefined
  sent.add(id)
  void send(form, vote)
    .then((fault) => {
      if (fault === null) return done()
      sent.delete(id)
      if (fault === undefined) return native(form, vote)
      const line = note(`${title}: ${fault}`, say.look, () => location.assign(form.action))
      line.setAttribute('role', 'alert')
      done()
    })
    .catch(() => {
      sent.delete(id)
      note(say.notSent(title), say.again, () => native(form, vote)).setAttribute('role', 'alert')
    })
}

/** @returns null where it was done, undefined where somebody has to sign in first, else what the server says */
async function send(form: HTMLFormElement, vote: string): Promise<string | null | undefined> {
  const fields = [...new FormData(form)].map(([name, value]) => [name, String(value)])
  const body = new URLSearchParams([...fields, ['vote', vote]])
  const answer = await fetch(form.action, { method: 'POST', body, keepalive: true, redirect: 'manual' })
  if (answer.type === 'opaqueredirect') return null
  if (answer.status === 401) return undefined
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
  const said = page.querySelector('.outcome p, .fault, .lead')?.textContent?.trim()
  return said ?? say.errors.title
}

/** Sends the form as it would have been without this module: the server's page says what is to be done. */
function native(form: HTMLFormElement, vote: string): void {
  const button = document.createElement('input')
  button.type = 'hidden'
  button.name = 'vote'
  button.value = vote
  form.append(button)
  form.hidden = true
  document.body.append(form)
  form.submit()
}

/** A line at the edge of the page, with something that can be done about it. */
function note(text: string, action: string, act: () => void): HTMLElement {
  document.querySelector('.undo')?.remove()
  const bar = document.createElement('div')
  bar.className = 'undo'
  bar.setAttribute('role', 'status')
  const line = document.createElement('span')
  line.textContent = text
  const button = document.createElement('button')
  button.textContent = action
  button.addEventListener('click', act)
  bar.append(line, button)
  document.body.append(bar)
  return bar
}
