import { winnerOf } from '../approvals/approval.ts'
import { policyFor } from '../approvals/terms.ts'
import { underPolicies } from '../approvals/book.ts'
import { bookIsAt } from '../approvals/book.store.ts'
import { decide, type Decision } from '../approvals/decide.ts'
import { digestOf } from '../approvals/digest.ts'
import type { Ballot } from '../approvals/rules.ts'
import { withdraw } from '../approvals/withdraw.ts'
import type { Ctx } from '../context.ts'
import type { Reference } from '../db/open-db.ts'
import { Refusal } from '../refusal.ts'
import { getRequest } from './read.ts'
import { keepApproved, openRedemption } from './redemption.store.ts'
import { whatIsRequested, type Standard } from './standard.ts'
import { isAtVersion, selectRequest, type Request } from './standard.store.ts'

/**
 * A person's decision on a request.
 *
 * @param details where they approve other details than those that were asked for: JSON text
 * @throws Refusal as `decide`; `edit_not_allowed`, `policy_changed`
 */
export async function decideRequest(
  ctx: Ctx,
  of: Standard,
  id: string,
  ballot: Ballot,
  details?: string | null | undefined,
): Promise<Request> {
  const decision = decisionOnRequest(ctx, of, id, ballot)
  return details === undefined ? decide(ctx, decision) : approveDetails(ctx, of, decision, id, details)
}

/** What such a decision is: approved, a request may be redeemed from then on. */
export function decisionOnRequest(ctx: Ctx, of: Standard, id: Reference, ballot: Ballot): Decision<Request> {
  const effect: Decision<Request>['effect'] = (mark) => (ballot.vote === 'approve' ? [openRedemption(ctx, mark)] : [])
  return { id, ...of, ...ballot, effect, view: selectRequest(ctx, of, id) }
}

/** A yes that says to what, and is refused where something else was approved before, be it by the same person. */
async function approveDetails(
  ctx: Ctx,
  of: Standard,
  decision: Decision<Request>,
  id: string,
  details: string | null,
): Promise<Request> {
  const request = await getRequest(ctx, of, id)
  if (request.policy_version_id !== null) ctx.reserved.refusal = null
  const { title, revision, requester_id: requester } = request
  const what = whatIsRequested({ ...request, details })
  const digest = await digestOf({ id, kind: of.kind, revision, title, requester, what })
  const decided = await approveAs(ctx, of, decision, request, { details, what, digest })
  if (decided.status !== 'approved' || digest === (decided.approved_digest ?? decided.digest)) return decided
  throw new Refusal('already_decided', `${id} was approved with other details.`, { winner: winnerOf(decided, ctx.now) })
}

/**
 * If that is something else than what was asked, the very same policy has to be for it. What was asked stays beside it.
 */
async function approveAs(
  ctx: Ctx,
  of: Standard,
  decision: Decision<Request>,
  request: Request,
  { details, what, digest }: { details: string | null; what: ReturnType<typeof whatIsRequested>; digest: string },
): Promise<Request> {
  const { id, version, requester_id: requester } = request
  // An amendment that comes between is not approved by it.
  if (digest === request.digest) return decide(ctx, { ...decision, digest: decision.digest ?? digest })
  if (request.status !== 'pending') return decide(ctx, decision)
  return underPolicies(ctx, [requester], async (book) => {
    if (request.policy_version_id === null) throw notAllowed(id)
    const policy = policyFor(book, of, { what, requester })
    if (policy?.versionId !== request.policy_version_id) {
      const detail = `With these details ${id} would be governed by ${policy ? `the policy ${policy.name}, as it is now` : 'no policy'}.`
      throw new Refusal('policy_changed', detail)
    }
    if (!policy.body.allow_edit) throw notAllowed(id)
    return decide(ctx, {
      ...decision,
      edit: { digest },
      guard: {
        condition: isAtVersion(version),
        whyNot: (now) => (now.version === version ? null : changed(id)),
        asked: 'last',
      },
      effect: (mark) => [
        bookIsAt(ctx, book.revision),
        keepApproved(ctx, mark, details),
        ...(decision.effect?.(mark) ?? []),
      ],
    })
  })
}

function notAllowed(id: string): Refusal {
  return new Refusal('edit_not_allowed', `No policy allows the details of ${id} to be changed by its approval.`)
}

function changed(id: string): Refusal {
  return new Refusal('storage_unavailable', `${id} was being changed just now; try again.`)
}

/** The requester takes a pending request back. @throws Refusal as `withdraw` */
export async function withdrawRequest(
  ctx: Ctx,
  of: Standard,
  id: string,
  ifMatch: readonly string[] | null,
  digest?: string,
): Promise<Request> {
  return withdraw(ctx, { id, ...of, ifMatch, digest, view: selectRequest(ctx, of, id) })
}
