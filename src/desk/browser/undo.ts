import { say } from '../wording.ts'
import { note } from './notes.ts'
import { typedIn } from './typing.ts'
import { forgetUnsent, keepTyped, keepUnsent, unsent, type Fields, type Unsent } from './unsent.ts'

/** For how long a decision may be undone, in milliseconds. */
const undoMs = 5_000

/** How much a decision has at most that is held back: leaving the page sends it, and browsers take 64 KiB of that. */
export const mostHeld = 30_000

/** A decision that has been made and is not sent yet. */
interface Held {
  id: string
  form: HTMLFormElement
  vote: keyof typeof say.done
  title: string
  /** Called when the server has it, or does not take it, or is not there. */
  done: () => void
}

let held: (Held & { bar: HTMLElement; timer: number }) | undefined
/** What is being sent, and whether it got through: it does not wait any more. */
const sent = new Map<string, Promise<boolean>>()

/** Whether a decision about this one has been made here, and is not known to the server yet. */
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
  const { id, form } = held
  keepTyped(id, typedIn(form))
  held = undefined
  location.assign(actionOf(form))
}

/** Sends what is kept, also while the page is being left: then the next page tells what came of it. */
export function sendNow(): void {
  if (!held) return
  const { id, form, vote, title, bar, timer, done } = held
  clearTimeout(timer)
  bar.remove()
  held = undefined
  const one = { id, action: actionOf(form), vote, title, fields: fieldsOf(form, vote) }
  keepUnsent(one)
  sent.set(id, deliver(one, done))
}

/** Sends what is kept. @returns whether everything that was being sent has got through */
export async function sendAll(): Promise<boolean> {
  sendNow()
  return (await Promise.all(sent.values())).every(Boolean)
}

async function deliver(one: Unsent, done: () => void): Promise<boolean> {
  const fault = await send(one).catch(() => 'unsent' as const)
  sent.delete(one.id)
  if (fault === 'unsent') {
    tellUnsent(one)
    done()
    return false
  }
  forgetUnsent(one.id)
  if (fault === undefined) {
    native(one)
    return false
  }
  if (fault !== null) refused({ ...one, fault })
  done()
  return fault === null
}

/**
 * What a page before this one was sending, and did not arrive, or was refused.
 *
 * @param read has a page
 * @param arrived called for each that has arrived meanwhile
 */
export async function tellOfUnsent(
  read: (url: string) => Promise<Document | null>,
  arrived: () => void,
): Promise<void> {
  const found = unsent()
  for (const one of found) if (one.fault !== undefined) refused(one)
  for (const one of found.filter(({ fault }) => fault === undefined)) {
    for (let isLast = false; ; isLast = true) {
      const page = await read(`/a/${one.id}`)
      // Whoever has to sign in first, or is offline, reads it later.
      if (!page) return
      const article = page.querySelector<HTMLElement>('article[data-id]')
      const vote = one.vote === 'approve_edited' ? 'approve' : one.vote
      const isOpen = page.querySelector(`#decide button[value="${vote}"]`) !== null
      if (article?.dataset.did?.split(' ').includes(vote)) {
        forgetUnsent(one.id)
        arrived()
        break
      }
      if (isOpen && !isLast) {
        // It may be on its way.
        await new Promise((resolve) => setTimeout(resolve, 2_000))
        continue
      }
      if (isOpen) tellUnsent(one)
      else {
        const outcome = page.querySelector('.outcome p, .why, .lead')?.textContent?.trim() ?? say.errors.title
        refused({ ...one, fault: outcome })
        arrived()
      }
      break
    }
  }
}

function tellUnsent(one: Unsent): void {
  const again = () => {
    forgetUnsent(one.id)
    native(one)
  }
  note(say.notSent(one.title), say.again, again, { isUrgent: true })
}

/** It is told, here and on the pages that follow, until it is put away or looked at, with what was typed. */
function refused(one: Unsent): void {
  keepUnsent(one)
  const forget = () => forgetUnsent(one.id)
  const look = () => {
    forget()
    keepTyped(
      one.id,
      one.fields.filter(([name, value]) => ['comment', 'details'].includes(name) && value !== ''),
    )
    location.assign(one.action)
  }
  note(`${one.title}: ${one.fault}`, say.look, look, { isUrgent: true, closed: forget })
}

/** Where a form is sent to; a GET of the same shows it. */
function actionOf(form: HTMLFormElement): string {
  return form.getAttribute('action')!
}

/** What a form sends. Details go only where they are what is approved: they may be more than is sent while leaving. */
function fieldsOf(form: HTMLFormElement, vote: string): Fields {
  const all = [...new FormData(form)].map(([name, value]) => [name, String(value)] as [string, string])
  return [...all.filter(([name]) => name !== 'details' || vote === 'approve_edited'), ['vote', vote]]
}

/** How much it sends, in bytes. */
export function sizeOf(form: HTMLFormElement, vote: string): number {
  return encoded(fieldsOf(form, vote)).length
}

/** As it is sent: ASCII, in which a character is up to twelve. */
function encoded(fields: Fields): string {
  return new URLSearchParams(fields).toString()
}

/** How much is being sent that goes on when the page is left, in bytes. */
let outlasting = 0

/** What is too much beside what is being sent is sent all the same, as long as the page is there. */
async function post(action: string, fields: Fields): Promise<Response> {
  const body = encoded(fields)
  const keepalive = outlasting + body.length <= 2 * mostHeld
  const size = keepalive ? body.length : 0
  outlasting += size
  try {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded;charset=UTF-8' }
    return await fetch(action, { method: 'POST', headers, body, keepalive, redirect: 'manual' })
  } finally {
    outlasting -= size
  }
}

/** @returns null where it was done, undefined where somebody has to sign in first, else what the server says */
async function send({ action, fields }: Unsent): Promise<string | null | undefined> {
  const answer = await post(action, fields)
  if (answer.type === 'opaqueredirect') return null
  if (answer.status === 401) return undefined
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
  const said = page.querySelector('.outcome p') ?? page.querySelector('.fault, .lead')
  return aside(said?.textContent?.trim() ?? say.errors.title)
}

/** What the page of an approval says of a refusal, as one says it over another. */
function aside(said: string): string {
  const code = Object.keys(say.refusedAside).find((one) => say.refused[one] === said)
  return code === undefined ? said : say.refusedAside[code]!
}

/** Sends the form as it would have been without this module: the server's page says what is to be done. */
function native({ action, fields }: Unsent): void {
  const form = document.createElement('form')
  form.method = 'post'
  form.action = action
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
