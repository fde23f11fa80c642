import { sql } from 'drizzle-orm'
import type { Ctx } from '../context.ts'
import { recordEach } from './history.store.ts'

/**
 * Expires up to `limit` approvals that are past their due time, oldest first, and records each; `sweepId` marks them.
 * The first statement returns a row for each.
 */
export function expire(ctx: Ctx, sweepId: string, limit: number) {
  return [
    ctx.db.all<{ expired: 1 }>(sql`
      UPDATE approvals SET status = 'expired', decided_by = ${ctx.actor.userId}, decided_at = due_at, decision_id = ${sweepId},
        updated_at = ${ctx.now}, revision = revision + 1
      WHERE id IN (
        SELECT id FROM approvals INDEXED BY approvals_due
        WHERE status = 'pending' AND due_at <= ${ctx.now} AND on_due = 'expire' ORDER BY due_at LIMIT ${limit})
      RETURNING 1 AS expired`),
    recordEach(
      ctx,
      sql`SELECT tenant_id, kind || '.expired' AS type, id AS subject_id, 'pending' AS from_status, status AS to_status,
        json_object('due_at', due_at) AS data
        FROM approvals WHERE decision_id = ${sweepId}`,
      limit,
    ),
  ] as const
}
