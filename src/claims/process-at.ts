import type { Ctx } from '../context.ts'
import { day } from '../durations.ts'
import { invalidInput, type Fault } from '../refusal.ts'

/** Furthest that a batch may be put off. */
const latestMs = 30 * day

/** Why no batch can be started at a time (in milliseconds) any more, or not yet. */
export function processAtFaults({ now }: Ctx, at: number): Fault[] {
  if (at > now && at <= now + latestMs) return []
  const message = at <= now ? 'must be in the future; leave it out to start at once' : 'must be at most 30 days ahead'
  return [{ in: 'body', pointer: '/process_at', message, type: 'value_error' }]
}

/** @throws Refusal `invalid_input` where a batch cannot be started at this time (in milliseconds) */
export function refuseProcessAt(ctx: Ctx, at: number): void {
  const faults = processAtFaults(ctx, at)
  if (faults.length > 0) throw invalidInput(faults)
}
