import { tellTimes } from './times.ts'
import { retire, typedIn } from './typing.ts'

/** What stays the element that it is, whatever comes of it: somebody may be in it. */
const lasting = '#items, #decide, #comment, #details, .edit, .buttons'

/**
 * Makes what is open as it is now. Only what has changed is exchanged: the form, what is typed in it, the focus and the
 * selection stay, and what is folded out is so again.
 */
export function renewArticle(here: HTMLElement, there: HTMLElement): void {
  const form = here.querySelector<HTMLFormElement>('#decide')
  if (form && !there.querySelector('#decide')) {
    if (form.contains(document.activeElement) || typedIn(form).length > 0) retire(form)
    else form.remove()
  }
  // What is typed is not what the server sends, and stays.
  const retired = here.querySelector('#retired')
  if (retired) there.querySelector('.history')?.before(retired.cloneNode(true))
  become(here, there)
}

/** Makes an element what another is, and leaves in it what is the same in both. */
export function become(here: HTMLElement, there: HTMLElement): void {
  for (const one of [here, there]) tellTimes(one)
  const folds = [...here.querySelectorAll('details')]
  for (const fold of there.querySelectorAll('details')) {
    const before = folds.find((one) => titleOf(one) === titleOf(fold))
    if (before) fold.open = folds.splice(folds.indexOf(before), 1)[0]!.open
  }
  exchange(here, there)
}

function titleOf(fold: HTMLElement): string | undefined {
  return fold.querySelector('summary')?.textContent
}

function exchange(here: Element, there: Element): void {
  for (const { name, value } of there.attributes) here.setAttribute(name, value)
  let at = here.firstElementChild
  const drop = (until: Element | null) => {
    while (at && at !== until) {
      const next: Element | null = at.nextElementSibling
      at.remove()
      at = next
    }
  }
  // Those that are exchanged leave there.
  const wanted = [...there.children]
  for (const one of wanted) {
    let same = at
    while (same && !same.isEqualNode(one) && !isLasting(same, one)) same = same.nextElementSibling
    if (!same) {
      here.insertBefore(one, at)
      continue
    }
    drop(same)
    at = same.nextElementSibling
    if (!same.isEqualNode(one) && same.localName !== 'textarea') exchange(same, one)
  }
  drop(null)
}

function isLasting(one: Element, other: Element): boolean {
  return one.matches(lasting) && other.matches(lasting) && one.id === other.id && one.localName === other.localName
}
