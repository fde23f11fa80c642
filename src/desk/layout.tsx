import { html, raw } from 'hono/html'
import type { FC, PropsWithChildren } from 'hono/jsx'
import type { View } from './inbox.ts'
import { visibleText } from './parts.tsx'
import { say } from './wording.ts'

/** Whose page it is, and what goes into its forms. */
export interface Reader {
  name: string
  /** Tells them from all others, whatever session they have. */
  id: string
  token: string
  /** Whom they belong to, by their ids. */
  groups: readonly string[]
}

interface Framed {
  title: string
  reader?: Reader
  view?: View
  /** How many wait, as it is shown. */
  count?: string
}

/** A whole page. */
export function page(framed: PropsWithChildren<Framed>) {
  const { title } = framed
  // A page with Markdown waits for what lays it out: shown before, it would move.
  const content = (<>{framed.children}</>).toString()
  return html`<!doctype html>${(
      <html lang={say.lang}>
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>{`${visibleText(title)} · ${say.name}`}</title>
          <link rel="icon" href="data:," />
          <link rel="stylesheet" href="/desk/desk.css" />
          {content.includes('data-markdown') && (
            <script type="module" blocking="render" src="/desk/lay-out.js"></script>
          )}
          <script type="module" src="/desk/desk.js"></script>
        </head>
        <body>
          <a class="skip" href="#content">
            {say.skip}
          </a>
          <Header {...framed} />
          {raw(content)}
        </body>
      </html>
    )}`
}

const Header: FC<Framed> = ({ reader, view, count }) => (
  <header class="top">
    <a class="name" href="/">
      {say.name}
    </a>
    {reader && (
      <nav aria-label={say.name}>
        <ul>
          {(Object.keys(say.views) as View[]).map((one) => (
            <li>
              <a href={one === 'waiting' ? '/' : `/?view=${one}`} aria-current={one === view ? 'page' : undefined}>
                {say.views[one]}
                {one === 'waiting' && count !== undefined && <span class="count" id="count">{` ${count}`}</span>}
              </a>
            </li>
          ))}
        </ul>
      </nav>
    )}
    <div class="who">
      {reader && (
        <button type="button" class="plain" id="show-keys" hidden>
          {say.keys}
        </button>
      )}
      <a class="quiet" href="/docs/quick-start">
        {say.docs}
      </a>
      {reader && (
        <form method="post" action="/sign-out" data-reader={reader.id}>
          <input type="hidden" name="token" value={reader.token} />
          <bdi class="me">{visibleText(reader.name)}</bdi>
          <button class="plain">{say.signOut}</button>
        </form>
      )}
    </div>
  </header>
)
