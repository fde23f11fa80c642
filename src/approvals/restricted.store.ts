import { sql, type SQL } from '../db/sql.ts'
import type { Actor, Ctx } from '../context.ts'
import { jsonEach } from '../db/json.ts'
import type { Condition, Fragment } from '../db/open-db.ts'
import type { KindOfApprovals } from './policy.ts'
import { boundTo, quotedCapacities, seesAll, seesRestricted } from './restricted.ts'

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
  if (seesAll(actor)) return sql`1`
  const ungoverned = seesRestricted(actor, kind) ? sql`${row}.policy_version_id IS NULL` : sql`0`
  return sql`(${row}.restricted = 0 OR ${row}.requester_id = ${actor.userId} OR ${row}.submitted_by IS ${actor.userId} OR ${ungoverned}
    OR ${hasCapacity(actor, sql`${row}.open_to`)} OR EXISTS (SELECT 1 FROM policy_versions p WHERE p.id = ${row}.policy_version_id AND ${votesUnder(actor)}))`
}

/** Who may vote on the row `a` of `approvals`, where that says who sees it: see `Seeable`. */
export const votersOfRow = sql`iif(a.restricted, (SELECT capacities FROM policy_versions WHERE id = a.policy_version_id), NULL)`

/**
 * The policy versions that restricted approvals of a kind are under, and that the actor may vote under in any stage: a
 * SELECT of their ids.
 */
export function versionsSeenBy({ actor }: Ctx, kind: string): Fragment {
  return sql`SELECT p.id FROM ${versionsOfRestricted(actor, kind)} AND ${votesUnder(actor)}`
}

/**
 * The policy versions `p` that restricted approvals of a kind are under, each with its tally `t`: what comes after
 * FROM, down to a condition.
 */
export function versionsOfRestricted({ tenantId }: Actor, kind: string): Fragment {
  return sql`tallies t CROSS JOIN policy_versions p
    WHERE t.tenant_id = ${tenantId} AND t.kind = ${kind} AND t.facet > 'version:' AND t.facet < 'version;' AND p.id = substr(t.facet, 9)`
}

/** Whether somebody may vote in any stage of the policy version `p`. */
export function votesUnder(actor: Actor): Condition {
  return hasCapacity(actor, sql`p.capacities`)
}

/** As many are looked for one by one, which reads no row; more as a list. */
const fewCapacities = 10

/** Whether one of an actor's capacities is in a JSON text; NULL or 0 where none is. */
function hasCapacity(actor: Actor, json: SQL): Condition {
  const mine = quotedCapacities(actor)
  if (mine.length > fewCapacities)
    return sql`EXISTS (SELECT 1 FROM ${jsonEach(mine)} mine WHERE instr(${json}, mine.value))`
  const each = mine.map((capacity) => sql`instr(${json}, ${capacity})`)
  return sql`(${sql.join([sql`0`, ...each], sql` OR `)})`
}
