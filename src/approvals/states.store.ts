import { sql } from '../db/sql.ts'
import type { Ctx } from '../context.ts'
import type { Condition, Fragment } from '../db/open-db.ts'
import { expirer } from './states.ts'

/** Whether the row `a` of `approvals` is past its due time, and expires then, although no sweep has been by. */
export function isOverdue({ now }: Ctx): Condition {
  return sql`(a.status = 'pending' AND a.on_due IS 'expire' AND a.due_at <= ${now})`
}

/** The `status` of the row `a` of `approvals` as of now, `decided_by` and `decided_at`: says what `standingOf` says. */
export function standingNow(ctx: Ctx): Fragment {
  const now = (expired: Fragment, stored: Fragment) => sql`iif(${isOverdue(ctx)}, ${expired}, ${stored})`
  return sql`${now(sql`'expired'`, sql`a.status`)} AS status, ${now(sql`${expirer}`, sql`a.decided_by`)} AS decided_by,
    ${now(sql`a.due_at`, sql`a.decided_at`)} AS decided_at`
}
