import { sql, type SQL } from 'drizzle-orm'
import type { Ctx } from '../context.ts'
import type { Kind } from './approval.ts'
import { recordFound } from './history.store.ts'

/** What the clock makes of approvals whose time has come, as each asks for: of one family's, or of all. */
export interface ClockOutcome {
  status: 'expired' | 'approved' | 'rejected'
  kind?: Kind
}

/** What an approval says that asks for it. */
const asked = { expired: 'expire', approved: 'approve', rejected: 'reject' } as const

/** A row where anything is past its due time. */
export function selectWhetherDue(ctx: Ctx, outcome: ClockOutcome) {
  return ctx.db.all<{ due: 1 }>(
    sql`SELECT 1 AS due FROM approvals INDEXED BY approvals_due WHERE ${isDue(ctx, outcome)} LIMIT 1`,
  )
}

/**
 * Decides up to `limit` approvals that are past their due time, oldest first, and records each; `sweepId` marks them.
 * `decided` returns a row for each. What expires does so at its due time, whenever that is noticed; what is
 * approved or rejected is so now.
 */
export function decideDue(ctx: Ctx, outcome: ClockOutcome, sweepId: string, limit: number) {
  const { status } = outcome
  const decidedAt = status === 'expired' ? sql`due_at` : sql`${ctx.now}`
  return {
    decided: ctx.db.all<{ decided: 1 }>(sql`
      UPDATE approvals SET status = ${status}, decided_by = ${ctx.actor.userId}, decided_at = ${decidedAt}, decision_id = ${sweepId},
        updated_at = ${ctx.now}, revision = revision + 1
      WHERE id IN (
        SELECT id FROM approvals INDEXED BY approvals_due
        WHERE ${isDue(ctx, outcome)} ORDER BY due_at LIMIT ${limit})
      RETURNING 1 AS decided`),
    events: recordFound(
      ctx,
      sql`SELECT tenant_id, kind || '.' || status AS type, id AS subject_id, 'pending' AS from_status, status AS to_status,
        json_object('due_at', due_at, 'decision_id', decision_id) AS data
        FROM approvals WHERE decision_id = ${sweepId}`,
      limit,
    ),
  }
}

function isDue(ctx: Ctx, { status, kind }: ClockOutcome): SQL {
  const due = sql`status = 'pending' AND due_at <= ${ctx.now} AND on_due = ${asked[status]}`
  return kind === undefined ? due : sql`${due} AND kind = ${kind}`
}
