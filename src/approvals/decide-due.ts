import type { Ctx } from '../context.ts'
import { asFound } from '../db/in-steps.ts'
import type { Db, Statement } from '../db/open-db.ts'
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

/** One whose policy has the clock approve it: in a context of its tenant, with the family's decision of a yes. */
export interface ToApprove {
  ctx: Ctx
  id: string
  decision: Decision<unknown>
}

/**
 * Approves those whose policy says so when their time comes, with all that their families do, in one transaction. What
 * its family does not let be approved expires.
 *
 * @returns of how many it has become an approval
 */
export async function approveByClock(db: Db, due: readonly ToApprove[]): Promise<number> {
  const each = due.map(({ ctx, id, decision: { guard, effect } }) => {
    const asClock = { ...ctx, actor: { ...ctx.actor, userId: autoApprover } }
    const mark = markOn(id, newId('dec'))
    const clock = decideDue(asClock, { status: 'approved' }, mark, 1, guard?.condition)
    return { ...clock, effect: effect?.(mark) ?? [], otherwise: expireInstead(asClock, id) }
  })
  const { decided } = await db.batch({
    decided: each.map((one) => one.decided),
    events: each.map((one) => one.events),
    effects: each.flatMap((one) => one.effect),
    otherwise: each.map((one) => one.otherwise),
  })
  return decided.filter((rows) => rows.length > 0).length
}

/**
 * Rejects what nobody has decided by its due time, where that is asked for: of one family, or of all others. Readers
 * and deciders look at the clock themselves, as with `expireDue`.
 *
 * @param effect what the family does in the same transaction for the approvals that bear the mark
 * @returns how many
 */
export function rejectDue(
  ctx: Ctx,
  which: Pick<ClockOutcome, 'kind' | 'otherThan'>,
  effect: (ctx: Ctx, mark: Mark) => Statement[] = () => [],
): Promise<number> {
  return sweep(ctx, { ...which, status: 'rejected' }, autoRejecter, effect)
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
