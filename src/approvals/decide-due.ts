import type { Ctx } from '../context.ts'
import { asFound } from '../db/in-steps.ts'
import type { Statement } from '../db/open-db.ts'
import { newId } from '../ids.ts'
import type { Kind } from './approval.ts'
import type { Decision } from './decide.ts'
import { markOn, markOnAll, type Mark } from './mark.store.ts'
import { autoApprover, autoRejecter, expirer } from './states.ts'
import { decideDue, expireInstead, selectDue, type ClockOutcome } from './decide-due.store.ts'

/** How many approvals one transaction decides, and how many of those one sweep runs: far below D1's limits. */
const perStep = 1_000
const stepsPerSweep = 40

/**
 * Expires what is past its due time, until nothing is or the sweep's budget is spent. Readers and deciders look at the
 * clock themselves; this makes it a fact, once, with its event. Sweeps that overlap take different approvals.
 *
 * @returns how many
 */
export function expireDue(ctx: Ctx): Promise<number> {
  return sweep(ctx, { status: 'expired' }, expirer, () => [])
}

/**
 * Approves what of a family nobody has decided by its due time, where that is asked for. Until the sweep it is pending,
 * and a person may decide it.
 *
 * @param effect what the family does in the same transaction for the approvals that bear the mark
 * @returns how many
 */
export function approveDue(ctx: Ctx, kind: Kind, effect: (ctx: Ctx, mark: Mark) => Statement[]): Promise<number> {
  return sweep(ctx, { status: 'approved', kind }, autoApprover, effect)
}

/** What the clock is to approve of families other than these: those have a sweep of their own. */
export function findToApprove(ctx: Ctx, otherThan: readonly Kind[], limit: number) {
  return ctx.db.run(selectDue(ctx, { status: 'approved', otherThan }, limit))
}

/**
 * Approves one whose policy says so when its time comes, with all that the family does. What the family does not let be
 * approved expires.
 *
 * @param ctx of its tenant
 * @param decision the family's, of somebody who says yes
 * @returns whether it was approved
 */
export async function approveByClock(ctx: Ctx, id: string, { guard, effect }: Decision<unknown>): Promise<boolean> {
  const asClock = { ...ctx, actor: { ...ctx.actor, userId: autoApprover } }
  const mark = markOn(id, newId('dec'))
  const { decided } = await ctx.db.batch({
    ...decideDue(asClock, { status: 'approved' }, mark, 1, guard?.condition),
    effect: effect?.(mark),
    otherwise: expireInstead(asClock, id),
  })
  return decided.length > 0
}

/**
 * Rejects what nobody has decided by its due time, where that is asked for. Until the sweep it is pending, as with
 * `approveDue`. Nothing is set off by it: a family for which a rejection sets something off needs a sweep of its own.
 *
 * @returns how many
 */
export function rejectDue(ctx: Ctx): Promise<number> {
  return sweep(ctx, { status: 'rejected' }, autoRejecter, () => [])
}

/** Looks first: a sweep with nothing due, which is nearly each, costs a row. */
async function sweep(
  ctx: Ctx,
  outcome: ClockOutcome,
  userId: string,
  effect: (ctx: Ctx, mark: Mark) => Statement[],
): Promise<number> {
  const asClock = { ...ctx, actor: { ...ctx.actor, userId } }
  const find = (limit: number) => ctx.db.run(selectDue(ctx, outcome, limit))
  return asFound(stepsPerSweep, perStep, find, async (due) => {
    const ids = due.map(({ id }) => id)
    const mark = markOnAll(ids, newId('dec'))
    const { decided } = await ctx.db.batch({
      ...decideDue(asClock, outcome, mark, ids.length),
      effect: effect(asClock, mark),
    })
    for (const { tenant_id } of decided) ctx.decidedFor.add(tenant_id)
    return decided.length
  })
}
