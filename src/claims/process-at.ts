import type { Ctx } from '../context.ts'
import { invalidInput } from '../refusal.ts'

/** Furthest that a batch may be put off. */
const latestMs = 30 * 24 * 60 * 60 * 1000

/** Why no batch can be started at a time (in milliseconds) any more, or not yet; null where one can. */
export function timeFault(at: number, now: number): string | null {
  if (at <= now) return 'must be in the future; leave it out to start at once'
  return at > now + latestMs ? 'must be at most 30 days ahead' : null
}

/** @throws Refusal `invalid_input` where a batch cannot be started at this time (in milliseconds) */
export function refuseTime(ctx: Ctx, at: number): void {
  const message = timeFault(at, ctx.now)
  if (message !== null) throw invalidInput([{ in: 'body', pointer: '/process_at', message, type: 'value_error' }])
}
