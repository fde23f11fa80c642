import type { Ctx } from '../context.ts'
import { newId } from '../ids.ts'
import { step } from './batch-step.store.ts'
import { recordIfWritten, selectBatch, startDue, type Batch } from './batches.store.ts'
import { watchdogMs } from './wake.ts'

/** How many claims one step takes: one D1 transaction, far from its limits of time and size. */
export const stepSize = 2000

/**
 * Takes a batch one step further: starts it if its time has come, processes its next claims, completes it after the
 * last. One round trip. Safe to run at any time, twice, or at once with anything else.
 *
 * @returns the batch after the step; undefined if there is none
 */
export async function advanceBatch(ctx: Ctx, id: string, size = stepSize): Promise<Batch | undefined> {
  const writeId = newId('wrt')
  const pokeAt = ctx.now + watchdogMs
  const {
    batch: [batch],
  } = await ctx.db.batch({
    started: startDue(ctx, id, writeId, pokeAt),
    event: recordIfWritten(ctx, id, writeId, 'batch.started'),
    step: step(ctx, id, size, pokeAt),
    batch: selectBatch(ctx, id),
  })
  return batch
}
