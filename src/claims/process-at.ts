import type { Ctx } from '../context.ts'
import { day } from '../durations.ts'
import { invalidInput, type Fault } from '../refusal.ts'

/** How far ahead a batch may be scheduled. */
const latestMs = 30 * day

/**
 * Why a batch cannot be scheduled for a time (in milliseconds): it is over, or too far ahead.
 *
 * @param id of the batch, where there is one already: then leaving the time out would not start it
 */
export function processAtFaults({ now }: Ctx, at: number, id?: string): Fault[] {
  if (at > now && at <= now + latestMs) return []
  const instead =
    id === undefined
      ? 'leave it out to start at once'
      : `to start the batch now, POST /api/v1/approval-batches/${id}/process`
  const message = at <= now ? `must be in the future; ${instead}` : 'must be at most 30 days ahead'
  return [{ in: 'body', pointer: '/process_at', message, type: 'value_error' }]
}

/** @throws Refusal `invalid_input` where a batch cannot be started at this time (in milliseconds) */
export function refuseProcessAt(ctx: Ctx, at: number, id?: string): void {
  const faults = processAtFaults(ctx, at, id)
  if (faults.length > 0) throw invalidInput(faults)
}
