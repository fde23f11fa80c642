import { hour, minute, second } from '../durations.ts'

/**
 * How long after each failed attempt the next one is made, as Standard Webhooks suggests: close together at first, to
 * bridge a restart, then ever further apart, to bridge an outage over a weekend. The last attempt is more than three
 * days after the first.
 */
const delays = [5 * second, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour]

/** How many attempts are made before a delivery has failed. */
export const mostTries = delays.length + 1

/** The longest pause that a receiver may ask for. */
export const longestRetryAfter = 24 * hour

/**
 * When the next attempt is made, in milliseconds; null where the last one has failed. Up to a fifth is added at random,
 * so that deliveries which failed together do not come back together; a `Retry-After` that is later counts.
 *
 * @param tries how many attempts have failed
 * @param random 0–1
 */
export function nextAttempt(tries: number, retryAfter: number | null, now: number, random: number): number | null {
  const delay = delays[tries - 1]
  if (delay === undefined) return null
  const jittered = Math.round(delay * (1 + random / 5))
  return now + Math.max(jittered, Math.min(retryAfter ?? 0, longestRetryAfter))
}

/** How long a `Retry-After` (RFC 9110, 10.2.3) asks to wait, in milliseconds; null if it makes no sense. */
export function readRetryAfter(header: string | null, now: number): number | null {
  if (header === null) return null
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * second
  const at = Date.parse(header)
  return Number.isNaN(at) ? null : Math.max(0, at - now)
}
