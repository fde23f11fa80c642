import type { MiddlewareHandler } from 'hono'
import { csrf } from 'hono/csrf'
import { createMiddleware } from 'hono/factory'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { comment as commentSchema } from '../comment.schemas.ts'
import { decideApproval } from '../any-approval/decide-approval.ts'
import { familyOf } from '../any-approval/family-of.ts'
import { selectLastSeq } from '../approvals/history.store.ts'
import { sha256 } from '../sha256.ts'
import { saysSomething } from '../unseen.ts'
import type { AppContext, AppEnv } from '../http/environment.ts'
import { pageHeaders } from '../http/page-headers.ts'
import { toRefusal } from '../http/problem.ts'
import { halfCharacter } from '../http/input.ts'
import { readMember } from '../http/raw-json.ts'
import { createPlainRouter } from '../http/router.ts'
import { Refusal } from '../refusal.ts'
import { refusals } from '../refusals.ts'
import { policy, said, showApproval, showError } from './answers.tsx'
import type { Returned } from './approval.page.tsx'
import { editOf } from './decide-form.tsx'
import { inboxPage, queryOf } from './inbox.page.tsx'
import type { InboxRow } from './inbox.store.ts'
import { askedFrom, nextWaiting, readInbox, type Asked } from './inbox.ts'
import { readShown } from './shown-approval.ts'
import { signInRoutes } from './sign-in.routes.tsx'
import { signedIn, typedIn } from './signed-in.tsx'
import { say } from './wording.ts'

/** The largest form: the details that one may edit, with room for the rest. In bytes. */
const largestForm = 1024 * 1024

/** The pages where people decide. A GET changes nothing. */
export const deskRoutes = createPlainRouter()
for (const path of ['/', '/sign-in/*', '/sign-out', '/a/*', '/desk/news'])
  deskRoutes.use(path, ...[pageHeaders(policy, 'same-origin'), csrf(), bounded()].map(ofPages))
for (const path of ['/', '/sign-out', '/a/*', '/desk/news']) deskRoutes.use(path, ofPages(signedIn()))
deskRoutes.onError(showError)
deskRoutes.route('/', signInRoutes)

/** What somebody sees of how far the history goes: that it has moved on, not how far. */
const newsTag = async (token: string, seq: number) => (await sha256(`${token}:${seq}`)).slice(0, 16)

/** What pages and forms pass; any other method is answered as everywhere, by which ones the path takes. */
function ofPages(middleware: MiddlewareHandler<AppEnv>) {
  return createMiddleware<AppEnv>(function ofPages(c, next) {
    return ['GET', 'HEAD', 'POST'].includes(c.req.method) ? middleware(c, next) : next()
  })
}

function bounded() {
  return createMiddleware<AppEnv>(async function bounded(c, next) {
    const length = Number(c.req.header('Content-Length') ?? 0)
    if (c.req.method === 'POST' && !(length <= largestForm)) throw new Refusal('body_too_large', say.refused.large!)
    await next()
  })
}

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
    const field = refusal.members.field as Returned['field']
    const again = { fault: said(refusal), typed: await typedIn(c), ...(field && { field }) }
    return await showApproval(c, id, again, status as ContentfulStatusCode)
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
  // A browser ends the lines of a form with CRLF.
  const text = (name: string) =>
    typeof form[name] === 'string' && saysSomething(form[name]) ? form[name].replaceAll('\r\n', '\n').trim() : null
  const [vote, comment, digest, state] = [text('vote'), text('comment'), text('digest'), text('state')]
  if (comment !== null && !commentSchema.safeParse(comment).success) {
    throw new Refusal('invalid_input', say.refused.longComment!, { field: 'comment' })
  }
  const ifMatch = state === null ? null : [state]
  const { search } = new URL(c.req.url)
  if (vote === 'withdraw') {
    await familyOf(id).withdrawal?.(ctx, id, null, digest ?? '')
    return `/a/${id}${search}`
  }
  if (vote === 'approve_edited') {
    const ballot = { vote: 'approve', comment, digest: digest ?? '', ifMatch } as const
    const { approveEdited } = familyOf(id)
    if (!approveEdited) throw new Refusal('edit_not_allowed', say.refused.edit_not_allowed!)
    return leadOn(c, await approveEdited(ctx, id, ballot, editedDetails(text('details'))))
  }
  if (vote !== 'approve' && vote !== 'reject') throw new Refusal('invalid_input', say.refused.forged!)
  if (vote === 'reject' && comment === null) {
    throw new Refusal('invalid_input', say.refused.needsComment!, { field: 'comment' })
  }
  if (vote === 'approve') await refuseEdited(c, id, text('details'))
  return leadOn(c, await decideApproval(ctx, id, { vote, comment, digest: digest ?? '', ifMatch }))
}

/** Whoever has changed the details does not mean those that were asked. @throws Refusal `invalid_input` */
async function refuseEdited(c: AppContext, id: string, details: string | null): Promise<void> {
  if (details === null) return
  const { family, shown } = await readShown(c.get('ctx'), id, askedFrom({}, []))
  if (editOf(family, shown, { typed: { details: details.replaceAll('\r\n', '\n') } }) === undefined) return
  throw new Refusal('invalid_input', say.editedNow, { field: 'details' })
}

/** What waits next, in the part of what waits that they were going through. */
async function leadOn(c: AppContext, decided: Pick<InboxRow, 'id' | 'due_at'>): Promise<string> {
  const { groups } = c.get('reader')!
  const asked = askedFrom(c.req.query(), groups)
  const part: Asked = asked.view === 'waiting' ? { ...asked, cursor: undefined } : { view: 'waiting', groups }
  const next = await nextWaiting(c.get('ctx'), part, decided)
  if (next !== null) return `/a/${next}${queryOf(part)}`
  const query = queryOf(part)
  return `/${query}${query === '' ? '?' : '&'}last=${encodeURIComponent(decided.id)}`
}

/** Details as somebody has typed them, as the API would keep them: JSON text. @throws Refusal `invalid_input` */
function editedDetails(typed: string | null): string {
  const refused = (why: string) => new Refusal('invalid_input', why, { field: 'details' })
  if (typed === null) throw refused(say.refused.details!)
  try {
    const details: unknown = JSON.parse(typed)
    if (typeof details !== 'object' || details === null || Array.isArray(details)) throw new Error('no object')
  } catch {
    throw refused(say.refused.details!)
  }
  const read = readMember(`{"details":${typed}}`, { member: 'details', isUnique: true, isExact: true })
  const faults = [...read.faults, ...halfCharacter(typed)]
  if (faults.length > 0) throw refused(faults.map(({ pointer, message }) => `${pointer} ${message}`.trim()).join('; '))
  return JSON.stringify(JSON.parse(typed))
}
