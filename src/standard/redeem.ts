import { tagOf } from '../approvals/approval.ts'
import { changedMeanwhile } from '../approvals/decide.ts'
import { notAsSeen } from '../approvals/rules.ts'
import { statusAt } from '../approvals/states.ts'
import type { Ctx } from '../context.ts'
import { asFound } from '../db/in-steps.ts'
import { onceIf } from '../idempotency/once.ts'
import { isSameJson } from '../json-reader.ts'
import { Refusal } from '../refusal.ts'
import { getRequest } from './read.ts'
import { lapse, redeem, report, revoke, selectUnredeemed, type Report } from './redemption.store.ts'
import { mayRedeem, mayRevoke, type Standard } from './standard.ts'
import type { Request } from './standard.store.ts'

/**
 * Redeems an approval, once: whoever gets it carries out what was approved, exactly that.
 *
 * @throws Refusal `not_found`, `not_requester`, `not_approved`, `already_redeemed`, `redemption_lapsed`,
 *   `digest_mismatch`
 */
export async function redeemRequest(ctx: Ctx, of: Standard, id: string, digest: string): Promise<Request> {
  const { isDone, ...statements } = redeem(ctx, of, id, digest)
  const redeemed = await onceIf(ctx, true, Object.values(statements), isDone)
  const request = await getRequest(ctx, of, id)
  if (redeemed) return request
  if (request.requester_id !== ctx.actor.userId && !mayRedeem(ctx.actor)) throw notTheirsToRedeem(request)
  const reason = whyNotOpen(request, ctx.now)
  const approved = request.approved_digest ?? request.digest
  if (reason || digest === approved) throw reason ?? changedMeanwhile(id)
  throw new Refusal('digest_mismatch', `What was approved as ${id} has the digest ${approved}.`, {
    digest: approved,
  })
}

/**
 * Takes back an approval that nobody has redeemed. Again: the same answer.
 *
 * @throws Refusal as `redeemRequest`; `precondition_failed`
 */
export async function revokeRequest(
  ctx: Ctx,
  of: Standard,
  id: string,
  comment: string,
  ifMatch: readonly string[] | null,
): Promise<Request> {
  const { isDone: _, ...transaction } = revoke(ctx, of, id, comment, ifMatch)
  const { settled } = await ctx.db.batch(transaction)
  const request = await getRequest(ctx, of, id)
  const { ended, ended_by, end_comment } = request
  if (settled.length > 0 || (ended === 'revoked' && ended_by === ctx.actor.userId && end_comment === comment))
    return request
  const isAsSeen = !ifMatch || ifMatch.includes(tagOf(request))
  const why = whyNotOpen(request, ctx.now) ?? (isAsSeen ? null : notAsSeen(request))
  if (request.requester_id === ctx.actor.userId) throw why ?? changedMeanwhile(id)
  if (request.policy_version_id !== null) throw why ?? notTheirsToRevoke(request)
  throw mayRevoke(of, ctx.actor) ? (why ?? changedMeanwhile(id)) : notTheirsToRevoke(request)
}

/**
 * Keeps what whoever redeemed it reports. The same again: the same answer.
 *
 * @throws Refusal `not_redeemed`, `not_redeemer`, `already_reported`
 */
export async function reportOutcome(ctx: Ctx, of: Standard, id: string, said: Report): Promise<Request> {
  const { isDone: _, ...transaction } = report(ctx, of, id, said)
  const { settled } = await ctx.db.batch(transaction)
  const request = await getRequest(ctx, of, id)
  const { ended, ended_by, outcome, result, error } = request
  if (ended !== 'redeemed') throw new Refusal('not_redeemed', `Nobody has redeemed ${id}.`)
  if (ended_by !== ctx.actor.userId) throw new Refusal('not_redeemer', `${id} was redeemed by ${ended_by}.`)
  const isSame = outcome === said.outcome && isSameJson(result, said.result) && error === said.error
  if (settled.length > 0 || isSame) return request
  throw new Refusal('already_reported', `${id} was reported to have ${outcome}.`)
}

/**
 * Lapses what was not redeemed in time, a bounded number. Whoever reads or redeems it looks at the clock themselves.
 */
export function lapseUnredeemed(ctx: Ctx, of: Standard): Promise<number> {
  const find = (limit: number) => ctx.db.run(selectUnredeemed(ctx, of, limit))
  return asFound(20, 1_000, find, async (due) => {
    const { isDone: _, ...transaction } = lapse(
      ctx,
      of,
      due.map(({ id }) => id),
    )
    return (await ctx.db.batch(transaction)).settled.length
  })
}

function notTheirsToRedeem({ id, requester_id }: Request): Refusal {
  const detail = `Only ${requester_id}, a key of the instance that asked or a service key can redeem ${id}.`
  return new Refusal('not_requester', detail)
}

function notTheirsToRevoke({ id, requester_id, policy_version_id }: Request): Refusal {
  const other = policy_version_id === null ? `somebody who may decide ${id}` : `somebody who approved ${id}`
  return new Refusal('not_requester', `Only ${requester_id} or ${other} can revoke it.`)
}

/** Why nothing can be made of an approval; null where that can be. */
function whyNotOpen(request: Request, now: number): Refusal | null {
  const { id, ended, ended_by, ended_at, redeem_by } = request
  const status = statusAt(request, now)
  if (status !== 'approved' || redeem_by === null) return new Refusal('not_approved', `${id} is ${status}.`)
  const at = new Date(ended_at ?? redeem_by).toISOString()
  if (ended === 'redeemed') return new Refusal('already_redeemed', `${id} was redeemed by ${ended_by} at ${at}.`)
  if (ended === 'revoked') return new Refusal('not_approved', `${id} was revoked by ${ended_by} at ${at}.`)
  return redeem_by <= now ? new Refusal('redemption_lapsed', `${id} could be redeemed until ${at}.`) : null
}
