import { selectGroupsOf } from '../access/standing.store.ts'
import { BoundedCache } from '../bounded-cache.ts'
import type { Ctx } from '../context.ts'
import { isMissing } from '../db/failures.ts'
import { Refusal } from '../refusal.ts'
import { selectBook, type BookedPolicy } from './book.store.ts'
import { changedMeanwhile } from './decide.ts'
import { ruleOf, type PolicyBody, type Rule } from './policy.ts'

/** A policy as it holds for what is asked now. */
export interface Booked {
  id: string
  name: string
  versionId: string
  match: PolicyBody['match']
  body: PolicyBody
  rule: Rule
}

/** A tenant's policies, in the order in which they are asked. */
export interface Book {
  /** Null where the tenant never had a policy. */
  revision: number | null
  policies: readonly Booked[]
  /** The groups of those who ask, by their ids, where a policy looks at them. */
  groupsOf: ReadonlyMap<string, readonly string[]>
}

/** The book of a tenant that has no policy. */
export const noPolicies: Book = { revision: null, policies: [], groupsOf: new Map() }

/** How much an isolate remembers of policies, in characters of their text. */
const cacheSize = 4_000_000
const cache = new BoundedCache<Omit<Book, 'groupsOf'> & { size: number }>(cacheSize, ({ size }) => size + 200)

/** How often a tenant's policies may change under one asking. */
const tries = 4

/**
 * Asks under the tenant's policies as they are: what an isolate remembers of them is checked in the transaction that
 * asks (`bookIsAt` must be in it), which is tried again with what is true where that was outdated. So is what is
 * refused before it comes to that.
 *
 * @param requesters who asks
 */
export async function underPolicies<T>(
  ctx: Ctx,
  requesters: readonly string[],
  attempt: (book: Book) => Promise<T>,
): Promise<T> {
  let isRead = false
  for (let count = 0; count < tries; count += 1) {
    const known = cache.get(ctx.actor.tenantId) ?? noPolicies
    try {
      return await attempt({ ...known, groupsOf: await groupsOf(ctx, known, requesters) })
    } catch (error) {
      const isOutdated = isMissing(error, 'policy_books.revision')
      if (!isOutdated && (isRead || !(error instanceof Refusal))) throw error
      const { revision } = await loadBook(ctx)
      if (!isOutdated && revision === known.revision) throw error
      isRead = true
    }
  }
  throw changedMeanwhile('The policies')
}

/** The tenant's policies, read now. */
export async function loadBook(ctx: Ctx): Promise<Pick<Book, 'revision' | 'policies'>> {
  const rows = await ctx.db.run(selectBook(ctx))
  const book = {
    revision: rows[0]?.revision ?? null,
    policies: rows.flatMap(booked),
    size: rows.reduce((sum, { body }) => sum + (body?.length ?? 0), 0),
  }
  cache.set(ctx.actor.tenantId, book)
  return book
}

function booked({ policy_id, version_id, name, body }: BookedPolicy): Booked[] {
  if (policy_id === null || version_id === null) return []
  const parsed = JSON.parse(body) as PolicyBody
  const { match } = parsed
  return [{ id: policy_id, name: name ?? '', versionId: version_id, match, body: parsed, rule: ruleOf(parsed) }]
}

async function groupsOf(ctx: Ctx, { policies }: Pick<Book, 'policies'>, requesters: readonly string[]) {
  if (!policies.some(({ body }) => body.match.requester_group !== undefined)) return noPolicies.groupsOf
  const people = await ctx.db.run(selectGroupsOf(ctx, requesters))
  return new Map(people.map(({ id, groups }) => [id, JSON.parse(groups) as string[]]))
}
