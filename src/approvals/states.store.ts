import { sql, type SQL } from '../db/sql.ts'
import type { Ctx } from '../context.ts'
import type { Condition, Fragment } from '../db/open-db.ts'
import { autoRejecter, expirer } from './states.ts'

/** Whether the clock has ended the row `a` of `approvals`, although no sweep has been by. */
function isOver({ now }: Ctx): Condition {
  return sql`(a.status = 'pending' AND a.on_due <> 'approve' AND a.due_at <= ${now})`
}

/** Whether the time of a row of `approvals` is not over: where its clock approves it, it is not before that is done. */
export function isInTime(now: number, row: SQL = sql`approvals`): Condition {
  return sql`(${row}.due_at IS NULL OR ${row}.due_at > ${now} OR ${row}.on_due = 'approve')`
}

/** The status of the row `a` of `approvals` as of now: says what `statusAt` says. */
export function statusNow(ctx: Ctx): Fragment {
  return sql`iif(${isOver(ctx)}, iif(a.on_due = 'reject', 'rejected', 'expired'), a.status)`
}

/** The `status` of the row `a` of `approvals` as of now, `decided_by` and `decided_at`: says what `standingOf` says. */
export function standingNow(ctx: Ctx): Fragment {
  return sql`${statusNow(ctx)} AS status,
    iif(${isOver(ctx)}, iif(a.on_due = 'reject', ${autoRejecter}, ${expirer}), a.decided_by) AS decided_by,
    iif(${isOver(ctx)}, a.due_at, a.decided_at) AS decided_at`
}
