import { decide, type Decision } from '../approvals/decide.ts'
import type { Ballot } from '../approvals/rules.ts'
import { withdraw } from '../approvals/withdraw.ts'
import type { Ctx } from '../context.ts'
import type { Reference } from '../db/open-db.ts'
import { claimKind } from './claim-kind.ts'
import { selectClaim, type Claim } from './claims.store.ts'

/** A person's decision on one claim. @throws Refusal as `decide` */
export async function decideClaim(ctx: Ctx, id: string, ballot: Ballot): Promise<Claim> {
  return decide(ctx, decisionOnClaim(ctx, id, ballot))
}

/** Such a decision, as the core takes it. */
export function decisionOnClaim(ctx: Ctx, id: Reference, ballot: Ballot): Decision<Claim> {
  return { id, ...claimKind, ...ballot, view: selectClaim(ctx, id) }
}

/** The claimant takes a pending claim back. @throws Refusal as `withdraw` */
export async function withdrawClaim(
  ctx: Ctx,
  id: string,
  ifMatch: readonly string[] | null,
  digest?: string,
): Promise<Claim> {
  return withdraw(ctx, { id, ...claimKind, ifMatch, digest, view: selectClaim(ctx, id) })
}
