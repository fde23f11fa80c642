import { actingFor } from '../access/acting-for.ts'
import { amend } from '../approvals/amend.ts'
import { underPolicies } from '../approvals/book.ts'
import { open } from '../approvals/open.ts'
import type { Clock } from '../approvals/terms.ts'
import type { Ctx } from '../context.ts'
import { isDuplicate } from '../db/failures.ts'
import { hour } from '../durations.ts'
import { once } from '../idempotency/once.ts'
import { newId } from '../ids.ts'
import { Refusal } from '../refusal.ts'
import { parsed, whatIsRequested, type Standard } from './standard.ts'
import { insertRequest, selectByExternalRef, selectRequest, updateFacts } from './standard.store.ts'
import type { Request, RequestFacts } from './standard.store.ts'

/** What somebody asks for; `requester_id` only where it is for somebody else than the caller. */
export interface NewRequest extends RequestFacts, Pick<Request, 'title' | 'external_ref' | 'state'> {
  requester_id?: string | undefined
  /** How long the decision may take; null for any time. */
  expires_in_hours: number | null
  /** How long an approval may be redeemed. */
  redeem_within_hours: number
  restricted: boolean
}

/** @throws Refusal `actor_mismatch`, `duplicate_external_ref`, `idempotency_key_reused`, `policy_needs_member` */
export async function askRequest(ctx: Ctx, of: Standard, asked: NewRequest): Promise<Request> {
  const { requester_id, expires_in_hours, redeem_within_hours, restricted, ...facts } = asked
  const requester = actingFor(ctx.actor, requester_id, 'requester_id')
  const expires_at = expires_in_hours === null ? null : ctx.now + expires_in_hours * hour
  const opening = {
    id: newId(of.approvalId),
    title: asked.title,
    requester_id: requester,
    type: asked.type,
    subject: subjectOf(asked),
    what: whatIsRequested(asked),
    clock: clockOf({ expires_at }),
    restricted,
  }
  return underPolicies(ctx, [requester], async (book) => {
    const { approvals, statements } = await open(ctx, book, of, 'created', [opening])
    const request: Request = { ...approvals[0], ...facts, ...unredeemed, expires_at }
    try {
      return await once(ctx, request, [...statements, insertRequest(ctx, request, redeem_within_hours * hour)])
    } catch (error) {
      if (!isDuplicate(error, 'requests')) throw error
      throw await duplicate(ctx, of, request)
    }
  })
}

/** The refusal of a reference that another request has: names it only to whoever sees it. */
async function duplicate(ctx: Ctx, of: Standard, request: Parameters<typeof selectByExternalRef>[2]): Promise<Refusal> {
  const existing = await ctx.db.run(selectByExternalRef(ctx, of, request))
  const whose = existing[0] ? `that of ${existing[0].request_id}` : 'taken'
  const detail = `external_ref ${JSON.stringify(request.external_ref)} is ${whose}.`
  return new Refusal('duplicate_external_ref', detail, { existing })
}

function clockOf({ expires_at }: Pick<Request, 'expires_at'>): Clock | null {
  return expires_at === null ? null : { due_at: expires_at, on_due: 'expire' }
}

/** What a new request does not have yet. */
const unredeemed = {
  approved_details: null,
  redeem_by: null,
  ended: null,
  ended_at: null,
  ended_by: null,
  end_comment: null,
  outcome: null,
  result: null,
  error: null,
  reported_at: null,
} as const

function subjectOf({ subject }: RequestFacts) {
  return parsed(subject) as { type: string; id: string } | null
}

/**
 * The requester asks something else instead; what is not given stays. Policies may make it restricted or not, and its
 * reference has to differ from others' then.
 *
 * @throws Refusal as `amend`; `duplicate_external_ref`
 */
export async function amendRequest(
  ctx: Ctx,
  of: Standard,
  id: string,
  changes: Partial<Omit<RequestFacts, 'type'> & { title: string }>,
  ifMatch: readonly string[] | null,
): Promise<Request> {
  let before: Request | undefined
  const amendment = (request: Request) => {
    before = request
    const next = { ...request, ...changes }
    const { title } = next
    const effect = (mark: Parameters<typeof updateFacts>[2]) => [updateFacts(ctx, next, mark)]
    return { title, subject: subjectOf(next), what: whatIsRequested(next), clock: clockOf(request), effect }
  }
  try {
    return await amend(ctx, { id, ...of, ifMatch, view: selectRequest(ctx, of, id) }, amendment)
  } catch (error) {
    if (!before || !isDuplicate(error, 'requests')) throw error
    throw await duplicate(ctx, of, { ...before, restricted: before.restricted ? 0 : 1 })
  }
}
