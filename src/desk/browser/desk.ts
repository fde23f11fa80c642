import { say } from '../wording.ts'
import { came, isHasty, mind, missComment, unmiss } from './deciding.ts'
import { keys, keysAreOn } from './keys.ts'
import { note } from './notes.ts'
import { load, read, type Loaded } from './pages.ts'
import { become, renewArticle } from './renewal.ts'
import { keepTimes } from './times.ts'
import { keepDraft, restoreDraft } from './typing.ts'
import { heldBack, holdBack, sendAll, sendNow, tellOfUnsent, undo } from './undo.ts'
import { forgetAll, forgetUnsent, keepTyped } from './unsent.ts'

/*
 * Makes the pages quick and live. Without it they are whole: what is opened, listed and decided is what the server
 * says.
 */

const pages = new Map<string, Promise<Loaded>>()
const items = () => [...document.querySelectorAll<HTMLAnchorElement>('#items a')]
const opened = () => document.querySelector<HTMLElement>('article[data-id]')
const decideForm = () => document.querySelector<HTMLFormElement>('#decide')
const isPhone = () => matchMedia('(max-width: 760px)').matches
/** What is decided leaves this list; the others keep it. */
const isOfWaiting = () => document.querySelector<HTMLElement>('#list')?.dataset.view === 'waiting'

/** Has the page of what would be opened next at hand. */
function prefetch(link: HTMLAnchorElement | undefined): void {
  if (link && !pages.has(link.href)) pages.set(link.href, load(link.href))
}

/** How often something has been opened: what was asked for before it does not come after it. */
let openings = 0
/** The address of what is shown: of this document it is any, and has changed only where these two have. */
let shownAt = location.pathname + location.search
/** How far down the list was when something was opened from it. */
let listTop = 0

function goTo(url: string): void {
  if (document.querySelector('.desk.is-list') && isPhone()) listTop = scrollY
  history.replaceState({ listTop }, '')
  history.pushState(null, '', url)
  shownAt = location.pathname + location.search
}

interface Opening {
  /** Whether the address of the page becomes its own. */
  keeps?: boolean
  /** Whether nobody has asked for this very one. */
  byItself?: boolean
}

async function open(url: string, opening: Opening = {}): Promise<void> {
  openings += 1
  const mine = openings
  const ahead = await pages.get(url)
  pages.delete(url)
  const page = ahead === undefined || ahead === 'offline' ? await load(url) : ahead
  if (mine !== openings) return
  if (page === 'offline') return tellOffline(() => void open(url, opening))
  const wrapper = page === 'elsewhere' ? null : page.querySelector<HTMLElement>('.opened')
  if (page === 'elsewhere' || !wrapper) return location.assign(url)
  keep()
  if (opening.keeps !== false) goTo(url)
  show(wrapper, page.title, opening.byItself)
  for (const one of items()) {
    if (one.href === url) one.setAttribute('aria-current', 'true')
    else one.removeAttribute('aria-current')
    if (one.href === url) one.scrollIntoView({ block: 'nearest' })
  }
  if (isPhone()) scrollTo(0, 0)
  prefetch(beside(1))
}

/** Shows the page of an approval in the place of what is open. */
function show(wrapper: HTMLElement, title: string, byItself = false): void {
  offline?.remove()
  amended = undefined
  document.querySelector('.opened')!.replaceWith(wrapper)
  document.querySelector('.desk')!.className = 'desk is-open'
  document.title = title
  came(byItself)
  begin()
  // Whoever types elsewhere goes on there.
  if (!document.activeElement?.matches('input, select')) wrapper.focus({ preventScroll: true })
}

/** What is open is there: with what was typed before. */
function begin(): void {
  const article = opened()
  if (article) restoreDraft(article)
  mind(article, amended)
}

/** What is open goes: what is typed is kept for when it is open again. */
function keep(): void {
  const article = opened()
  if (article && !heldBack(article.dataset.id!)) keepDraft(article)
}

/** Shows the list alone, as far down as it was. */
function showList(top: number): void {
  openings += 1
  keep()
  const left = items().find((link) => link.getAttribute('aria-current') === 'true')
  left?.removeAttribute('aria-current')
  amended = undefined
  document.querySelector('.opened')!.replaceChildren()
  document.querySelector('.desk')!.className = 'desk is-list'
  document.title = `${document.querySelector('#list-title')!.textContent} · ${say.name}`
  left?.focus({ preventScroll: true })
  scrollTo(0, top)
  void renew()
}

let offline: HTMLElement | undefined

function tellOffline(again: () => void): void {
  offline?.remove()
  offline = note(say.offline, say.tryAgain, () => {
    offline?.remove()
    again()
  })
}

/** The one so many places behind the one that is open, or the first. */
function beside(step: number): HTMLAnchorElement | undefined {
  const all = items().filter((link) => !isOfWaiting() || !heldBack(idOf(link)))
  const at = all.findIndex((link) => link.getAttribute('aria-current') === 'true')
  return at === -1 ? all[0] : all[at + step]
}

function idOf(link: HTMLAnchorElement): string {
  return decodeURIComponent(link.pathname.split('/').at(-1)!)
}

/** How often the page has been brought up to date: what was asked for before does not come after. */
let renewals = 0
/** Shows what is asked now, where that is not what is shown. */
let amended: (() => void) | undefined

/** Brings the list up to date, and what is open; what is typed stays. */
async function renew(): Promise<void> {
  // What was at hand may be as it was before.
  pages.clear()
  renewals += 1
  const mine = renewals
  const id = opened()?.dataset.id
  let page = await read(id === undefined ? location.href : `/a/${id}${location.search}`)
  // What is open may not be there for them any more.
  if (page && !page.querySelector('#items')) page = await read(`/${location.search}`)
  if (!page?.querySelector('#items') || mine !== renewals) return
  renewList(page)
  const wrapper = page.querySelector<HTMLElement>('.opened')!
  const [here, there] = [opened(), wrapper.querySelector<HTMLElement>('article[data-id]')]
  if (!here && !there) become(document.querySelector<HTMLElement>('.opened')!, wrapper)
  if (here && there && here.dataset.id === there.dataset.id) renewOpened(here, there, wrapper, page.title)
}

function renewOpened(here: HTMLElement, there: HTMLElement, wrapper: HTMLElement, title: string): void {
  const [before, after] = [here.dataset.asked!, there.dataset.asked!]
  // What is decided has no state of before any more.
  if (before !== after && !before.startsWith(after)) {
    amended = () => {
      keep()
      show(wrapper, title, true)
    }
  } else {
    amended = undefined
    if (here.dataset.version !== there.dataset.version) {
      const said = there.querySelector('.outcome p, .line')?.textContent ?? ''
      renewArticle(here, there)
      announce(said)
    }
  }
  mind(here, amended)
}

function renewList(page: Document): void {
  const [here, there] = [document.querySelector<HTMLElement>('#list')!, page.querySelector<HTMLElement>('#list')!]
  const focused = document.activeElement?.closest('#items a')?.getAttribute('href')
  const current = items()
    .find((link) => link.getAttribute('aria-current') === 'true')
    ?.getAttribute('href')
  for (const one of there.querySelectorAll('#items li'))
    if (isOfWaiting() && heldBack(one.id.slice('item-'.length))) one.remove()
  for (const link of there.querySelectorAll('#items a')) {
    link.removeAttribute('aria-current')
    if (link.getAttribute('href') === current) link.setAttribute('aria-current', 'true')
  }
  // Somebody may be at the search.
  there.querySelector('.head')!.replaceWith(here.querySelector('.head')!.cloneNode(true))
  become(here, there)
  const count = page.querySelector('#count')
  if (count) document.querySelector('#count')?.replaceWith(count)
  if (focused && !document.activeElement?.closest('#items a'))
    items()
      .find((link) => link.getAttribute('href') === focused)
      ?.focus({ preventScroll: true })
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
  const article = opened()!
  const id = article.dataset.id!
  if (heldBack(id) || amended || isHasty()) return event.preventDefault()
  const comment = form.querySelector('textarea')
  if (vote === 'reject' && comment?.value.trim() === '') {
    event.preventDefault()
    return missComment(form)
  }
  // What the server would refuse, and what is too much to be sent while leaving, takes the plain way.
  const details = vote === 'approve_edited' ? form.querySelector<HTMLTextAreaElement>('#details')?.value : undefined
  if ((comment?.value.length ?? 0) + (details?.length ?? 0) > 10_000 || !isObject(details)) return
  event.preventDefault()
  const next = beside(1) ?? beside(-1)
  const row = isOfWaiting() ? document.getElementById(`item-${id}`) : null
  row?.classList.add('gone')
  const title = article.querySelector('h1')!.textContent.trim()
  // What was refused before is of no interest any more.
  forgetUnsent(id)
  keepTyped(id, [])
  const done = () => {
    mind(opened(), amended)
    void (next ? renew() : finish(id))
  }
  holdBack({ id, form, vote, title, done })
  mind(article, amended)
  setTimeout(() => row?.remove(), 150)
  if (next) void open(next.href, { byItself: true })
  else {
    document.querySelector('.opened')!.replaceChildren()
    document.querySelector('.desk')!.className = 'desk is-list'
  }
}

/** Shows that nothing is left, and what was decided last, if whoever decided it has not gone elsewhere since. */
async function finish(id: string): Promise<void> {
  if (opened()) return renew()
  const query = new URLSearchParams(location.search)
  query.delete('cursor')
  query.set('last', id)
  const url = `/?${query}`
  const page = await read(url)
  const desk = page?.querySelector('.desk')
  if (!page || !desk || opened()) return
  renewals += 1
  document.querySelector('.desk')!.replaceWith(desk)
  document.title = page.title
  const count = page.querySelector('#count')
  if (count) document.querySelector('#count')?.replaceWith(count)
  goTo(url)
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

/** Whoever has signed in before a form that they had filled in is where that form is. */
function comeBack(): void {
  const back = opened()?.querySelector<HTMLAnchorElement>('.back a')
  if (!back || location.pathname !== '/sign-in') return
  history.replaceState(null, '', `/a/${opened()!.dataset.id}${back.search}`)
  shownAt = location.pathname + location.search
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
  const button = decideForm()?.querySelector<HTMLButtonElement>(`button[value="${vote}"]`)
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
  showList(listTop)
}

/** Back, or forward, among what has been opened from this list. */
function onReturn(event: PopStateEvent): void {
  const [from, to] = [shownAt, location.pathname + location.search]
  if (from === to) return
  const partOf = (at: string) => {
    const query = new URL(at, location.href).searchParams
    query.delete('last')
    return query.toString()
  }
  if (partOf(from) !== partOf(to)) return location.reload()
  shownAt = to
  const first = location.pathname === '/' && !isPhone() ? items()[0] : undefined
  if (location.pathname === '/' && !first) showList((event.state as { listTop?: number } | null)?.listTop ?? 0)
  else void open(first?.href ?? location.href.replace(/#.*/, ''), { keeps: false })
}

/** Sends what is held before the session ends, and tells what has not got through; else leaves nothing behind. */
async function signOut(event: SubmitEvent): Promise<void> {
  const form = event.target as HTMLFormElement
  event.preventDefault()
  if (!(await sendAll())) return
  forgetAll()
  form.submit()
}

const said = document.createElement('p')
said.className = 'said'
said.setAttribute('role', 'status')

document.body.append(said)

document.addEventListener('keydown', onKey)
document.addEventListener('submit', decided)
document
  .querySelector<HTMLFormElement>('form[action="/sign-out"]')
  ?.addEventListener('submit', (event) => void signOut(event))
document.addEventListener('click', onClick)
document.addEventListener('input', ({ target }) => {
  const field = (target as HTMLElement).closest('#decide textarea')
  if (field?.id === 'comment') unmiss(field)
  if (field) mind(opened(), amended)
})
document.addEventListener('pointerover', (event) => {
  prefetch((event.target as HTMLElement).closest<HTMLAnchorElement>('#items a') ?? undefined)
})
addEventListener('popstate', onReturn)
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
