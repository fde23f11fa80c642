import type { Decision } from './client.ts'
import { passes } from './problem.ts'
import { pauseAfter, rest } from './send.ts'

/** Asks once, and has the service wait for so many seconds; the attempt may take `limit` milliseconds. */
type Ask = (wait: number, limit: number) => Promise<Decision>

/** For how many seconds the service waits at the most. */
const longestWait = 50
/** What an answer may take on its way, in milliseconds. */
const onItsWay = 5_000
/** Where the service does not wait, it is not asked more often than this, in milliseconds. */
const leastPauseMs = 1_000
const longestPauseMs = 5_000

/**
 * Asks until it is decided or the time is over, through whatever passes.
 *
 * @param attemptTimeout how long an attempt may take, in milliseconds: the service waits for less
 * @returns `pending` where the time is over, and that it is pending was answered
 * @throws CountersignError what does not pass, or is so when the time is over and nothing was answered
 */
export async function waitWith(
  ask: Ask,
  { timeout = Infinity, attemptTimeout, signal }: { timeout?: number; attemptTimeout: number; signal?: AbortSignal },
): Promise<Decision> {
  const until = Date.now() + timeout
  const left = () => Math.max(0, until - Date.now())
  const margin = Math.min(onItsWay, attemptTimeout / 2)
  const longest = Math.min(longestWait, Math.floor((attemptTimeout - margin) / 1000))
  let pending: Decision | undefined
  for (let failures = 0; ;) {
    const began = Date.now()
    // Once it is known to be pending, the last second is waited for as well, and cut off where it ends.
    const seconds = pending ? Math.ceil(left() / 1000) : Math.floor(left() / 1000)
    const wait = Math.min(longest, seconds)
    let [pause, failure]: [number, unknown] = [0, undefined]
    try {
      const decision = await ask(wait, Math.min(attemptTimeout, left() + (pending ? 0 : margin)))
      if (decision.status !== 'pending') return decision
      pending = decision
      failures = 0
      if (wait > 0 || longest === 0) pause = leastPauseMs - (Date.now() - began)
    } catch (error) {
      if (!passes(error)) throw error
      failure = error
      pause =
        error.retryAfter === undefined ? Math.min(longestPauseMs, pauseAfter(failures++)) : error.retryAfter * 1000
    }
    if (pause > 0) await rest(Math.min(pause, left()), signal)
    if (left() > 0) continue
    if (pending) return pending
    throw failure
  }
}
