import type { Ctx } from '../context.ts'
import { newId } from '../ids.ts'
import { invalidInput, Refusal } from '../refusal.ts'
import {
  amendBatch as amend,
  maxClaims,
  recordIfWritten,
  selectBatch,
  type BatchAmendment,
  type Batch,
} from './batches.store.ts'
import { refuseProcessAt } from './process-at.ts'
import { notPending } from './start-batch.ts'
import { wake } from './wake.ts'

/**
 * Changes a pending batch: its comment, its time, further claims (those already in it count once).
 *
 * Only its coordinator and its submitter may, because what is added is approved in their name; an admin or a service
 * may do it for them.
 *
 * @throws Refusal `not_found`, `actor_mismatch`, `batch_not_pending`, `precondition_failed`, `invalid_input` (more than
 *   10,000 claims, a time that is over)
 */
export async function amendBatch(
  ctx: Ctx,
  id: string,
  change: BatchAmendment,
  ifMatch: readonly string[] | null,
): Promise<Batch> {
  if (change.process_at !== undefined) refuseProcessAt(ctx, change.process_at, id)
  const writeId = newId('wrt')
  const mayAmendAny = ctx.actor.roles.some((role) => role === 'admin' || role === 'service')
  const unique = { ...change, claim_ids: change.claim_ids && [...new Set(change.claim_ids)] }
  const {
    amended,
    batch: [batch],
  } = await ctx.db.batch({
    ...amend(ctx, id, unique, ifMatch, mayAmendAny, writeId),
    event: recordIfWritten(ctx, id, writeId, 'batch.amended'),
    batch: selectBatch(ctx, id),
  })
  if (!batch) throw new Refusal('not_found', `There is no batch ${id}.`)
  if (amended.length === 0) throw whyNot(ctx, batch, ifMatch, mayAmendAny)
  if (change.process_at !== undefined) await wake(ctx, batch, change.process_at)
  return batch
}

function whyNot(ctx: Ctx, batch: Batch, ifMatch: readonly string[] | null, mayAmendAny: boolean): Refusal {
  if (!mayAmendAny && ![batch.coordinator_id, batch.created_by].includes(ctx.actor.userId)) {
    const detail = `Batch ${batch.id} can only be amended by its coordinator, ${batch.coordinator_id}, by whoever created it, or with a key that has the role admin or service.`
    return new Refusal('actor_mismatch', detail)
  }
  if (batch.status !== 'pending') return notPending(batch)
  if (ifMatch && !ifMatch.includes(String(batch.version))) {
    return new Refusal('precondition_failed', `Batch ${batch.id} is now at "${batch.version}".`, {
      etag: `"${batch.version}"`,
    })
  }
  const message = `would bring the batch, which has ${batch.total_claims} claims, above ${maxClaims}`
  return invalidInput([{ in: 'body', pointer: '/claim_ids', message }])
}
