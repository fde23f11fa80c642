import type { Ctx } from '../context.ts'
import { newId } from '../ids.ts'
import { Refusal } from '../refusal.ts'
import { recordIfWritten, selectBatch, startNow, type Batch } from './batches.store.ts'
import { wake, watchdogMs } from './wake.ts'

/**
 * Starts a pending batch now. Again, while it is processing: the same answer.
 *
 * @throws Refusal `not_found`, `batch_not_pending`
 */
export async function startBatch(ctx: Ctx, id: string): Promise<Batch> {
  const writeId = newId('wrt')
  const {
    started,
    batch: [batch],
  } = await ctx.db.batch({
    started: startNow(ctx, id, writeId, ctx.now + watchdogMs),
    event: recordIfWritten(ctx, id, writeId, 'batch.started'),
    batch: selectBatch(ctx, id),
  })
  if (!batch) throw new Refusal('not_found', `There is no batch ${id}.`)
  if (started.length === 0 && batch.status !== 'processing') throw notPending(batch)
  await wake(ctx, batch, ctx.now)
  return batch
}

/** Why a batch cannot be amended or started any more. */
export function notPending(batch: Batch): Refusal {
  return new Refusal('batch_not_pending', `Batch ${batch.id} is ${batch.status}.`, { batch_status: batch.status })
}
