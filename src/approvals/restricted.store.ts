import { sql, type SQL } from 'drizzle-orm'
import type { Ctx } from '../context.ts'
import type { Condition } from '../db/open-db.ts'
import type { KindOfApprovals } from './policy.ts'
import { boundTo, seesRestricted } from './restricted.ts'

/**
 * Whether the actor sees a row of `approvals`. To whoever does not it is as if it were not there: every read of one
 * approval has this in its WHERE.
 *
 * @param kind of which it is
 * @param row the name that the row goes by
 */
export function visible({ actor }: Ctx, kind: KindOfApprovals, row: SQL = sql`approvals`): Condition {
  const instance = boundTo(actor)
  if (instance !== null) return sql`${row}.instance_id IS ${instance}`
  if (seesRestricted(actor, kind)) return sql`1`
  return sql`(${row}.restricted = 0 OR ${row}.requester_id = ${actor.userId} OR ${row}.submitted_by IS ${actor.userId})`
}
