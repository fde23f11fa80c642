import { sql, type SQL } from '../db/sql.ts'
import { chunksOf } from '../chunks.ts'
import type { Actor, Ctx } from '../context.ts'
import type { Condition, Fragment } from '../db/open-db.ts'
import type { Capacity, KindOfApprovals } from './policy.ts'
import { isInTime } from './states.store.ts'

/** What waits for somebody: where no policy says who, of these kinds; else in these roles and groups of theirs. */
export interface WaitsFor {
  /** The kinds that they may decide, each under a further condition on the row `a` of `approvals`. */
  kinds: readonly { kind: KindOfApprovals; condition: Condition }[]
  capacities: readonly Capacity[]
  /** What keeps them from voting under a policy: conditions on the row `a` of `approvals`. */
  noVote: readonly Condition[]
  /** The only kind that is asked for, if any. */
  only?: string | undefined
}

/** Where a page of what waits begins: behind this one, which is due then. */
export interface Place {
  due: number
  id: string
}

/** When something is due that never is: after everything else. */
export const never = Number.MAX_SAFE_INTEGER

/** How many restricted ones of a kind are looked through, where no policy says who decides: the oldest. */
const mostRestricted = 100

/**
 * What waits for the actor, nearest to its end first, as a table for a FROM clause: all columns of `approvals`, and
 * `due` and `place`, by which it is in order. One that waits for several of their roles and groups is there several
 * times.
 */
export function pageOfWaiting(ctx: Ctx, waits: WaitsFor, limit: number, after: Place | null): Fragment {
  const { kinds, capacities, only } = waits
  const wanted = kinds.filter(({ kind }) => only === undefined || kind.kind === only)
  // One bound value for all of them: there may be more than a hundred.
  const all = JSON.stringify(capacities)
  const parts = [
    ...capacities.map((_, at) => inCapacity(ctx, sql`(${all} ->> ${sql.raw(String(at))})`, waits, after)),
    ...wanted.flatMap(({ kind, condition }) => ofKind(ctx, kind, condition, after)),
  ]
  if (parts.length === 0) return sql`(SELECT ${columns} FROM approvals a WHERE 0)`
  return sql`(${together(parts)} ORDER BY due, place LIMIT ${limit + 1})`
}

function ofKind(
  { actor, now }: Ctx,
  { kind, policy, restrictable }: KindOfApprovals,
  mine: Condition,
  after: Place | null,
) {
  const notAsked = policy.allow_self_approval ? sql`1` : notAskedBy(actor)
  const waits = sql`a.status = 'pending' AND a.policy_version_id IS NULL AND a.tenant_id = ${actor.tenantId}
    AND ${sql.raw(`a.kind = '${kind}'`)} AND ${isInTime(now, sql`a`)} AND ${notAsked} AND ${mine}`
  const plain = sql`SELECT ${columns} FROM approvals a INDEXED BY approvals_waiting
    WHERE a.restricted = 0 AND ${waits} AND ${isAfter(after, sql`a.due_or_never, a.id`)}`
  const restricted = sql`SELECT * FROM (SELECT * FROM (SELECT ${columns} FROM approvals a INDEXED BY approvals_restricted_by_kind
      WHERE a.restricted = 1 AND ${waits} ORDER BY a.created_at, a.id LIMIT ${mostRestricted}) a
    WHERE ${isAfter(after)} ORDER BY due, place)`
  return restrictable ? [plain, restricted] : [plain]
}

/** Those of `audience`, so that the parts can be merged. */
const columns = sql`a.*, a.tenant_id AS asked_in, CAST(NULL AS TEXT) AS capacity, a.due_or_never AS due, a.id AS place`

function isAfter(after: Place | null, place = sql`a.due, a.place`): Condition {
  return after ? sql`(${place}) > (${after.due}, ${after.id})` : sql`1`
}

function inCapacity({ actor, now }: Ctx, capacity: SQL, { only, noVote }: WaitsFor, after: Place | null) {
  const voted = sql`SELECT 1 FROM votes v
    WHERE v.approval_id = a.id AND v.revision = a.revision AND v.voided_at = 0 AND ${isOf(actor)}`
  const allowsOwn = sql`(SELECT allow_self_approval FROM policy_versions WHERE id = a.policy_version_id)`
  const ofOnly = only === undefined ? sql`1` : sql`a.kind = ${only}`
  return sql`SELECT a.* FROM audience a
    WHERE a.asked_in = ${actor.tenantId} AND a.capacity = ${capacity} AND ${isAfter(after)}
      AND ${isInTime(now, sql`a`)} AND ${ofOnly} AND (${notAskedBy(actor)} OR ${allowsOwn}) AND NOT EXISTS (${voted})
      AND NOT ${sql.join([sql`0`, ...noVote], sql` AND NOT `)}`
}

/** Neither by them nor by whoever has made their key: `unasked` in `rules.ts`. */
function notAskedBy({ userId, keyMadeBy }: Actor): Condition {
  const by = (who: string) => sql`a.requester_id <> ${who} AND a.submitted_by IS NOT ${who}`
  return keyMadeBy === null ? by(userId) : sql`${by(userId)} AND ${by(keyMadeBy)}`
}

/** Whether the vote `v` leaves them none: `secondVote` in `rules.ts`. */
function isOf({ userId, keyMadeBy }: Actor): Condition {
  const cast = (who: string) => sql`${who} IN (v.voter_id, v.reported_by)`
  const theirs = sql`${cast(userId)} OR v.counted_with ->> '$.key_made_by' = ${userId}`
  return keyMadeBy === null ? sql`(${theirs})` : sql`(${theirs} OR ${cast(keyMadeBy)})`
}

/**
 * Merged, without sorting: each part comes in the order, and is read only as far as it gets. D1 takes five in one
 * compound, and SQLite makes one of those within those.
 */
function together(parts: readonly Fragment[]): Fragment {
  const most = 5
  if (parts.length <= most) return sql.join([...parts], sql` UNION ALL `)
  const groups = chunksOf(parts, Math.ceil(parts.length / most))
  return sql.join(
    groups.map((group) => sql`SELECT * FROM (${together(group)})`),
    sql` UNION ALL `,
  )
}
