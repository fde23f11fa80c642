import { isoTime } from '../db/iso.ts'
import { sql, type SQL } from '../db/sql.ts'
import type { Ctx } from '../context.ts'
import type { Condition, Statement } from '../db/open-db.ts'
import type { Kind } from './approval.ts'
import { recordFound } from './history.store.ts'
import { marked, type Mark } from './mark.store.ts'

/** What the clock makes of approvals whose time has come, as each asks for: of one family's, or of all. */
export interface ClockOutcome {
  status: 'expired' | 'approved' | 'rejected'
  kind?: Kind
  /** Not of these. */
  otherThan?: readonly Kind[]
}

/** What an approval says that asks for it. */
const asked = { expired: 'expire', approved: 'approve', rejected: 'reject' } as const

/** Up to `limit` approvals that are past their due time, oldest first. */
export function selectDue(ctx: Ctx, outcome: ClockOutcome, limit: number) {
  const due = (index: string, restricted: 0 | 1) => sql`
    SELECT id, tenant_id, kind, due_at FROM approvals INDEXED BY ${sql.raw(index)} WHERE restricted = ${sql.raw(String(restricted))} AND ${isDue(ctx, outcome)}`
  return ctx.db.all<{ id: string; tenant_id: string; kind: Kind }>(sql`
    SELECT id, tenant_id, kind FROM (${due('approvals_due', 0)} UNION ALL ${due('approvals_restricted_due', 1)} ORDER BY due_at LIMIT ${limit})`)
}

/**
 * Decides approvals, those of them that are still past their due time, and records each. What expires or is rejected is
 * so since its due time, whenever that is noticed; what is approved is so now.
 *
 * @param atMost how many they are
 * @param guard a further condition on the `approvals` row
 */
export function decideDue(ctx: Ctx, outcome: ClockOutcome, mark: Mark, atMost: number, guard: Condition = sql`1`) {
  const { status } = outcome
  const decidedAt = status === 'approved' ? sql`${ctx.now}` : sql`due_at`
  return {
    decided: ctx.db.all<{ tenant_id: string }>(sql`
      UPDATE approvals SET status = ${status}, decided_by = ${ctx.actor.userId}, decided_at = ${decidedAt}, decision_id = ${mark.decisionId},
        updated_at = ${ctx.now}, version = version + 1
      WHERE ${mark.among(sql`id`)} AND ${isDue(ctx, outcome)} AND ${guard}
      RETURNING tenant_id`),
    events: recordFound(
      ctx,
      sql`SELECT tenant_id, kind || '.' || status AS type, id AS resource_id, 'pending' AS from_status, status AS to_status,
        json_object('due_at', ${isoTime(sql`due_at`)}, 'decision_id', decision_id) AS data
        FROM approvals WHERE ${marked(mark)}`,
      atMost,
    ),
  }
}

/** Has one expire that its clock was to approve, if it has not been approved. */
export function expireInstead(ctx: Ctx, id: string): Statement {
  return ctx.db.all(sql`
    UPDATE approvals SET on_due = 'expire', updated_at = ${ctx.now}, version = version + 1
    WHERE id = ${id} AND ${isDue(ctx, { status: 'approved' })}`)
}

function isDue(ctx: Ctx, { status, kind, otherThan = [] }: ClockOutcome): SQL {
  const due = sql`status = 'pending' AND due_at <= ${ctx.now} AND on_due = ${asked[status]}`
  const others = otherThan.map((one) => sql` AND kind <> ${one}`)
  return sql`${due}${kind === undefined ? sql`` : sql` AND kind = ${kind}`}${sql.join(others, sql``)}`
}
