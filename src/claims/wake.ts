import type { Ctx } from '../context.ts'
import { minute } from '../durations.ts'
import type { Batch } from './batches.store.ts'

/** How long a batch may stand still before the watchdog looks after it. */
export const watchdogMs = 2 * minute

/**
 * Asks a batch's runner to look at it at the given time. The batch is already stored when this is called: if the runner
 * cannot be reached, the watchdog finds the batch, so a failure is logged and nothing more.
 */
export async function wake(ctx: Ctx, batch: Pick<Batch, 'id' | 'tenant_id'>, at: number): Promise<void> {
  try {
    await ctx.env.BATCH_RUNNER.getByName(batch.id).wake(batch.tenant_id, batch.id, at)
  } catch (error) {
    console.error({
      message: 'a batch runner could not be woken; the watchdog will',
      batch_id: batch.id,
      request_id: ctx.requestId,
      error: String(error),
    })
  }
}
