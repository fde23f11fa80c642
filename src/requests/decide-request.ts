import { decide, type Decision } from '../approvals/decide.ts'
import type { Ballot } from '../approvals/rules.ts'
import { withdraw } from '../approvals/withdraw.ts'
import type { Ctx } from '../context.ts'
import type { Reference } from '../db/open-db.ts'
import { Refusal } from '../refusal.ts'
import { openRedemption } from './redemption.store.ts'
import { requestKind } from './request-kind.ts'
import { selectRequest, type Request } from './requests.store.ts'

/** A person's decision on a request. @throws Refusal as `decide`; `edit_not_allowed` */
export async function decideRequest(ctx: Ctx, id: string, ballot: Ballot & { edits?: boolean }): Promise<Request> {
  const { edits, ...vote } = ballot
  if (edits) throw new Refusal('edit_not_allowed', 'No policy allows an approval to change the details of a request.')
  return decide(ctx, decisionOnRequest(ctx, id, vote))
}

/** What such a decision is: approved, a request may be redeemed from then on. */
export function decisionOnRequest(ctx: Ctx, id: Reference, ballot: Ballot): Decision<Request> {
  const effect: Decision<Request>['effect'] = (mark) => [openRedemption(ctx, mark)]
  return { id, ...requestKind, ...ballot, effect, view: selectRequest(ctx, id) }
}

/** The requester takes a pending request back. @throws Refusal as `withdraw` */
export async function withdrawRequest(ctx: Ctx, id: string, ifMatch: readonly string[] | null): Promise<Request> {
  return withdraw(ctx, { id, ...requestKind, ifMatch, view: selectRequest(ctx, id) })
}
