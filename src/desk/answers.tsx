import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { tryDecodeURIComponent } from 'hono/utils/url'
import type { AppContext } from '../http/environment.ts'
import { toRefusal } from '../http/problem.ts'
import { Refusal } from '../refusal.ts'
import { refusals } from '../refusals.ts'
import { approvalPage, type Returned } from './approval.page.tsx'
import { errorPage } from './error.page.tsx'
import { askedFrom } from './inbox.ts'
import { readShown } from './shown-approval.ts'
import { typedIn } from './signed-in.tsx'
import { say } from './wording.ts'

/** Scripts and styles are files of this origin; forms go nowhere else, and nobody frames a page. */
export const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; " +
  "base-uri 'none'; frame-ancestors 'none'"

/** The page of an approval, beside the list that the query asks for. @throws Refusal `not_found` */
export async function showApproval(
  c: AppContext,
  id: string,
  returned: Returned = {},
  status: ContentfulStatusCode = 200,
  query = c.req.query(),
) {
  const shown = await readShown(c.get('ctx'), id, askedFrom(query, c.get('reader')!.groups))
  return c.html(approvalPage(c.get('reader')!, shown, returned), status)
}

/** Why something was refused, as one says it to a person. */
export function said({ code, detail }: Refusal): string {
  return code === 'invalid_input' ? detail : (say.refused[code] ?? detail)
}

/** The page for whatever was thrown. Where a form was not taken, it is there again, with everything that was typed. */
export async function showError(error: Error, c: AppContext): Promise<Response> {
  const isForged = error instanceof HTTPException && error.status === 403
  const refusal = isForged ? new Refusal('forbidden', say.refused.forged!) : toRefusal(error)
  const [status, , , retryAfter] = refusals[refusal.code]
  c.set('refused', refusal.code)
  if (status >= 500) console.error({ message: 'a page failed', request_id: c.get('requestId'), error: String(error) })
  if (retryAfter !== undefined) c.header('Retry-After', String(retryAfter))
  const id = approvalAt(c.req.path)
  if (status === 403 && !isForged && c.req.method === 'POST' && id !== undefined && c.get('reader')) {
    const again = { fault: said(refusal), typed: await typedIn(c) }
    const shown = await showApproval(c, id, again, status).catch(() => null)
    if (shown) return shown
  }
  const title = status === 404 ? say.errors.notFound : say.errors.title
  return c.html(errorPage(title, said(refusal), c.get('requestId'), c.get('reader')), status as ContentfulStatusCode)
}

/** The id of the approval whose page a path leads to. */
export function approvalAt(path: string): string | undefined {
  const id = /^\/a\/([^/?]+)/.exec(path)?.[1]
  return id && tryDecodeURIComponent(id)
}

/** A path of this origin; the inbox where it is none. */
export function ownPath(c: AppContext, path: unknown): string {
  const { origin } = new URL(c.req.url)
  const url = typeof path === 'string' && path.startsWith('/') ? URL.parse(path, origin) : null
  if (url?.origin !== origin) return '/'
  // Without its dots a path may begin with two slashes, which lead to another host (RFC 3986, 5.2.4 and 4.2).
  return url.pathname.replace(/^\/+/, '/') + url.search
}
