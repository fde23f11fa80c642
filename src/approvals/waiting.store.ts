import { sql, type SQL } from 'drizzle-orm'
import type { Actor, Ctx } from '../context.ts'
import type { Condition, Fragment } from '../db/open-db.ts'
import type { Capacity, KindOfApprovals } from './policy.ts'

/** What waits for somebody: where no policy says who, of these kinds; else in these roles and groups of theirs. */
export interface WaitsFor {
  /** The kinds that they may decide, each under a further condition on the row `a` of `approvals`. */
  kinds: readonly { kind: KindOfApprovals; condition: Condition }[]
  capacities: readonly Capacity[]
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

const dueOf = sql.raw(`coalesce(a.due_at, ${never})`)

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
    ...capacities.map((_, at) => inCapacity(ctx, sql`(${all} ->> ${sql.raw(String(at))})`, only, after)),
    ...wanted.flatMap(({ kind, condition }) => ofKind(ctx, kind, condition, after, limit + 1)),
  ]
  if (parts.length === 0) return sql`(SELECT ${columns()} FROM approvals a WHERE 0)`
  return sql`(${together(parts, limit + 1)} ORDER BY due, place LIMIT ${limit + 1})`
}

function ofKind(
  { actor, now }: Ctx,
  { kind, policy, restrictable }: KindOfApprovals,
  mine: Condition,
  after: Place | null,
  most: number,
) {
  const notAsked = policy.allow_self_approval ? sql`1` : notAskedBy(actor)
  const waits = sql`a.status = 'pending' AND a.policy_version_id IS NULL AND a.tenant_id = ${actor.tenantId}
    AND ${sql.raw(`a.kind = '${kind}'`)} AND ${isInTime(now)} AND ${notAsked} AND ${mine}`
  const plain = (place: Condition) => sql`
    SELECT ${columns()} FROM approvals a INDEXED BY approvals_waiting WHERE a.restricted = 0 AND ${waits} AND ${place}`
  const restricted = sql`SELECT * FROM (SELECT * FROM (SELECT ${columns()} FROM approvals a INDEXED BY approvals_restricted_by_kind
      WHERE a.restricted = 1 AND ${waits} ORDER BY a.created_at, a.id LIMIT ${mostRestricted}) a
    WHERE ${after ? sql`(due, place) > (${after.due}, ${after.id})` : sql`1`} ORDER BY due, place)`
  // Two ranges of the index, which begins at one bound only where it is one of columns. SQLite does not see that the
  // first is in order, so it is cut where a page would end.
  const ranges = after
    ? [
        sql`SELECT * FROM (${plain(sql`${dueOf} = ${after.due} AND a.id > ${after.id}`)} ORDER BY a.id LIMIT ${most})`,
        plain(sql`${dueOf} > ${after.due}`),
      ]
    : [plain(sql`1`)]
  return [...ranges, ...(restrictable ? [restricted] : [])]
}

/** The same in each part, so that they can be merged. */
function columns(due = dueOf, place = sql`a.id`): Fragment {
  return sql`a.*, ${due} AS due, ${place} AS place`
}

function inCapacity({ actor, now }: Ctx, capacity: SQL, only: string | undefined, after: Place | null) {
  const voted = sql`SELECT 1 FROM votes v
    WHERE v.approval_id = a.id AND v.revision = a.revision AND v.voided_at = 0 AND ${isOf(actor)}`
  const allowsOwn = sql`(SELECT allow_self_approval FROM policy_versions WHERE id = a.policy_version_id)`
  const ofOnly = only === undefined ? sql`1` : sql`a.kind = ${only}`
  const place = after ? sql`(w.due_at, w.approval_id) > (${after.due}, ${after.id})` : sql`1`
  return sql`
      SELECT ${columns(sql`w.due_at`, sql`w.approval_id`)} FROM audience w CROSS JOIN approvals a
      WHERE w.tenant_id = ${actor.tenantId} AND w.capacity = ${capacity} AND ${place} AND a.id = w.approval_id
        AND ${isInTime(now)} AND ${ofOnly} AND (${notAskedBy(actor)} OR ${allowsOwn}) AND NOT EXISTS (${voted})`
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

/** Whether its time is not over, whether or not a sweep has been by. */
function isInTime(now: number): Condition {
  return sql`NOT (a.on_due IS 'expire' AND a.due_at <= ${now})`
}

/**
 * Merged, without sorting: each part comes in the order, and is read only as far as it gets. D1 takes five in one
 * compound; what is beyond that is merged before, and read as far as a page would need.
 */
function together(parts: readonly Fragment[], most: number): Fragment {
  if (parts.length <= 5) return sql.join([...parts], sql` UNION ALL `)
  const rest = sql`SELECT * FROM (${together(parts.slice(4), most)} ORDER BY due, place LIMIT ${most})`
  return together([...parts.slice(0, 4), rest], most)
}
