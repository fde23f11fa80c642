import { sql, type SQL } from 'drizzle-orm'
import type { Ctx } from '../context.ts'
import type { Kind } from './approval.ts'
import { recordFound } from './history.store.ts'

/** What the clock makes of approvals whose time has come: all of them expire, or those of one family are approved. */
export type ClockOutcome = { status: 'expired' } | { status: 'approved'; kind: Kind }

/** A row where anything is past its due time. */
export function selectWhetherDue(ctx: Ctx, outcome: ClockOutcome) {
  return ctx.db.all<{ due: 1 }>(
    sql`SELECT 1 AS due FROM approvals INDEXED BY approvals_due WHERE ${isDue(ctx, outcome)} LIMIT 1`,
  )
}

/**
 * Decides up to `limit` approvals that are past their due time, oldest first, and records each; `sweepId` marks them.
 * `decided` returns a row for each. What expires does so at its due time, whenever that is noticed; what is
 * approved is approved now.
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

function isDue(ctx: Ctx, outcome: ClockOutcome): SQL {
  const due = sql`status = 'pending' AND due_at <= ${ctx.now}`
  return outcome.status === 'expired'
    ? sql`${due} AND on_due = 'expire'`
    : sql`${due} AND on_due = 'approve' AND kind = ${outcome.kind}`
}
