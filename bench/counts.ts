/** How many rows a database has of what operations write; each is counted, not looked up. */
export interface Counts {
  approvals: number
  pending: number
  events: number
  keys: number
}

/** What calls of an operation add to each, and take from it. */
export type Changes = Partial<Counts>

/** A database's counts, and what its own tallies say of the first two. */
export interface Counted extends Counts {
  tallied: Pick<Counts, 'approvals' | 'pending'>
}

const names = ['approvals', 'pending', 'events', 'keys'] as const

/**
 * Sees to it that so many calls have done what they were answered to have done: nobody is fast by not doing it.
 *
 * @throws Error naming what is missing
 */
export function assertDone(who: string, before: Counted, after: Counted, calls: number, changes: Changes): void {
  const expected = Object.fromEntries(names.map((name) => [name, before[name] + calls * (changes[name] ?? 0)]))
  const { tallied } = after
  for (const [what, is, wanted] of [
    ...names.map((name) => [name, after[name], expected[name]] as const),
    ['tallied approvals', tallied.approvals, after.approvals] as const,
    ['tallied pending', tallied.pending, after.pending] as const,
  ])
    if (is !== wanted) throw new Error(`${who} has ${is} ${what} after ${calls} calls, where ${wanted} should be.`)
}

/** What one row of numbers in this order says: the four, and the two as tallied. */
export function countedOf(row: readonly unknown[]): Counted {
  const [approvals = NaN, pending = NaN, events = NaN, keys = NaN, all = NaN, waiting = NaN] = row.map(Number)
  return { approvals, pending, events, keys, tallied: { approvals: all, pending: waiting } }
}
