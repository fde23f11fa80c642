import { html } from 'hono/html'
import type { Html, ProsePage } from './guide.ts'

/** The pages that every page leads to, in reading order. */
type Contents = readonly Pick<ProsePage, 'slug' | 'title'>[]

/** A whole page: the way to all others, and what it says. */
export function layout(contents: Contents, { slug, title, body }: { slug: string; title: string; body: Html }) {
  const link = (to: string, text: string, is: boolean) =>
    html`<li><a href="${to}" ${is ? 'aria-current=page' : ''}>${text}</a></li>`
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · Countersign</title>
        <link rel="icon" href="data:," />
        ${slug === '' ? html`<link rel="stylesheet" href="/docs/assets/swagger-ui.css" />` : ''}
        <link rel="stylesheet" href="/docs/assets/page.css" />
      </head>
      <body>
        <a class="skip" href="#content">To the content</a>
        <header>
          <a class="name" href="/docs/quick-start">Countersign</a>
          <nav aria-label="Documentation">
            <ul>
              ${contents.map((page) => link(`/docs/${page.slug}`, page.title, page.slug === slug))}
              ${link('/docs', 'API reference', slug === '')}
            </ul>
          </nav>
        </header>
        ${body}
      </body>
    </html>`
}

/** What a page of prose says. */
export function prose(title: string, lead: string, body: Html, after?: Html) {
  return html`<main id="content" class="prose">
    <h1>${title}</h1>
    ${lead === '' ? '' : html`<p class="lead">${lead}</p>`} ${body} ${after ?? ''}
  </main>`
}

/** Commands for a shell, or any other text to be shown as it stands; its comments stand back. */
export function code(text: string, kind: 'sh' | 'json' | 'js' | 'text' = 'sh') {
  const comment = kind === 'js' ? /^\s*\/\// : kind === 'sh' ? /^\s*#/ : /^\b$/
  const lines = text.trim().split('\n')
  return html`<pre class="${kind}" tabindex="0"><code>${lines.map((line, index) => {
    const end = index < lines.length - 1 ? '\n' : ''
    return comment.test(line) ? html`<i>${line}</i>${end}` : `${line}${end}`
  })}</code></pre>`
}

/** Text in which backticks mark code. */
export function withCode(text: string) {
  return html`${text.split('`').map((part, index) => (index % 2 === 0 ? part : html`<code>${part}</code>`))}`
}
