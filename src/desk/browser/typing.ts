import { say } from '../wording.ts'
import { keepTyped, takeTyped, type Fields } from './unsent.ts'

/* What somebody types into the form of an approval: it is kept wherever they go from there, until they come back. */

function fieldsOf(form: ParentNode): HTMLTextAreaElement[] {
  return [...form.querySelectorAll<HTMLTextAreaElement>('textarea')]
}

/** What a field has that nobody has typed into. */
function originalOf({ name, dataset, defaultValue }: HTMLTextAreaElement): string {
  return name === 'details' ? (dataset.asked ?? defaultValue) : ''
}

/** What somebody has made of the fields of a form. */
export function typedIn(form: ParentNode): Fields {
  return fieldsOf(form).flatMap((field) => (field.value === originalOf(field) ? [] : [[field.name, field.value]]))
}

/** Makes of the details again what is asked. */
export function putBack(details: HTMLTextAreaElement): void {
  details.value = originalOf(details)
}

export function keepDraft(article: HTMLElement): void {
  const form = article.querySelector('#decide, #retired')
  if (form) keepTyped(article.dataset.id!, typedIn(form))
}

/** Puts it back; where it cannot be sent any more, as a text to read. */
export function restoreDraft(article: HTMLElement): void {
  const typed = takeTyped(article.dataset.id!)
  const fields = fieldsOf(article)
  for (const [name, value] of typed) {
    const field = fields.find((one) => one.name === name)
    if (!field) continue
    field.value = value
    const fold = field.closest('details')
    if (fold && value !== originalOf(field)) fold.open = true
  }
  const left = typed.filter(([name, value]) => value !== '' && fields.every((one) => one.name !== name))
  // Whoever has decided it has sent what they typed.
  if (left.length === 0 || article.dataset.did !== undefined || article.querySelector('.kept')) return
  const kept = document.createElement('section')
  kept.className = 'kept'
  kept.append(said(say.typed))
  for (const [, value] of left) {
    const text = document.createElement('p')
    text.className = 'text'
    text.textContent = value
    kept.append(text)
  }
  article.querySelector('.line')?.after(kept)
}

/** Makes of a form that nothing can be sent by any more the place where what was typed is, and may be typed on. */
export function retire(form: HTMLFormElement): void {
  if (typedIn(form).every(([name]) => name !== 'details')) form.querySelector('.edit')?.remove()
  for (const one of form.querySelectorAll('.buttons, [name=vote], [type=hidden], .quiet, .fault')) one.remove()
  form.id = 'retired'
  form.className = 'kept'
  form.removeAttribute('action')
  form.addEventListener('submit', (event) => event.preventDefault())
  form.prepend(said(say.typed))
}

function said(text: string): HTMLElement {
  const line = document.createElement('p')
  line.className = 'quiet'
  line.textContent = text
  return line
}
