import { z } from '@hono/zod-openapi'
import { render as renderApproval } from '../any-approval/any-approval.routes.ts'
import { anyApprovalSchema } from '../any-approval/any-approval.schemas.ts'
import { getPerson } from '../access/people.ts'
import { awaitDecision } from '../any-approval/await-decision.ts'
import { decisionOf } from '../any-approval/decision.ts'
import { render as renderDecision } from '../any-approval/decision.routes.ts'
import { decisionSchema } from '../any-approval/decision.schemas.ts'
import { explainApproval } from '../any-approval/explain.ts'
import { render as renderExplanation } from '../any-approval/explain.routes.ts'
import { explanationSchema } from '../any-approval/explain.schemas.ts'
import { getApproval } from '../any-approval/read-approval.ts'
import type { Ctx } from '../context.ts'
import { inboxCursor, readInbox } from '../desk/inbox.ts'
import { digest } from '../digest.schemas.ts'
import { kinds } from '../families.ts'
import { boundKey, idempotencyKey } from '../http/idempotency.ts'
import { cursorQuery, cursorRequest, writeCursor } from '../http/pagination.ts'
import type { Kept } from '../http/raw-json.ts'
import { iso } from '../http/time.ts'
import { id } from '../id.schemas.ts'
import { next } from '../page.schemas.ts'
import { Refusal } from '../refusal.ts'
import { requestKind } from '../requests/request-kind.ts'
import { requestSchemas } from '../requests/requests.schemas.ts'
import { askRequest } from '../standard/ask.ts'
import { withdrawRequest } from '../standard/decide.ts'
import { approvedOf, detailsFrom, keepsDetails, render as renderRequest, shown } from '../standard/face.routes.ts'
import { listRequests } from '../standard/read.ts'
import { redeemRequest, reportOutcome } from '../standard/redeem.ts'
import { keepsResult } from '../standard/redemption.routes.ts'
import { status } from '../status.schemas.ts'
import { time } from '../time.schemas.ts'
import { type } from '../type.schemas.ts'

/** What a tool answers: a sentence for the model, and the same as data. */
export interface Answer {
  text: string
  structured: Record<string, unknown>
  /** Where a person decides what the model waits for. */
  waitsAt?: string
}

/** A tool as the protocol shows it. */
export interface Tool<I extends z.ZodObject = z.ZodObject> {
  name: string
  title: string
  description: string
  input: I
  output: z.ZodObject
  readOnly: boolean
  /** Whether the same call again changes nothing more. */
  idempotent: boolean
  /** The argument that is kept as it was sent. */
  keeps?: Kept
  /**
   * @param kept the text of that argument, where it was sent
   * @throws Refusal as the operation of the API that calls the same verb
   */
  run(ctx: ToolCtx, given: z.output<I>, kept?: string): Promise<Answer>
}

/** What a tool may use; `origin` is where people find the service. */
export type ToolCtx = Ctx & { origin: string }

function tool<I extends z.ZodObject>(declared: Tool<I>): Tool {
  return declared as unknown as Tool
}

const changes = { readOnly: false, idempotent: false } as const
const again = { readOnly: false, idempotent: true } as const
const reads = { readOnly: true, idempotent: true } as const

const linkOf = ({ origin }: ToolCtx, id: string) => `${origin}/a/${encodeURIComponent(id)}`
const url = z.url().openapi({ description: 'The page where a person decides it.' })
const asked = requestSchemas.one.extend({ url })
const waiting = z.object({
  id: z.string(),
  kind: z.enum(kinds),
  title: z.string(),
  requester: z.string(),
  created_at: time,
  due_at: time.nullable(),
  url,
})
const about = z.strictObject({
  id: id.openapi({ description: 'The id of the approval, as request_approval returns it.' }),
})

/** The tools, in the order in which an agent uses them. None of them decides. */
export const tools: readonly Tool[] = [
  tool({
    name: 'request_approval',
    title: 'Ask for an approval',
    description:
      'Asks a person for a yes to exactly these details. Keep `id`; show `url` to the person. With an ' +
      '`external_ref` of your own the same thing is never asked twice.',
    input: requestSchemas.created,
    output: asked,
    ...changes,
    keeps: keepsDetails,
    async run(ctx, given, kept) {
      const details = detailsFrom(kept) ?? null
      const subject = given.subject === null ? null : JSON.stringify(given.subject)
      const asked = await askRequest(ctx, requestKind, { ...given, details, subject })
      const text = `Asked as ${asked.id}. A person decides it at ${linkOf(ctx, asked.id)}`
      return { text, structured: { ...read(renderRequest(asked, ctx)), url: linkOf(ctx, asked.id) } }
    },
  }),
  tool({
    name: 'wait_for_decision',
    title: 'Wait for the decision',
    description: 'Answers when it is decided, or with `pending` after `seconds`: then wait again, or tell the person.',
    input: about.extend({ seconds: z.int().min(0).max(50).default(25) }),
    output: decisionSchema.extend({ url }),
    ...reads,
    async run(ctx, { id, seconds }) {
      const { bookmark: _, ...seen } = await awaitDecision(ctx, id, seconds)
      const decision = renderDecision(seen, decisionOf(seen.row, seen.now))
      const link = linkOf(ctx, id)
      const structured = { ...decision, url: link }
      if (decision.status === 'pending')
        return { text: `${id} waits for a person at ${link}`, structured, waitsAt: link }
      const why = decision.reason === null ? '' : ` ${decision.reason}`
      return { text: `${id} is ${decision.status}.${why}`, structured }
    },
  }),
  tool({
    name: 'redeem_approval',
    title: 'Redeem an approval',
    description:
      'Call this right before you do what was approved; it succeeds once. Then do exactly what the returned `details` say. ' +
      'With an `idempotency_key` of your own, a new one for each time that you act, you can ask again if the answer was lost.',
    input: about.extend({
      digest: digest.openapi({ description: 'The `approved_digest` that wait_for_decision has returned.' }),
      idempotency_key: idempotencyKey.optional(),
    }),
    output: requestSchemas.redeemed,
    ...changes,
    async run(ctx, given) {
      const { idempotency_key: key } = given
      const idempotency =
        key === undefined ? null : await boundKey(key, ctx.actor, `/mcp/redeem/${given.id}`, given.digest)
      const redeemed = await redeemRequest({ ...ctx, idempotency }, requestKind, given.id, given.digest)
      const { id, ended_at } = redeemed
      const { digest, details } = approvedOf(redeemed)
      const structured = { id, digest, redeemed_at: iso(ended_at), details: details === null ? null : read(details) }
      return { text: `${id} is yours to carry out, exactly as its details say, once.`, structured }
    },
  }),
  tool({
    name: 'report_outcome',
    title: 'Report how it went',
    description: 'Call this once, after redeem_approval, as the same user.',
    input: requestSchemas.report.extend(about.shape),
    output: requestSchemas.one,
    ...again,
    keeps: keepsResult,
    async run(ctx, { id, outcome, error = null }, kept) {
      const said = { outcome, error, result: kept ?? null }
      const reported = await reportOutcome(ctx, requestKind, id, said)
      return { text: `${id} is reported to have ${outcome}.`, structured: read(renderRequest(reported, ctx)) }
    },
  }),
  tool({
    name: 'withdraw_request',
    title: 'Withdraw a request',
    description: 'Takes back what you asked for, as long as nobody has decided.',
    input: about,
    output: requestSchemas.one,
    ...again,
    async run(ctx, { id }) {
      const withdrawn = await withdrawRequest(ctx, requestKind, id, null)
      return { text: `${id} is withdrawn.`, structured: read(renderRequest(withdrawn, ctx)) }
    },
  }),
  tool({
    name: 'list_my_requests',
    title: 'List what you have asked for',
    description: 'Newest first; `cursor` takes `next` from the previous page.',
    input: z.strictObject({
      status: status.optional(),
      type: type.optional(),
      limit: z.int().min(1).max(100).default(20),
      cursor: cursorQuery(20).cursor,
    }),
    output: z.object({ data: requestSchemas.list.shape.data, next }),
    ...reads,
    async run(ctx, { status, type, ...query }) {
      const filter = { requesterId: ctx.actor.userId, status, type }
      const { rows, next } = await listRequests(ctx, requestKind, filter, cursorRequest(query, 20))
      const data = rows.map((row) => shown(row, ctx.now))
      const more = next === null ? '' : ', and there are more'
      return {
        text: `${data.length} ${data.length === 1 ? 'request' : 'requests'}${more}.`,
        structured: { data, next: next && writeCursor(next) },
      }
    },
  }),
  tool({
    name: 'get_approval',
    title: 'Read an approval',
    description: 'An approval of any kind: what is asked, who has voted, and what is still needed.',
    input: about,
    output: anyApprovalSchema,
    ...reads,
    async run(ctx, { id }) {
      const approval = renderApproval(await getApproval(ctx, id), ctx.now, ctx.origin)
      return { text: `${id} is ${approval.status}.`, structured: approval }
    },
  }),
  tool({
    name: 'list_waiting_for_me',
    title: 'List what waits for you',
    description:
      'What the person whose key this is could decide now, of any kind, nearest to its end first. They decide it at `url`.',
    input: z.strictObject({
      kind: z.enum(kinds).optional(),
      cursor: z.string().regex(inboxCursor, 'must be `next` from the previous page').optional(),
    }),
    output: z.object({ data: z.array(waiting), next }),
    ...reads,
    async run(ctx, { kind, cursor }) {
      const { actor } = ctx
      if (actor.instanceId !== null) throw new Refusal('forbidden', 'A key that is bound to an instance cannot vote.')
      const { groups } = await getPerson(ctx, actor.userId)
      const { rows, next } = await readInbox(ctx, { view: 'waiting', kind, groups: JSON.parse(groups), cursor })
      const data = rows.map(({ id, kind, title, requester_id, created_at, due_at }) => {
        const times = { created_at: iso(created_at), due_at: iso(due_at) }
        return { id, kind, title, requester: requester_id, ...times, url: linkOf(ctx, id) }
      })
      return {
        text: waitingText(data.length, next !== null, actor.name),
        structured: { data, next },
      }
    },
  }),
  tool({
    name: 'explain_approval',
    title: 'Explain an approval',
    description: 'Why it stands where it does: what it still needs, stage by stage, and what you may do about it.',
    input: about,
    output: explanationSchema,
    ...reads,
    async run(ctx, { id }) {
      const explanation = renderExplanation(await explainApproval(ctx, id), ctx.now)
      const open = explanation.stages.flatMap(({ status, all }) => (status === 'open' ? all : []))
      const missing = open.reduce((sum, { missing }) => sum + missing, 0)
      const still = explanation.status === 'pending' ? `, and still takes ${missing} in its open stage` : ''
      return { text: `${id} is ${explanation.status}${still}.`, structured: explanation }
    },
  }),
]

function waitingText(count: number, isMore: boolean, name: string): string {
  if (count === 0) return `Nothing is waiting for ${name}.`
  return `${count}${isMore ? ' and more' : ''} ${count === 1 && !isMore ? 'is' : 'are'} waiting for ${name}.`
}

function read(json: string): Record<string, unknown> {
  return JSON.parse(json) as Record<string, unknown>
}
