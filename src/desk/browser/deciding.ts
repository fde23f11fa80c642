import { say } from '../wording.ts'
import { button } from './notes.ts'
import { putBack, typedIn } from './typing.ts'
import { heldBack } from './undo.ts'

/**
 * For how long what has come by itself, into the place of what was decided, is not decided: the click was meant for
 * what was there before. In milliseconds.
 */
const unseenMs = 500

let cameAt = -unseenMs

/** Another one is in its place. @param byItself whether nobody has asked for this very one */
export function came(byItself: boolean): void {
  cameAt = byItself ? performance.now() : -unseenMs
}

/** Whether a decision comes too early to be about what is there now. */
export function isHasty(): boolean {
  return performance.now() - cameAt < unseenMs
}

/**
 * Lets the form decide only what its reader has seen and means, and says where the buttons are what keeps it from that.
 *
 * @param showAmended shows what is asked now, where that is not what they see
 */
export function mind(article: HTMLElement | null, showAmended: (() => void) | undefined): void {
  const form = article?.querySelector<HTMLFormElement>('#decide')
  const details = form?.querySelector<HTMLTextAreaElement>('#details')
  const isEdited = form !== null && form !== undefined && typedIn(form).some(([name]) => name === 'details')
  const focused = document.activeElement
  for (const one of form?.querySelectorAll<HTMLButtonElement>('button[name=vote]') ?? [])
    one.disabled = showAmended !== undefined || heldBack(article!.dataset.id!) || (isEdited && one.value === 'approve')
  const place = form?.querySelector('.buttons')
  if (showAmended) hold(article!, place, say.amended, button(say.showAmended, showAmended), focused)
  else if (details && isEdited) {
    const back = () => {
      putBack(details)
      mind(article, showAmended)
      details.focus()
    }
    hold(article!, place, say.editedNow, button(say.putBack, back), focused)
  } else article?.querySelector('.hold')?.remove()
}

/** Says why, once; whoever was on a button that is none now is on the one that helps. */
function hold(
  article: HTMLElement,
  place: Element | null | undefined,
  why: string,
  way: HTMLButtonElement,
  focused: Element | null,
): void {
  const before = article.querySelector<HTMLElement>('.hold')
  if (before?.dataset.why === why) return
  before?.remove()
  const line = document.createElement('p')
  line.className = 'hold notice'
  line.dataset.why = why
  line.setAttribute('role', 'status')
  if (place) place.prepend(line)
  else article.querySelector('.line')?.after(line)
  // What is said in a place that is there already is heard.
  setTimeout(() => {
    line.append(why, ' ', way)
    if (focused?.matches('#decide button:disabled')) way.focus()
  })
}

/** A rejection needs a comment: leads there, and says so. */
export function missComment(form: HTMLFormElement): void {
  const field = form.querySelector<HTMLTextAreaElement>('#comment')!
  if (!form.querySelector('#comment-fault')) {
    const fault = document.createElement('p')
    fault.id = 'comment-fault'
    fault.className = 'fault'
    fault.setAttribute('role', 'alert')
    fault.textContent = say.refused.needsComment!
    field.before(fault)
  }
  field.setAttribute('aria-invalid', 'true')
  field.setAttribute('aria-describedby', 'comment-fault comment-hint')
  field.focus()
}

/** Nothing is missing any more where somebody types. */
export function unmiss(field: Element): void {
  field.removeAttribute('aria-invalid')
  if (!document.querySelector('#comment-fault')) return
  document.querySelector('#comment-fault')!.remove()
  field.setAttribute('aria-describedby', 'comment-hint')
}
