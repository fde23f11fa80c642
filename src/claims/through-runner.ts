import type { Ctx } from '../context.ts'
import { Refusal, type RefusalValue } from '../refusal.ts'
import type { Batch } from './batches.store.ts'
import { getBatch } from './read-batches.ts'

/**
 * Cancels a batch of the caller's tenant through its runner, which alone moves it. What the database costs there is
 * added to the caller's account.
 *
 * @throws Refusal as `cancelBatch`
 */
export async function cancelThroughRunner(
  ctx: Ctx,
  batchId: string,
  ifMatch: readonly string[] | null,
): Promise<{ batch: Batch; bookmark: string | null }> {
  await getBatch(ctx, batchId)
  const { actor, requestId } = ctx
  const { cost, bookmark, ...reply } = await ctx.env.BATCH_RUNNER.getByName(batchId).cancel({
    actor,
    batchId,
    ifMatch,
    requestId,
  })
  ctx.db.cost.queries += cost.queries
  ctx.db.cost.rowsRead += cost.rowsRead
  ctx.db.cost.rowsWritten += cost.rowsWritten
  ctx.db.cost.ms += cost.ms
  if ('refused' in reply) throw Refusal.fromValue(reply.refused as RefusalValue)
  return { batch: reply.batch, bookmark }
}

/**
 * The batch's server-sent events, if it is one of the caller's tenant.
 *
 * @param keyId the API key that opens the stream, which does not outlive it
 * @param goodUntil when it is over, where it is a token that opens it
 * @throws Refusal `not_found`, `rate_limited` where there are too many streams
 */
export async function followRunner(
  ctx: Ctx,
  batchId: string,
  keyId: string,
  goodUntil: number | null,
): Promise<ReadableStream> {
  await getBatch(ctx, batchId)
  const reply = await ctx.env.BATCH_RUNNER.getByName(batchId).follow(ctx.actor.tenantId, batchId, keyId, goodUntil)
  if ('refused' in reply) throw Refusal.fromValue(reply.refused as RefusalValue)
  return reply.stream
}
