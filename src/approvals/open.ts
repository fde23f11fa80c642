import type { Ctx } from '../context.ts'
import type { Statement } from '../db/open-db.ts'
import type { Approval, Kind } from './approval.ts'
import { insertApprovals } from './approvals.store.ts'
import { record } from './history.store.ts'
import type { Policy } from './policy.ts'

/** A question that somebody asks. */
export interface Opening {
  /** Also the id of what is being approved. */
  id: string
  /** One line that tells an approver what this is about. */
  title: string
  requester_id: string
  policy: Policy
  /** When the clock decides it, and how; both or neither. */
  due_at: number | null
  on_due: Approval['on_due']
}

/**
 * The statements that open approvals: the rows and their first events. The family appends its facts and runs them all
 * in one transaction.
 *
 * @param asked what the family calls it: `claim.submitted`
 */
export function open(ctx: Ctx, kind: Kind, asked: string, openings: readonly Opening[]): Statement[] {
  return [
    insertApprovals(ctx, kind, openings),
    record(
      ctx,
      openings.map(({ id }) => ({ type: `${kind}.${asked}`, subjectId: id, from: null, to: 'pending' })),
    ),
  ]
}
