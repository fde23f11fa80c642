import { say } from '../wording.ts'
import { isHasty, missComment, unmiss } from './deciding.ts'
import { keys, keysAreOn } from './keys.ts'
import { beside, isOfWaiting, opened } from './list.ts'
import { announce, finish, lookForNews, renew } from './news.ts'
import { begin, comeBack, goTo, isAmended, keep, mindOpened, onReturn, open, prefetch, showList } from './opening.ts'
import { read } from './pages.ts'
import { keepTimes } from './times.ts'
import { heldBack, holdBack, mostHeld, sendAll, sendNow, sizeOf, tellOfUnsent, undo } from './undo.ts'
import { forgetAll, forgetUnsent, keepTyped } from './unsent.ts'

/*
 * Makes the pages quick and live. Without it they are whole: what is opened, listed and decided is what the server
 * says.
 */

/** Holds a decision back for as long as it may be undone; the next one is there already. */
function decided(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement
  const vote = (event.submitter as HTMLButtonElement | null)?.value as keyof typeof say.done | undefined
  if (form.id !== 'decide' || !vote || !(vote in say.done)) return
  const article = opened()!
  const id = article.dataset.id!
  if (heldBack(id) || isAmended() || isHasty()) return event.preventDefault()
  const comment = form.querySelector('textarea')
  if (vote === 'reject' && comment?.value.trim() === '') {
    event.preventDefault()
    return missComment(form)
  }
  // What the server would refuse, and what is too much to be sent while leaving, takes the plain way.
  const details = vote === 'approve_edited' ? form.querySelector<HTMLTextAreaElement>('#details')?.value : undefined
  if (sizeOf(form, vote) > mostHeld || !isObject(details)) return
  event.preventDefault()
  const next = beside(1) ?? beside(-1)
  const row = isOfWaiting() ? document.getElementById(`item-${id}`) : null
  row?.classList.add('gone')
  const title = article.querySelector('h1')!.textContent.trim()
  // What was refused before is of no interest any more.
  forgetUnsent(id)
  keepTyped(id, [])
  const done = () => {
    mindOpened()
    void (next ? renew() : finish(id))
  }
  holdBack({ id, form, vote, title, done })
  mindOpened()
  setTimeout(() => row?.remove(), 150)
  if (next) void open(next.href, { byItself: true })
  else {
    document.querySelector('.opened')!.replaceChildren()
    document.querySelector('.desk')!.className = 'desk is-list'
  }
}

/** Where somebody has to sign in again, what they typed is there also when they come back from elsewhere. */
function keepOverSignIn(): void {
  const typed = [...document.querySelectorAll<HTMLInputElement>('input[name^="typed."]')]
  const next = document.querySelector<HTMLInputElement>('input[name="next"]')?.value ?? ''
  const id = /^\/a\/([^/?]+)/.exec(next)?.[1]
  if (id && typed.length > 0)
    keepTyped(
      decodeURIComponent(id),
      typed.map(({ name, value }) => [name.replace('typed.', ''), value]),
    )
}

/** Whether it is a JSON object, or nothing. */
function isObject(json = '{}'): boolean {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

/** Out of a field of the form, to where letters are commands. */
function leave(field: HTMLElement): void {
  field.blur()
  document.querySelector<HTMLElement>('.opened')?.focus({ preventScroll: true })
}

function onKey(event: KeyboardEvent): void {
  const target = event.target as HTMLElement
  const isTyping = target.matches('input, textarea, select')
  if (event.key === 'Escape' && target.matches('#decide textarea')) return leave(target)
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || keys.open || !keysAreOn()) return
  const comment = document.querySelector<HTMLTextAreaElement>('#comment')
  const does: Record<string, () => void> = {
    j: () => go(1),
    k: () => go(-1),
    a: () => press('approve'),
    r: () => (comment?.value.trim() ? press('reject') : comment?.focus()),
    e: () => {
      const edit = document.querySelector<HTMLDetailsElement>('.edit')
      if (edit) edit.open = true
      edit?.querySelector('textarea')?.focus()
    },
    x: () => press('withdraw'),
    z: undo,
    '/': () => document.querySelector<HTMLInputElement>('#search')?.focus(),
    '?': () => keys.showModal(),
  }
  const act = does[event.key]
  if (!act) return
  event.preventDefault()
  // A key that is held goes through the list, and does nothing else again and again.
  if (!event.repeat || event.key === 'j' || event.key === 'k') act()
}

function press(vote: string): void {
  const button = document.querySelector<HTMLButtonElement>(`#decide button[value="${vote}"]`)
  if (button?.disabled) announce(document.querySelector<HTMLElement>('.hold')?.dataset.why ?? '')
  button?.click()
}

function go(step: number): void {
  const link = beside(step)
  if (link) void open(link.href)
}

function onClick(event: MouseEvent): void {
  const target = event.target as HTMLElement
  // The second click of two was for what the first has been for.
  if (event.detail > 1 && target.closest('#decide button')) return event.preventDefault()
  if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return
  const link = target.closest<HTMLAnchorElement>('#items a, .back a')
  if (!link) return
  event.preventDefault()
  if (!link.closest('.back')) return void open(link.href)
  goTo(link.href)
  showList()
  void renew()
}

/** Sends what is held before the session ends, and tells what has not got through; else leaves nothing behind. */
async function signOut(event: SubmitEvent): Promise<void> {
  const form = event.target as HTMLFormElement
  event.preventDefault()
  if (!(await sendAll())) return
  forgetAll()
  form.submit()
}

document.addEventListener('keydown', onKey)
document.addEventListener('submit', decided)
document
  .querySelector<HTMLFormElement>('form[action="/sign-out"]')
  ?.addEventListener('submit', (event) => void signOut(event))
document.addEventListener('click', onClick)
document.addEventListener('input', ({ target }) => {
  const field = (target as HTMLElement).closest('#decide textarea')
  if (field?.id === 'comment') unmiss(field)
  if (field) mindOpened()
})
document.addEventListener('pointerover', (event) => {
  prefetch((event.target as HTMLElement).closest<HTMLAnchorElement>('#items a') ?? undefined)
})
addEventListener('popstate', (event) => onReturn(event, () => void renew()))
addEventListener('pagehide', () => {
  keep()
  sendNow()
})
addEventListener('pageshow', (event) => event.persisted && void renew())
document.addEventListener('visibilitychange', () => void lookForNews())
setInterval(() => void lookForNews(), 4_000)
void lookForNews()
void tellOfUnsent(read, () => void renew())
keepOverSignIn()
comeBack()
begin()
keepTimes()
const first = beside(0)
if (first && !opened() && matchMedia('(min-width: 761px)').matches) void open(first.href, { keeps: false })
else prefetch(beside(1))
