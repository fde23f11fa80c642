import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    stored: number
    /** Whether this is the long run: see `npm run test:slow`. */
    isLong: boolean
  }
}

/**
 * How many approvals the tests of the cost budget store before they count: rows read do not grow with rows stored. The
 * long run shows it at a million of them, for all lists, the desk, and the sweeps that look for what is due.
 */
export const stored = inject('stored')

/**
 * How many of all else, or of what an approval has beside the lists: people, groups and keys, deliveries, events and
 * their proofs, what somebody waits for. Of those the long run stores a hundred thousand.
 */
export const storedOthers = Math.min(stored, 100_000)
export const isLong = inject('isLong')

/** How often something random is tried: so often in the long run. */
export const often = (times: number) => (isLong ? times : Math.ceil(times / 8))

/** The moments at which a server is killed, of so many in the long run. */
export const moments = (count: number) =>
  Array.from({ length: isLong ? count : Math.ceil(count / 5) }, (_, moment) => moment)

/** An id of the rows that a budget test stores. */
export const idAt = (prefix: string, n: number) => `${prefix}_${String(n).padStart(8, '0')}`

/** The middle half of the first `count`, by the time of creation, which is their number in milliseconds. */
export const middleHalfOf = (count: number) =>
  `created_from=${new Date(count / 4).toISOString()}&created_before=${new Date((count * 3) / 4).toISOString()}`
export const middleHalf = middleHalfOf(stored)

/** A cursor to the middle of the first `count`. */
export const middleOf = (prefix: string, count = stored) =>
  btoa(JSON.stringify([count / 2, idAt(prefix, count / 2)])).replace(/=+$/, '')
