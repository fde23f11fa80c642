import type { Ctx } from '../context.ts'
import { inSteps } from '../db/in-steps.ts'
import { day } from '../durations.ts'
import { purgeDeliveries, selectWhetherPurgeable } from './purge.store.ts'
import { purgeEndpoints, selectWaiting } from './endpoints.store.ts'
import { wakeSender } from './wake-sender.ts'

/** How many senders one sweep wakes; the rest is the next one's. */
const perSweep = 500

/** How long the log of a delivery is kept after it has ended. */
const keptMs = 30 * day

/** How many deliveries one transaction removes, and how many of those one sweep runs. */
const perStep = 1_000
const stepsPerSweep = 10

/** The safety net under the announcements: wakes the senders that have something to do. @returns how many */
export async function relayWebhooks(ctx: Ctx): Promise<number> {
  const waiting = await ctx.db.run(selectWaiting({ ...ctx, now: Date.now() }, perSweep))
  await Promise.all(
    waiting.flatMap(({ id, tenant_id, first, repeated }) => [
      ...(first ? [wakeSender(ctx, tenant_id, id, 'first')] : []),
      ...(repeated ? [wakeSender(ctx, tenant_id, id, 'repeated')] : []),
    ]),
  )
  return waiting.length
}

/** Removes deliveries that ended a month ago, and the rows of deleted endpoints. @returns how many deliveries */
export async function purgeWebhooks(ctx: Ctx): Promise<number> {
  const before = ctx.now - keptMs
  const purgeable = await ctx.db.run(selectWhetherPurgeable(ctx, before))
  if (purgeable.length === 0) return 0
  return inSteps(stepsPerSweep, perStep, async () => {
    const { old, orphaned } = await ctx.db.batch({
      ...purgeDeliveries(ctx, before, perStep),
      endpoints: purgeEndpoints(ctx),
    })
    return Math.max(old.length, orphaned.length)
  })
}
