import type { Ctx } from '../context.ts'
import type { Statement } from '../db/open-db.ts'
import { newId } from '../ids.ts'
import { Refusal } from '../refusal.ts'
import type { Approval, Kind } from './approval.ts'
import { markWithdrawn, selectApproval } from './approvals.store.ts'
import type { Outcome } from './decide.ts'
import { recordDecision } from './history.store.ts'
import { whyNotWithdraw } from './rules.ts'

/**
 * Takes a pending request back, by the one who asked. Again: the same answer.
 *
 * @param reads the family's own reads, for its answer
 * @throws Refusal with the reason where it was not allowed
 */
export async function withdraw(
  ctx: Ctx,
  target: { id: string; kind: Kind; ifMatch: readonly string[] | null },
  reads: Statement[] = [],
): Promise<Outcome> {
  const decisionId = newId('dec')
  const [changed, , ...rest] = await ctx.db.batch([
    markWithdrawn(ctx, target, decisionId),
    recordDecision(ctx, decisionId),
    ...reads,
    selectApproval(ctx, target.id, target.kind, decisionId),
  ])
  const approval = rest.at(-1)?.[0] as Approval | undefined
  if (!approval) throw new Refusal('not_found', `There is no ${target.kind} ${target.id}.`)
  const reason = changed?.length ? null : whyNotWithdraw(approval, ctx.actor, target.ifMatch, ctx.now)
  if (reason instanceof Refusal) throw reason
  return { approval, effects: rest.slice(0, -1) }
}
