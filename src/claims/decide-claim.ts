import type { Vote } from '../approvals/approval.ts'
import { decide } from '../approvals/decide.ts'
import { withdraw } from '../approvals/withdraw.ts'
import type { Ctx } from '../context.ts'
import { claimKind } from './claim-kind.ts'
import { selectClaim, type Claim } from './claims.store.ts'

/** A person's decision on one claim. @throws Refusal as `decide` */
export async function decideClaim(
  ctx: Ctx,
  id: string,
  decision: { vote: Vote; comment: string | null; ifMatch: readonly string[] | null },
): Promise<Claim> {
  return decide(ctx, { id, ...claimKind, ...decision, view: selectClaim(ctx, id) })
}

/** The claimant takes a pending claim back. @throws Refusal as `withdraw` */
export async function withdrawClaim(ctx: Ctx, id: string, ifMatch: readonly string[] | null): Promise<Claim> {
  return withdraw(ctx, { id, ...claimKind, ifMatch, view: selectClaim(ctx, id) })
}
