import { csrf } from 'hono/csrf'
import { createMiddleware } from 'hono/factory'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { decideApproval } from '../any-approval/decide-approval.ts'
import { familyOf } from '../any-approval/family-of.ts'
import { selectLastSeq } from '../approvals/history.store.ts'
import { sha256 } from '../access/authenticate.ts'
import type { AppContext, AppEnv } from '../http/environment.ts'
import { pageHeaders } from '../http/page-headers.ts'
import { toRefusal } from '../http/problem.ts'
import { countAgainstAddress } from '../http/rate.ts'
import { createRouter } from '../http/router.ts'
import { Refusal } from '../refusal.ts'
import { refusals } from '../refusals.ts'
import { approvalPage } from './approval.page.tsx'
import { errorPage } from './error.page.tsx'
import { inboxPage } from './inbox.page.tsx'
import { askedFrom, nextWaiting, readInbox } from './inbox.ts'
import { endSession, openSession } from './sessions.ts'
import { readShown } from './shown-approval.ts'
import { signInPage, type Typed } from './sign-in.page.tsx'
import { dropSession, recognize, sessionSecret, setSession, signedIn, typedIn } from './signed-in.tsx'
import { say } from './wording.ts'

/** Scripts and styles are files of this origin; forms go nowhere else, and nobody frames a page. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; " +
  "base-uri 'none'; frame-ancestors 'none'"

/** The largest form: the details that one may edit, with room for the rest. In bytes. */
const largestForm = 1024 * 1024

/** The pages where people decide. A GET changes nothing. */
export const deskRoutes = createRouter()
for (const path of ['/', '/sign-in', '/sign-out', '/a/*', '/desk/news'])
  deskRoutes.use(path, pageHeaders(policy, 'same-origin'), csrf(), bounded())
for (const path of ['/', '/sign-out', '/a/*', '/desk/news']) deskRoutes.use(path, signedIn())
deskRoutes.onError(showError)

/** What somebody sees of how far the history goes: that it has moved on, not how far. */
const newsTag = async (token: string, seq: number) => (await sha256(`${token}:${seq}`)).slice(0, 16)

function bounded() {
  return createMiddleware<AppEnv>(async function bounded(c, next) {
    const length = Number(c.req.header('Content-Length') ?? 0)
    if (c.req.method === 'POST' && !(length <= largestForm)) throw new Refusal('body_too_large', say.refused.large!)
    await next()
  })
}

deskRoutes.get('/sign-in', async (c) => {
  const next = ownPath(c, c.req.query('next'))
  if (await recognize(c, sessionSecret(c))) return c.redirect(next)
  const demo = c.env.DEMO === 'on' ? c.req.query('demo') : undefined
  return c.html(signInPage({ next, ...(demo && { demo }) }))
})

deskRoutes.post('/sign-in', async (c) => {
  const form = await c.req.parseBody()
  const next = ownPath(c, form.next)
  const typed = Object.fromEntries(
    ['comment', 'details'].flatMap((name) => {
      const value = form[`typed.${name}`]
      return typeof value === 'string' ? [[name, value]] : []
    }),
  )
  try {
    const key = typeof form.key === 'string' ? form.key.trim() : ''
    const secret = await openSession(c.env, key, Date.now(), () => countAgainstAddress(c))
    setSession(c, secret)
    const id = /^\/a\/([^/?]+)/.exec(next)?.[1]
    const reader = id !== undefined && Object.keys(typed).length > 0 && (await recognize(c, secret))
    if (!reader) return c.redirect(next, 303)
    return await showApproval(c, decodeURIComponent(id), { typed })
  } catch (error) {
    const { code } = toRefusal(error)
    if (code !== 'unauthorized' && code !== 'forbidden') throw error
    const fault = say.refused[code === 'forbidden' ? 'bound' : code]!
    return c.html(signInPage({ next, fault, typed }), refusals[code][0] as ContentfulStatusCode)
  }
})

deskRoutes.post('/sign-out', async (c) => {
  await endSession(c.env, sessionSecret(c)!, Date.now())
  dropSession(c)
  return c.redirect('/sign-in', 303)
})

deskRoutes.get('/', async (c) => {
  const inbox = await readInbox(c.get('ctx'), askedFrom(c.req.query(), c.get('reader')!.groups))
  return c.html(inboxPage(c.get('reader')!, inbox, c.get('ctx').now))
})

deskRoutes.get('/a/:id', async (c) => showApproval(c, c.req.param('id')))

deskRoutes.post('/a/:id', async (c) => {
  const id = c.req.param('id')
  const form = await c.req.parseBody()
  try {
    return c.redirect(await decide(c, id, form), 303)
  } catch (error) {
    const refusal = toRefusal(error)
    const [status] = refusals[refusal.code]
    if (status >= 500 || refusal.code === 'not_found') throw error
    return await showApproval(c, id, { fault: said(refusal), typed: await typedIn(c) }, status as ContentfulStatusCode)
  }
})

/** Changes with whatever happens in the tenant: a page that is open asks for it now and then, and is renewed. */
deskRoutes.get('/desk/news', async (c) => {
  const ctx = c.get('ctx')
  const [last] = await ctx.db.run(selectLastSeq(ctx))
  return c.json({ news: await newsTag(c.get('reader')!.token, last?.seq ?? 0) })
})

/** Does what a form says. @returns where to go on */
async function decide(c: AppContext, id: string, form: Record<string, unknown>): Promise<string> {
  const ctx = c.get('ctx')
  const text = (name: string) => (typeof form[name] === 'string' && form[name].trim() !== '' ? form[name].trim() : null)
  const [vote, comment, digest, state] = [text('vote'), text('comment'), text('digest'), text('state')]
  const ifMatch = state === null ? null : [state]
  const { search } = new URL(c.req.url)
  if (vote === 'withdraw') {
    await familyOf(id).withdrawal?.(ctx, id, null)
    return `/a/${id}${search}`
  }
  if (vote !== 'approve' && vote !== 'reject') throw new Refusal('invalid_input', say.refused.forged!)
  if (vote === 'reject' && comment === null) throw new Refusal('invalid_input', say.refused.needsComment!)
  const decided = await decideApproval(ctx, id, { vote, comment, digest: digest ?? '', ifMatch })
  const next = await nextWaiting(ctx, c.get('reader')!.groups, decided)
  return next === null ? '/' : `/a/${next}`
}

async function showApproval(
  c: AppContext,
  id: string,
  returned: { fault?: string; typed?: Typed } = {},
  status: ContentfulStatusCode = 200,
) {
  const shown = await readShown(c.get('ctx'), id, askedFrom(c.req.query(), c.get('reader')!.groups))
  return c.html(approvalPage(c.get('reader')!, shown, returned), status)
}

/** Why something was refused, as one says it to a person. */
function said({ code, detail }: Refusal): string {
  return code === 'invalid_input' ? detail : (say.refused[code] ?? detail)
}

function showError(error: Error, c: AppContext) {
  const isForged = error instanceof HTTPException && error.status === 403
  const refusal = isForged ? new Refusal('forbidden', say.refused.forged!) : toRefusal(error)
  const [status, , , retryAfter] = refusals[refusal.code]
  c.set('refused', refusal.code)
  if (status >= 500) console.error({ message: 'a page failed', request_id: c.get('requestId'), error: String(error) })
  if (retryAfter !== undefined) c.header('Retry-After', String(retryAfter))
  const title = status === 404 ? say.errors.notFound : say.errors.title
  return c.html(errorPage(title, said(refusal), c.get('requestId'), c.get('reader')), status as ContentfulStatusCode)
}

/** A path of this origin; the inbox where it is none. */
function ownPath(c: AppContext, path: unknown): string {
  const { origin } = new URL(c.req.url)
  if (typeof path !== 'string' || !/^\/(?![/\\])/.test(path)) return '/'
  const url = URL.parse(path, origin)
  return url?.origin === origin ? url.pathname + url.search : '/'
}
