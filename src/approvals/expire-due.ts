import { expirer } from './approval.ts'
import type { Ctx } from '../context.ts'
import { newId } from '../ids.ts'
import { expire } from './expire-due.store.ts'

/** How many approvals one transaction expires, and how many of those one sweep runs: far below D1's limits. */
const perStep = 1_000
const stepsPerSweep = 40

/**
 * Expires what is past its due time, until nothing is or the sweep's budget is spent. Readers and deciders look at the
 * clock themselves; this makes it a fact, once, with its event. Sweeps that overlap take different approvals.
 *
 * @returns how many
 */
export async function expireDue(ctx: Ctx): Promise<number> {
  const asExpirer = { ...ctx, actor: { ...ctx.actor, userId: expirer } }
  let expired = 0
  for (let step = 0; step < stepsPerSweep; step += 1) {
    const [marked] = await ctx.db.batch(expire(asExpirer, newId('dec'), perStep))
    expired += marked.length
    if (marked.length < perStep) break
  }
  return expired
}
