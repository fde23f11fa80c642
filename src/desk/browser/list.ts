import { heldBack } from './undo.ts'

/* What is on the page: the list, and what is open beside it. */

export const items = () => [...document.querySelectorAll<HTMLAnchorElement>('#items a')]
export const opened = () => document.querySelector<HTMLElement>('article[data-id]')
export const isPhone = () => matchMedia('(max-width: 760px)').matches
/** What is decided leaves this list; the others keep it. */
export const isOfWaiting = () => document.querySelector<HTMLElement>('#list')?.dataset.view === 'waiting'

/** The one so many places behind the one that is open, or the first. */
export function beside(step: number): HTMLAnchorElement | undefined {
  const all = items().filter((link) => !isOfWaiting() || !heldBack(idOf(link)))
  const at = all.findIndex((link) => link.getAttribute('aria-current') === 'true')
  return at === -1 ? all[0] : all[at + step]
}

function idOf(link: HTMLAnchorElement): string {
  return decodeURIComponent(link.pathname.split('/').at(-1)!)
}
