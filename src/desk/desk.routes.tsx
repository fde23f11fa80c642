import { csrf } from 'hono/csrf'
import { createMiddleware } from 'hono/factory'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { comment as commentSchema } from '../comment.schemas.ts'
import { decideApproval } from '../any-approval/decide-approval.ts'
import { familyOf } from '../any-approval/family-of.ts'
import { selectLastSeq } from '../approvals/history.store.ts'
import { sha256 } from '../sha256.ts'
import type { AppContext, AppEnv } from '../http/environment.ts'
import { pageHeaders } from '../http/page-headers.ts'
import { toRefusal } from '../http/problem.ts'
import { halfCharacter } from '../http/input.ts'
import { readMember } from '../http/raw-json.ts'
import { createPlainRouter } from '../http/router.ts'
import { Refusal } from '../refusal.ts'
import { refusals } from '../refusals.ts'
import { policy, said, showApproval, showError } from './answers.tsx'
import { inboxPage } from './inbox.page.tsx'
import type { InboxRow } from './inbox.store.ts'
import { askedFrom, nextWaiting, readInbox } from './inbox.ts'
import { signInRoutes } from './sign-in.routes.tsx'
import { signedIn, typedIn } from './signed-in.tsx'
import { say } from './wording.ts'

/** The largest form: the details that one may edit, with room for the rest. In bytes. */
const largestForm = 1024 * 1024

/** The pages where people decide. A GET changes nothing. */
export const deskRoutes = createPlainRouter()
for (const path of ['/', '/sign-in/*', '/sign-out', '/a/*', '/desk/news'])
  deskRoutes.use(path, pageHeaders(policy, 'same-origin'), csrf(), bounded())
for (const path of ['/', '/sign-out', '/a/*', '/desk/news']) deskRoutes.use(path, signedIn())
deskRoutes.onError(showError)
deskRoutes.route('/', signInRoutes)

/** What somebody sees of how far the history goes: that it has moved on, not how far. */
const newsTag = async (token: string, seq: number) => (await sha256(`${token}:${seq}`)).slice(0, 16)

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
  if (comment !== null && !commentSchema.safeParse(comment).success) {
    throw new Refusal('invalid_input', say.refused.longComment!)
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
  if (vote === 'reject' && comment === null) throw new Refusal('invalid_input', say.refused.needsComment!)
  return leadOn(c, await decideApproval(ctx, id, { vote, comment, digest: digest ?? '', ifMatch }))
}

/** What waits next. */
async function leadOn(c: AppContext, decided: Pick<InboxRow, 'id' | 'due_at'>): Promise<string> {
  const next = await nextWaiting(c.get('ctx'), c.get('reader')!.groups, decided)
  return next === null ? `/?last=${encodeURIComponent(decided.id)}` : `/a/${next}`
}

/** Details as somebody has typed them, as the API would keep them: JSON text. @throws Refusal `invalid_input` */
function editedDetails(typed: string | null): string {
  const refused = (why: string) => new Refusal('invalid_input', why)
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
