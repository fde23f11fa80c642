import { record } from '../approvals/history.store.ts'
import { actingFor } from '../access/acting-for.ts'
import type { Ctx } from '../context.ts'
import { answeredBefore, once } from '../idempotency/once.ts'
import { newId } from '../ids.ts'
import { insertBatch, type Batch } from './batches.store.ts'
import { refuseProcessAt } from './process-at.ts'
import { wake, watchdogMs } from './wake.ts'

/** A batch as submitted. `process_at` in milliseconds, in the future; without it the batch starts at once. */
export interface NewBatch {
  claim_ids: readonly string[]
  coordinator_id?: string | null | undefined
  comment: string | null
  process_at: number | null
}

/**
 * Accepts a batch and starts it, at once or when its time has come. An id given twice counts once.
 *
 * @throws Refusal `actor_mismatch`, `invalid_input` (a time that is over)
 */
export async function submitBatch(ctx: Ctx, submitted: NewBatch): Promise<Batch> {
  const claimIds = [...new Set(submitted.claim_ids)]
  const { process_at, comment } = submitted
  if (process_at !== null) {
    try {
      refuseProcessAt(ctx, process_at)
    } catch (error) {
      // It was accepted in time.
      const accepted = await answeredBefore<Batch>(ctx)
      if (accepted) return accepted
      throw error
    }
  }
  const status = process_at === null ? 'processing' : 'pending'
  const batch: Batch = {
    id: newId('bat'),
    tenant_id: ctx.actor.tenantId,
    coordinator_id: actingFor(ctx.actor, submitted.coordinator_id, 'coordinator_id'),
    created_by: ctx.actor.userId,
    roles: JSON.stringify(ctx.actor.roles),
    status,
    comment,
    process_at,
    total_claims: claimIds.length,
    approved_count: 0,
    rejected_count: 0,
    processed_count: 0,
    version: 1,
    write_id: newId('wrt'),
    created_at: ctx.now,
    updated_at: ctx.now,
    completed_at: null,
    cancelled_at: null,
    poke_at: process_at ?? ctx.now + watchdogMs,
    started_by: process_at === null ? ctx.actor.userId : null,
    hands: JSON.stringify(ctx.actor.keyMadeBy === null ? [] : [ctx.actor.keyMadeBy]),
    events_before: null,
    coordinator_roles: null, // the statement that inserts it looks them up
  }
  const type = status === 'processing' ? 'batch.started' : 'batch.scheduled'
  const data = {
    coordinator_id: batch.coordinator_id,
    total_claims: batch.total_claims,
    comment,
    process_at: process_at && new Date(process_at).toISOString(),
  }
  const accepted = await once(ctx, batch, [
    ...insertBatch(ctx, batch, claimIds),
    record(ctx, [{ type, resourceId: batch.id, from: null, to: status, data }]),
  ])
  await wake(ctx, accepted, process_at ?? ctx.now)
  return accepted
}
