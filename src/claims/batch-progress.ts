import type { Batch } from './batches.store.ts'

/** Whether the batch has ended. */
export function hasEnded(batch: Batch): boolean {
  return batch.status === 'completed' || batch.status === 'cancelled'
}

/** What followers of the batch are told at this point: its counts, and its end if it has ended. */
export function progressEvents(batch: Batch): { event: string; data: string }[] {
  const { processed_count, total_claims, approved_count, rejected_count } = batch
  const data = JSON.stringify({ processed_count, total_claims, approved_count, rejected_count })
  const progress = { event: 'progress', data }
  return hasEnded(batch) ? [progress, { event: batch.status, data }] : [progress]
}
