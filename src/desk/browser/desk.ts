import { say } from '../wording.ts'
import { keys } from './keys.ts'
import { keepTimes } from './times.ts'
import { forgetAll, keepTyped, restoreTyped } from './unsent.ts'
import { heldBack, holdBack, sendNow, tellOfUnsent, undo } from './undo.ts'

/*
 * Makes the pages quick and live. Without it they are whole: what is opened, listed and decided is what the server
 * says.
 */

const parser = new DOMParser()
const pages = new Map<string, Promise<Document | null>>()
const items = () => [...document.querySelectorAll<HTMLAnchorElement>('#items a')]
const opened = () => document.querySelector<HTMLElement>('article[data-id]')
const decideForm = () => document.querySelector<HTMLFormElement>('#decide')

/**
 * A page of this origin, laid out; null where it could not be had, or leads elsewhere: then the browser goes there
 * itself.
 */
async function load(url: string): Promise<Document | null> {
  const answer = await fetch(url).catch(() => null)
  if (!answer || new URL(answer.url).pathname === '/sign-in') return null
  const page = parser.parseFromString(await answer.text(), 'text/html')
  if (page.querySelector('[data-markdown]')) (await import('./lay-out.ts')).layOut(page)
  return page
}

/** Has the page of what would be opened next at hand. */
function prefetch(link: HTMLAnchorElement | undefined): void {
  if (link && !pages.has(link.href)) pages.set(link.href, load(link.href))
}

/** How often something has been opened: what was asked for before it does not come after it. */
let openings = 0

async function open(link: HTMLAnchorElement, keeps = true): Promise<void> {
  openings += 1
  const mine = openings
  const page = await (pages.get(link.href) ?? load(link.href))
  pages.delete(link.href)
  if (mine !== openings) return
  const article = page?.querySelector<HTMLElement>('.opened')
  if (!page || !article) return location.assign(link.href)
  document.querySelector('.opened')!.replaceWith(article)
  document.querySelector('.desk')!.className = 'desk is-open'
  document.title = page.title
  if (keeps) history.pushState(null, '', link.href)
  for (const one of items()) one.removeAttribute('aria-current')
  link.setAttribute('aria-current', 'true')
  link.scrollIntoView({ block: 'nearest' })
  article.focus({ preventScroll: true })
  if (matchMedia('(max-width: 760px)').matches) scrollTo(0, 0)
  prefetch(beside(1))
}

/** The one so many places behind the one that is open, or the first. */
function beside(step: number): HTMLAnchorElement | undefined {
  const all = items().filter((link) => !heldBack(idOf(link)))
  const at = all.findIndex((link) => link.getAttribute('aria-current') === 'true')
  return at === -1 ? all[0] : all[at + step]
}

function idOf(link: HTMLAnchorElement): string {
  return decodeURIComponent(link.pathname.split('/').at(-1)!)
}

/** Brings the list up to date, and says what has become of what is open; what is typed stays. */
async function renew(): Promise<void> {
  // What was at hand may be as it was before.
  pages.clear()
  const page = await load(location.href)
  const list = page?.querySelector('#items')
  if (!page || !list) return
  const focused = document.activeElement?.closest('#items a')?.getAttribute('href')
  const current = items().find((link) => link.getAttribute('aria-current') === 'true')
  for (const one of list.querySelectorAll('li')) if (heldBack(one.id.slice('item-'.length))) one.remove()
  document.querySelector('#items')!.replaceChildren(...list.children)
  const count = page.querySelector('#count')
  if (count) document.querySelector('#count')?.replaceWith(count)
  const again = (href: string | null | undefined) => items().find((link) => link.getAttribute('href') === href)
  again(current?.getAttribute('href'))?.setAttribute('aria-current', 'true')
  again(focused)?.focus({ preventScroll: true })
  const [here, there] = [opened(), page.querySelector<HTMLElement>('article[data-id]')]
  if (!here || !there || here.dataset.id !== there.dataset.id || here.dataset.version === there.dataset.version) return
  const typed = here.querySelector('textarea')?.value
  here.replaceWith(there)
  const field = there.querySelector('textarea')
  if (typed && field) field.value = typed
  announce(there.querySelector('.outcome p, .line')?.textContent ?? '')
}

/** Tells a screen reader. */
function announce(text: string): void {
  said.textContent = text
}

let seen: string | undefined

async function lookForNews(): Promise<void> {
  if (document.hidden || !document.querySelector('#items')) return
  const answer = await fetch('/desk/news', { redirect: 'manual' }).catch(() => null)
  if (!answer?.ok) return
  const { news } = (await answer.json()) as { news: string }
  if (seen !== undefined && seen !== news) await renew()
  seen = news
}

/** Holds a decision back for as long as it may be undone; the next one is there already. */
function decided(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement
  const vote = (event.submitter as HTMLButtonElement | null)?.value as keyof typeof say.done | undefined
  if (form.id !== 'decide' || !vote || !(vote in say.done)) return
  const comment = form.querySelector('textarea')
  // What the server would refuse, and what is too much to be sent while leaving, takes the plain way.
  const details = vote === 'approve_edited' ? form.querySelector<HTMLTextAreaElement>('#details')?.value : undefined
  if (vote === 'reject' && comment?.value.trim() === '') return
  if ((comment?.value.length ?? 0) + (details?.length ?? 0) > 10_000 || !isObject(details)) return
  event.preventDefault()
  const article = opened()!
  const next = beside(1) ?? beside(-1)
  const row = document.getElementById(`item-${article.dataset.id}`)
  row?.classList.add('gone')
  const title = article.querySelector('h1')!.textContent.trim()
  const back = location.href
  const id = article.dataset.id!
  holdBack({ id, form, vote, title, back, done: () => void (next ? renew() : finish(id)) })
  setTimeout(() => row?.remove(), 150)
  if (next) void open(next)
  else {
    document.querySelector('.opened')!.replaceChildren()
    document.querySelector('.desk')!.className = 'desk is-list'
  }
}

/** Shows that nothing is left, and what was decided last, if whoever decided it has not gone elsewhere since. */
async function finish(id: string): Promise<void> {
  if (opened()) return renew()
  const url = `/?last=${encodeURIComponent(id)}`
  const page = await load(url)
  const desk = page?.querySelector('.desk')
  if (!page || !desk || opened()) return
  document.querySelector('.desk')!.replaceWith(desk)
  const count = page.querySelector('#count')
  if (count) document.querySelector('#count')?.replaceWith(count)
  history.pushState(null, '', url)
  announce(desk.querySelector('.empty')?.textContent ?? '')
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

function onKey(event: KeyboardEvent): void {
  const isTyping = (event.target as HTMLElement).matches('input, textarea, select')
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || keys.open) return
  const press = (vote: string) => decideForm()?.querySelector<HTMLButtonElement>(`button[value="${vote}"]`)?.click()
  const comment = document.querySelector<HTMLTextAreaElement>('#comment')
  const does: Record<string, () => void> = {
    j: () => void go(1),
    k: () => void go(-1),
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
  act()
}

function go(step: number): void {
  const link = beside(step)
  if (link) void open(link)
}

const said = document.createElement('p')
said.className = 'said'
said.setAttribute('role', 'status')

document.body.append(said)

document.addEventListener('keydown', onKey)
document.addEventListener('submit', decided)
document.querySelector('form[action="/sign-out"]')?.addEventListener('submit', forgetAll)
document.addEventListener('click', (event) => {
  const link = (event.target as HTMLElement).closest<HTMLAnchorElement>('#items a')
  if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  void open(link)
})
document.addEventListener('pointerover', (event) => {
  prefetch((event.target as HTMLElement).closest<HTMLAnchorElement>('#items a') ?? undefined)
})
addEventListener('popstate', () => location.reload())
addEventListener('pagehide', sendNow)
document.addEventListener('visibilitychange', () => void lookForNews())
setInterval(() => void lookForNews(), 4_000)
void lookForNews()
void tellOfUnsent(load)
keepOverSignIn()
restoreTyped(opened()?.dataset.id)
keepTimes()
const first = beside(0)
if (first && !opened() && matchMedia('(min-width: 761px)').matches) void open(first, false)
else prefetch(beside(1))
