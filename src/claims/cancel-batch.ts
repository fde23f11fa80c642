import type { Ctx } from '../context.ts'
import { newId } from '../ids.ts'
import { Refusal } from '../refusal.ts'
import { revert } from './batch-step.store.ts'
import { markCancelled, recordIfWritten, selectBatch, type Batch } from './batches.store.ts'

/**
 * Cancels a batch that has not completed: stops what is left and puts every claim that it approved back to pending, in
 * one transaction. Again: the same answer.
 *
 * @throws Refusal `not_found`, `batch_completed`, `precondition_failed`
 */
export async function cancelBatch(ctx: Ctx, id: string, ifMatch: readonly string[] | null): Promise<Batch> {
  const [seen] = await ctx.db.run(selectBatch(ctx, id))
  if (!seen) throw new Refusal('not_found', `There is no batch ${id}.`)
  const writeId = newId('wrt')
  const {
    batch: [batch],
  } = await ctx.db.batch({
    cancelled: markCancelled(ctx, id, seen.total_claims, ifMatch, writeId),
    reverted: revert(ctx, id, writeId, seen.total_claims),
    event: recordIfWritten(ctx, id, writeId, 'batch.cancelled'),
    batch: selectBatch(ctx, id),
  })
  if (!batch) throw new Refusal('not_found', `There is no batch ${id}.`)
  if (batch.status === 'cancelled') return batch
  if (batch.status === 'completed') {
    throw new Refusal(
      'batch_completed',
      `Batch ${id} was completed at ${new Date(batch.completed_at ?? ctx.now).toISOString()}.`,
    )
  }
  if (ifMatch && !ifMatch.includes(String(batch.version))) {
    throw new Refusal('precondition_failed', `Batch ${id} is now at "${batch.version}".`, {
      etag: `"${batch.version}"`,
    })
  }
  return cancelBatch(ctx, id, ifMatch) // claims were added in between
}
