import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    stored: number
    /** Whether this is the long run: see `npm run test:slow`. */
    isLong: boolean
  }
}

/**
 * How many rows the tests of the cost budget store before they count: rows read do not grow with rows stored, which the
 * long run shows at a million.
 */
export const stored = inject('stored')
export const isLong = inject('isLong')

/** How often something random is tried, or at how many moments a server is killed: so often in the long run. */
export const often = (times: number) => (isLong ? times : Math.ceil(times / 5))

/** The moments at which a server is killed, of so many in the long run. */
export const moments = (count: number) => Array.from({ length: often(count) }, (_, moment) => moment)

/** How many of them one statement stores. */
export const perInsert = 20_000

/** An id of the rows that a budget test stores. */
export const idAt = (prefix: string, n: number) => `${prefix}_${String(n).padStart(8, '0')}`

/** The middle half of the first `count`, by the time of creation, which is their number in milliseconds. */
export const middleHalfOf = (count: number) =>
  `created_from=${new Date(count / 4).toISOString()}&created_before=${new Date((count * 3) / 4).toISOString()}`
export const middleHalf = middleHalfOf(stored)

/** A cursor to the middle of the first `count`. */
export const middleOf = (prefix: string, count = stored) =>
  btoa(JSON.stringify([count / 2, idAt(prefix, count / 2)])).replace(/=+$/, '')
