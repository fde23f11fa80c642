import { isOfWaiting, items, opened } from './list.ts'
import { forgetPages, goTo, keep, mindOpened, setAmended, show } from './opening.ts'
import { read } from './pages.ts'
import { become, renewArticle } from './renewal.ts'
import { heldBack } from './undo.ts'

/* Bringing the page up to date with what others do, and with what was decided last. */

const said = document.createElement('p')
said.className = 'said'
said.setAttribute('role', 'status')
document.body.append(said)

/** How often the page has been brought up to date: what was asked for before does not come after. */
let renewals = 0

/** Brings the list up to date, and what is open; what is typed stays. */
export async function renew(): Promise<void> {
  forgetPages()
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
    setAmended(() => {
      keep()
      show(wrapper, title, true)
    })
  } else {
    setAmended(undefined)
    // Its time may be over although nothing has happened to it.
    if (stateOf(here) !== stateOf(there)) {
      const said = there.querySelector('.outcome p, .line')?.textContent ?? ''
      renewArticle(here, there)
      announce(said)
    }
  }
  mindOpened()
}

const stateOf = ({ dataset: { version, status } }: HTMLElement) => `${version} ${status}`

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
export function announce(text: string): void {
  said.textContent = text
}

let seen: string | undefined
/** Of what it was seen that its time is over. */
let over: string | undefined

/** Whether the time of what is open is over, and the page does not say so yet. */
function isOver(): boolean {
  const { id, due, status } = opened()?.dataset ?? {}
  if (!due || status !== 'pending' || Number(due) > Date.now() || over === id) return false
  over = id
  return true
}

export async function lookForNews(): Promise<void> {
  if (document.hidden || !document.querySelector('#items')) return
  if (isOver()) await renew()
  const answer = await fetch('/desk/news', { redirect: 'manual' }).catch(() => null)
  if (!answer?.ok) return
  const { news } = (await answer.json()) as { news: string }
  if (seen !== undefined && seen !== news) await renew()
  seen = news
}

/** Shows that nothing is left, and what was decided last, if whoever decided it has not gone elsewhere since. */
export async function finish(id: string): Promise<void> {
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
