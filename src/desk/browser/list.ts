import { heldBack } from './undo.ts'

/* What is on the page: the list, and what is open beside it. */

export const items = () => [...document.querySelectorAll<HTMLAnchorElement>('#items a')]
export const opened = () => document.querySelector<HTMLElement>('article[data-id]')
export const isPhone = () => matchMedia('(max-width: 760px)').matches
/** What is decided leaves this list; the others keep it. */
export const isOfWaiting = () => document.querySelector<HTMLElement>('#list')?.dataset.view === 'waiting'

/** The place in the list of what was open when it was last there: what came before it, and what came after it. */
let place: { id: string; before: string[]; after: string[] } | undefined

/** The one so many places behind the one that is open, or was until somebody else decided it; or the first. */
export function beside(step: number): HTMLAnchorElement | undefined {
  const all = items().filter((link) => !isOfWaiting() || !heldBack(idOf(link)))
  const at = all.findIndex((link) => link.getAttribute('aria-current') === 'true')
  if (at === -1) return besidePlace(all, step)
  const ids = all.map(idOf)
  place = { id: ids[at]!, before: ids.slice(0, at), after: ids.slice(at + 1) }
  return all[at + step]
}

function besidePlace(all: HTMLAnchorElement[], step: number): HTMLAnchorElement | undefined {
  if (step === 0 || !place || opened()?.dataset.id !== place.id) return all[0]
  const ids = step > 0 ? place.after : place.before.toReversed()
  const found = ids.map((id) => all.find((link) => idOf(link) === id)).filter((link) => link !== undefined)
  return found[Math.abs(step) - 1]
}

function idOf(link: HTMLAnchorElement): string {
  return decodeURIComponent(link.pathname.split('/').at(-1)!)
}
