import { say } from '../wording.ts'
import { forgetUnsent, keepTyped, keepUnsent, unsent, type Unsent } from './unsent.ts'

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
  const { back, id, form } = held
  keepTyped(id, fieldsOf(form, 'approve_edited'))
  held = undefined
  location.assign(back)
}

/** Sends what is kept, also while the page is being left: then the next page tells what came of it. */
export function sendNow(): void {
  if (!held) return
  const { id, form, vote, title, bar, timer, done } = held
  clearTimeout(timer)
  bar.remove()
  held = undefined
  sent.add(id)
  const one = { id, vote, title, fields: fieldsOf(form, vote) }
  keepUnsent(one)
  void send(one)
    .then((fault) => {
      forgetUnsent(id)
      if (fault === null) return done()
      sent.delete(id)
      if (fault === undefined) return native(one)
      tell(`${title}: ${fault}`, say.look, () => native(one))
      done()
    })
    .catch(() => {
      sent.delete(id)
      tellUnsent(one)
    })
}

/** What a page before this one was sending, and did not arrive, or was refused. @param load has a page */
export async function tellOfUnsent(load: (url: string) => Promise<Document | null>): Promise<void> {
  for (const one of unsent()) {
    for (let isLast = false; ; isLast = true) {
      const page = await load(`/a/${one.id}`)
      // Whoever has to sign in first, or is offline, reads it later.
      if (!page) return
      const article = page.querySelector<HTMLElement>('article[data-id]')
      const vote = one.vote === 'approve_edited' ? 'approve' : one.vote
      const isOpen = page.querySelector(`#decide button[value="${vote}"]`) !== null
      if (article?.dataset.did?.split(' ').includes(vote)) {
        forgetUnsent(one.id)
        break
      }
      if (isOpen && !isLast) {
        // It may be on its way.
        await new Promise((resolve) => setTimeout(resolve, 2_000))
        continue
      }
      if (isOpen) tellUnsent(one)
      else {
        forgetUnsent(one.id)
        const outcome = page.querySelector('.outcome p, .why, .lead')?.textContent?.trim() ?? say.errors.title
        tell(`${one.title}: ${outcome}`, say.look, () => location.assign(`/a/${one.id}`))
      }
      break
    }
  }
}

function tellUnsent(one: Unsent): void {
  tell(say.notSent(one.title), say.again, () => {
    forgetUnsent(one.id)
    native(one)
  })
}

function tell(text: string, action: string, act: () => void): void {
  note(text, action, act).setAttribute('role', 'alert')
}

/** What a form sends. Details go only where they are what is approved: they may be more than is sent while leaving. */
function fieldsOf(form: HTMLFormElement, vote: string): [string, string][] {
  const all = [...new FormData(form)].map(([name, value]) => [name, String(value)] as [string, string])
  return [...all.filter(([name]) => name !== 'details' || vote === 'approve_edited'), ['vote', vote]]
}

/** @returns null where it was done, undefined where somebody has to sign in first, else what the server says */
async function send({ id, fields }: Unsent): Promise<string | null | undefined> {
  const body = new URLSearchParams(fields)
  const answer = await fetch(`/a/${id}`, { method: 'POST', body, keepalive: true, redirect: 'manual' })
  if (answer.type === 'opaqueredirect') return null
  if (answer.status === 401) return undefined
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
  const said = page.querySelector('.outcome p') ?? page.querySelector('.fault, .lead')
  return said?.textContent?.trim() ?? say.errors.title
}

/** Sends the form as it would have been without this module: the server's page says what is to be done. */
function native({ id, fields }: Unsent): void {
  const form = document.createElement('form')
  form.method = 'post'
  form.action = `/a/${id}`
  form.hidden = true
  for (const [name, value] of fields) {
    const field = document.createElement('textarea')
    field.name = name
    field.value = value
    form.append(field)
  }
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
