import { drawMarkdown } from './markdown.ts'

/*
 * A page with Markdown in it waits for this module before it is shown, so that nothing in it moves.
 */

/** Lays out what is Markdown; until then, and without this module, it is text. */
export function layOut(page: Document): void {
  for (const text of page.querySelectorAll<HTMLElement>('[data-markdown]')) {
    text.removeAttribute('data-markdown')
    text.classList.add('markdown')
    drawMarkdown(text)
  }
}

layOut(document)
