import { setTimeout as sleep } from 'node:timers/promises'

/** How D1 fails: what was asked of it happens or does not, and either way no answer comes. */
export interface Fault {
  /** `before`: nothing was committed; `after`: it was, and nobody heard. */
  when: 'before' | 'after'
  /** What D1 says then. */
  message: string
}

/** What D1 says when it cannot answer. */
export const faults: readonly Fault[] = [
  { when: 'before', message: 'D1_ERROR: D1 DB is overloaded. Too many requests queued.' },
  { when: 'before', message: 'Network connection lost.' },
  { when: 'after', message: 'D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.' },
  { when: 'after', message: 'Network connection lost.' },
]

/** A database that fails now and then. */
export interface FaultyD1 {
  db: D1Database
  /** How many round trips there were. */
  trips(): number
}

/**
 * The same database behind a connection that fails.
 *
 * @param faultAt asked at each round trip, which are counted from 0; null lets it through
 * @param delay milliseconds that each round trip takes longer
 */
export function faultyD1(d1: D1Database, faultAt: (trip: number) => Fault | null, delay = 0): FaultyD1 {
  let trips = 0
  const batch = async (session: D1DatabaseSession, statements: D1PreparedStatement[]) => {
    const fault = faultAt(trips++)
    if (delay > 0) await sleep(delay)
    if (fault?.when === 'before') throw new Error(fault.message)
    const results = await session.batch(statements)
    if (fault) throw new Error(fault.message)
    return results
  }
  const withSession = (start?: string) => {
    const session = d1.withSession(start)
    return {
      prepare: (query: string) => session.prepare(query),
      batch: (statements: D1PreparedStatement[]) => batch(session, statements),
      getBookmark: () => session.getBookmark(),
    }
  }
  return { db: { withSession } as unknown as D1Database, trips: () => trips }
}
