import { say } from '../wording.ts'
import { came, mind } from './deciding.ts'
import { beside, isPhone, items, opened } from './list.ts'
import { note } from './notes.ts'
import { load, type Loaded } from './pages.ts'
import { keepDraft, restoreDraft } from './typing.ts'
import { heldBack } from './undo.ts'

/* Opening an approval in the place of the one that is open, going back to the list, and the addresses of that. */

const pages = new Map<string, Promise<Loaded>>()

/** What was at hand may be as it was before. */
export const forgetPages = () => pages.clear()

/** Has the page of what would be opened next at hand. */
export function prefetch(link: HTMLAnchorElement | undefined): void {
  if (link && !pages.has(link.href)) pages.set(link.href, load(link.href))
}

/** Shows what is asked now; undefined where that is what is shown. */
let amended: (() => void) | undefined

export function setAmended(showsNow: (() => void) | undefined): void {
  amended = showsNow
}

/** Lets the form decide only what its reader has seen and means. */
export function mindOpened(): void {
  mind(opened(), amended)
}

export const isAmended = () => amended !== undefined

/** How often something has been opened: what was asked for before it does not come after it. */
let openings = 0
/** The address of what is shown: of this document it is any, and has changed only where these two have. */
let shownAt = location.pathname + location.search
/** How far down the list was when something was opened from it. */
let listTop = 0

export function goTo(url: string): void {
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

export async function open(url: string, opening: Opening = {}): Promise<void> {
  openings += 1
  const mine = openings
  const ahead = await pages.get(url)
  pages.delete(url)
  const page = ahead === undefined || ahead === 'offline' ? await load(url) : ahead
  if (mine !== openings) return
  if (page === 'offline') return tellOffline(() => void open(url, opening))
  const wrapper = page instanceof Document ? page.querySelector<HTMLElement>('.opened') : null
  if (!(page instanceof Document) || !wrapper) return location.assign(url)
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
export function show(wrapper: HTMLElement, title: string, byItself = false): void {
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
export function begin(): void {
  const article = opened()
  if (article) restoreDraft(article)
  mindOpened()
}

/** What is open goes: what is typed is kept for when it is open again. */
export function keep(): void {
  const article = opened()
  if (article && !heldBack(article.dataset.id!)) keepDraft(article)
}

/** Shows the list alone, as far down as it was. */
export function showList(top = listTop): void {
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
}

let offline: HTMLElement | undefined

function tellOffline(again: () => void): void {
  offline?.remove()
  offline = note(say.offline, say.tryAgain, () => {
    offline?.remove()
    again()
  })
}

/** Back, or forward, among what has been opened from this list. @param renew brings the list up to date */
export function onReturn(event: PopStateEvent, renew: () => void): void {
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
  if (location.pathname !== '/' || first)
    return void open(first?.href ?? location.href.replace(/#.*/, ''), { keeps: false })
  showList((event.state as { listTop?: number } | null)?.listTop ?? 0)
  renew()
}

/** Whoever has signed in before a form that they had filled in is where that form is. */
export function comeBack(): void {
  const back = opened()?.querySelector<HTMLAnchorElement>('.back a')
  if (!back || location.pathname !== '/sign-in') return
  history.replaceState(null, '', `/a/${opened()!.dataset.id}${back.search}`)
  shownAt = location.pathname + location.search
}
