import { sql } from 'drizzle-orm'
import type { Ctx } from '../context.ts'
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

const due = sql.raw(`coalesce(a.due_at, ${never})`)
const columns = sql`a.*, ${due} AS due`

/**
 * What waits for the actor, nearest to its end first, as a table for a FROM clause: all columns of `approvals`, and
 * `due`. One that waits for several of their roles and groups is there several times.
 */
export function pageOfWaiting(ctx: Ctx, waits: WaitsFor, limit: number, after: Place | null): Fragment {
  const { kinds, capacities, only } = waits
  const wanted = kinds.filter(({ kind }) => only === undefined || kind.kind === only)
  const parts = [
    ...wanted.flatMap(({ kind, condition }) => ofKind(ctx, kind, condition, after)),
    ...capacities.flatMap((capacity) => inCapacity(ctx, capacity, only, after)),
  ]
  if (parts.length === 0) return sql`(SELECT ${columns} FROM approvals a WHERE 0)`
  return sql`(${together(parts)} ORDER BY due, id LIMIT ${limit + 1})`
}

function ofKind(
  { actor, now }: Ctx,
  { kind, policy, restrictable }: KindOfApprovals,
  mine: Condition,
  after: Place | null,
) {
  const notAsked = policy.allow_self_approval ? sql`1` : notAskedBy(actor.userId)
  const waits = sql`a.status = 'pending' AND a.policy_version_id IS NULL AND a.tenant_id = ${actor.tenantId}
    AND ${sql.raw(`a.kind = '${kind}'`)} AND ${isInTime(now)} AND ${notAsked} AND ${mine}`
  const plain = sql`SELECT ${columns} FROM approvals a INDEXED BY approvals_waiting WHERE a.restricted = 0 AND ${waits}`
  const restricted = sql`SELECT * FROM (SELECT * FROM (SELECT ${columns} FROM approvals a INDEXED BY approvals_restricted_by_kind
      WHERE a.restricted = 1 AND ${waits} ORDER BY a.created_at, a.id LIMIT ${mostRestricted}) a
    WHERE ${after ? sql`(due, a.id) > (${after.due}, ${after.id})` : sql`1`} ORDER BY due, id)`
  return [
    ...behind(after, due, sql`a.id`).map((place) => sql`${plain} AND ${place}`),
    ...(restrictable ? [restricted] : []),
  ]
}

function inCapacity({ actor, now }: Ctx, capacity: Capacity, only: string | undefined, after: Place | null) {
  const voted = sql`SELECT 1 FROM votes v
    WHERE v.approval_id = a.id AND v.revision = a.revision AND v.voter_id = ${actor.userId} AND v.voided_at = 0`
  const allowsOwn = sql`(SELECT allow_self_approval FROM policy_versions WHERE id = a.policy_version_id)`
  const ofOnly = only === undefined ? sql`1` : sql`a.kind = ${only}`
  return behind(after, sql`w.due_at`, sql`w.approval_id`).map(
    (place) => sql`
      SELECT a.*, w.due_at AS due FROM audience w CROSS JOIN approvals a
      WHERE w.tenant_id = ${actor.tenantId} AND w.capacity = ${capacity} AND ${place} AND a.id = w.approval_id
        AND ${isInTime(now)} AND ${ofOnly} AND (${notAskedBy(actor.userId)} OR ${allowsOwn}) AND NOT EXISTS (${voted})`,
  )
}

function notAskedBy(userId: string): Condition {
  return sql`a.requester_id <> ${userId} AND a.submitted_by IS NOT ${userId}`
}

/** Whether its time is not over, whether or not a sweep has been by. */
function isInTime(now: number): Condition {
  return sql`NOT (a.on_due IS 'expire' AND a.due_at <= ${now})`
}

/** Two ranges of an index, because it begins at one bound only where it is one of columns. */
function behind(after: Place | null, at: Fragment, id: Fragment): Condition[] {
  return after ? [sql`${at} = ${after.due} AND ${id} > ${after.id}`, sql`${at} > ${after.due}`] : [sql`1`]
}

/** Merged, without sorting: each part comes in the order. D1 takes five in one compound. */
function together(parts: readonly Fragment[]): Fragment {
  if (parts.length <= 5) return sql.join([...parts], sql` UNION ALL `)
  const groups = Array.from({ length: Math.ceil(parts.length / 5) }, (_, at) => parts.slice(at * 5, at * 5 + 5))
  return together(groups.map((group) => sql`SELECT * FROM (${together(group)})`))
}
