import type { Ctx } from '../context.ts'
import type { Condition, Statement } from '../db/open-db.ts'
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
 * @param target `guard` is a further condition of the family's, on the `approvals` row
 * @param reads the family's own reads, for its answer
 * @param guardLost why the guard refused, where everything else allowed it
 * @throws Refusal with the reason where it was not allowed
 */
export async function withdraw(
  ctx: Ctx,
  target: { id: string; kind: Kind; ifMatch: readonly string[] | null; guard?: Condition },
  reads: Statement[] = [],
  guardLost?: (effects: unknown[][]) => Refusal,
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
  const effects = rest.slice(0, -1)
  if (changed?.length) return { approval, effects }
  const reason = whyNotWithdraw(approval, ctx.actor, target.ifMatch, ctx.now)
  if (reason === 'repeat') return { approval, effects }
  throw reason ?? guardLost?.(effects) ?? new Error(`${approval.id} was not withdrawn, and nothing says why`)
}
