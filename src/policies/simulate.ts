import { selectGroupsOf } from '../access/standing.store.ts'
import { ruleOfFamily, type Family } from '../approvals/family.ts'
import { byPlace } from '../approvals/match.ts'
import { selectAllPolicies } from '../approvals/policies.store.ts'
import type { PolicyBody } from '../approvals/policy.ts'
import { factsFor } from '../approvals/terms.ts'
import type { Ctx } from '../context.ts'
import { pageOf, type Position } from '../db/page.ts'
import { second } from '../durations.ts'
import { families } from '../families.ts'
import { invalidInput, type Refusal } from '../refusal.ts'
import { availableTo, crowdOf, groupsOf, infeasibleAmong, selectCrowd } from './available.ts'
import { ComparisonOfBooks, type Compared } from './comparison-of-books.ts'
import type { AskedPolicy } from './policies.ts'
import { refuseMissingGroups } from './refuse-infeasible.ts'
import { selectFacts, selectPastAskings, type PastAsking } from './simulate.store.ts'

/** Where a simulation goes on: among the approvals of a kind. */
export interface Place {
  kind: string
  after: Position | null
}

/** What one call does at the most; the platform allows 1,000 queries and 30 seconds of its processor. */
const mostAtOnce = { approvals: 100_000, queries: 900, time: 20 * second, perPage: 1_000 }

/** How many facts that are large are read at once: each may have a quarter of a MiB, or a little more. */
const largeAtOnce = 16

/** What a policy would have done. */
export interface Simulation {
  comparison: ComparisonOfBooks
  /** The first stage that the people there are could not fulfil for more than one requester. */
  infeasibleStage: string | null
  /** Where to go on; null at the end. */
  next: Place | null
}

/**
 * What would be asked of whom if a policy held, of what was asked before, newest first: against the policies that hold
 * now. Writes nothing.
 *
 * @param asked.id that of the policy which it is to replace; without one it is one more
 * @param since from when on, in milliseconds
 * @param from where an earlier call has stopped
 * @param most what this one does at the most
 * @throws Refusal `invalid_input` (the id, groups, where an earlier call is said to have stopped)
 */
export async function simulatePolicy(
  ctx: Ctx,
  asked: AskedPolicy & { id?: string | undefined },
  since: number,
  from: Place | null,
  most = mostAtOnce,
): Promise<Simulation> {
  const { name, priority, id, ...body } = asked
  const read = await ctx.db.batch({ ...selectCrowd(ctx, groupsOf(body)), policies: selectAllPolicies(ctx) })
  refuseMissingGroups(body, read.groups, '/policy')
  const crowd = crowdOf(read)
  const stored = read.policies.map((one) => ({
    ...one,
    ...compared(one.id, one.name, JSON.parse(one.body) as PolicyBody),
  }))
  const replaced = stored.find((one) => one.id === id)
  if (id !== undefined && !replaced) {
    throw invalidInput([
      { in: 'body', pointer: '/policy/id', message: `there is no policy ${id}`, type: 'value_error' },
    ])
  }
  const policy = { ...compared(id ?? '', name, body), priority, created_at: replaced?.created_at ?? ctx.now }
  const then = [...stored.filter((one) => one !== replaced), policy].toSorted(byPlace)
  const comparison = new ComparisonOfBooks(stored, then, policy, availableTo(crowd, body))
  const groups = [...stored, policy].some(({ match }) => match.requester_group) ? new Map<string, string[]>() : null
  const next = await compareAll(ctx, comparison, { kind: body.match.kind, replaced, since, from, groups, most })
  return { comparison, infeasibleStage: infeasibleAmong(crowd, body), next }
}

function compared(id: string, name: string, body: PolicyBody): Compared {
  return { id, name, match: body.match, body }
}

interface Span {
  /** The only kind that the policy is for, if it says one. */
  kind: string | undefined
  replaced: Compared | undefined
  since: number
  from: Place | null
  /** Of requesters, as far as they are known; null where no policy looks at them. */
  groups: Map<string, string[]> | null
  most: typeof mostAtOnce
}

/** @returns where it has stopped, if that is not the end */
async function compareAll(ctx: Ctx, comparison: ComparisonOfBooks, span: Span): Promise<Place | null> {
  const began = { at: Date.now(), queries: ctx.db.cost.queries }
  const concerned = families.filter(
    ({ kind }) => !span.kind || kind === span.kind || (span.replaced && kind === (span.replaced.match.kind ?? kind)),
  )
  const first = span.from ? concerned.findIndex(({ kind }) => kind === span.from?.kind) : 0
  if (first === -1) throw notFromNext()
  for (const family of concerned.slice(first) as Family[]) {
    let after = family.kind === span.from?.kind ? span.from.after : null
    do {
      const { most } = span
      const isSpent =
        comparison.considered >= most.approvals ||
        ctx.db.cost.queries - began.queries >= most.queries ||
        Date.now() - began.at >= most.time
      if (isSpent) return { kind: family.kind, after }
      const page = { limit: most.perPage, offset: 0, after, from: span.since }
      const { rows, next } = pageOf(await ctx.db.run(selectPastAskings(ctx, family, page)), page, null, (row) => row)
      await readGroups(ctx, span.groups, rows)
      for await (const { row, facts } of withFacts(ctx, family, rows)) {
        const what = family.what.of(JSON.parse(facts))
        const [own, isConfirmed] = [ruleOfFamily(family, what), family.isConfirmed?.(what) ?? false]
        const requesterGroups = span.groups?.get(row.requester_id) ?? []
        const confirmer = family.confirmer?.(what) ?? null
        const hands = row.submitted_by === null ? [row.requester_id] : [row.requester_id, row.submitted_by]
        const looked = { kind: family.kind, ...factsFor(family, what), requesterGroups }
        comparison.add({ id: row.id, hands, facts: looked, own, isConfirmed, confirmer })
      }
      after = next
    } while (after)
  }
  return null
}

/** The refusal of a cursor that no answer for this policy has had. */
export function notFromNext(): Refusal {
  return invalidInput([
    { in: 'body', pointer: '/cursor', message: 'must be a cursor from `next`', type: 'value_error' },
  ])
}

/** What was asked with its facts: those that are large are read a few at a time. */
async function* withFacts(ctx: Ctx, family: Family, rows: readonly PastAsking[]) {
  const large: PastAsking[] = []
  for (const row of rows) {
    if (row.facts === null) large.push(row)
    else yield { row, facts: row.facts }
  }
  for (let at = 0; at < large.length; at += largeAtOnce) {
    const some = large.slice(at, at + largeAtOnce)
    const ids = some.map(({ id }) => id)
    const found = new Map((await ctx.db.run(selectFacts(ctx, family, ids))).map(({ id, facts }) => [id, facts]))
    for (const row of some) {
      const facts = found.get(row.id)
      if (facts !== undefined) yield { row, facts }
    }
  }
}

async function readGroups(ctx: Ctx, groups: Map<string, string[]> | null, rows: readonly PastAsking[]): Promise<void> {
  const unknown = [...new Set(rows.map((row) => row.requester_id))].filter((id) => groups && !groups.has(id))
  if (!groups || unknown.length === 0) return
  for (const id of unknown) groups.set(id, [])
  for (const { id, groups: has } of await ctx.db.run(selectGroupsOf(ctx, unknown))) groups.set(id, JSON.parse(has))
}
