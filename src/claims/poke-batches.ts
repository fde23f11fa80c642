import type { Ctx } from '../context.ts'
import { takeOverdue } from './batches.store.ts'
import { wake, watchdogMs } from './wake.ts'

/** How many batches one sweep looks after; the next one takes the rest. */
const perSweep = 100

/**
 * The watchdog: wakes the runners of batches whose time has come, or that have not moved for two minutes. Each is put
 * off by two minutes as it is taken, so sweeps that overlap take different ones.
 *
 * @returns how many were woken
 */
export async function pokeBatches(ctx: Ctx): Promise<number> {
  const overdue = await ctx.db.run(takeOverdue(ctx, perSweep, ctx.now + watchdogMs))
  for (const batch of overdue) await wake(ctx, batch, ctx.now)
  return overdue.length
}
