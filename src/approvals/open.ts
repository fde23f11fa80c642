import type { Ctx } from '../context.ts'
import type { Condition, Statement } from '../db/open-db.ts'
import type { Approval, Kind } from './approval.ts'
import { insertApprovals } from './approvals.store.ts'
import { record, recordOpened } from './history.store.ts'
import type { Policy } from './policy.ts'

/** A question that somebody asks. */
export interface Opening {
  /** Also the id of what is being approved. */
  id: string
  /** One line that tells an approver what this is about. */
  title: string
  requester_id: string
  /** What or whom it is about, where the family lists by that. */
  subject?: { type: string; id: string }
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
 * @param guard a condition of the family's: where it does not hold nothing is opened, and the family's own statements
 *   must look for the approval before they write
 */
export function open(
  ctx: Ctx,
  kind: Kind,
  asked: string,
  openings: readonly Opening[],
  guard?: Condition,
): Statement[] {
  const sent = openings.map((opening) => ({ ...opening, submitted_by: submitterOf(ctx, opening) }))
  const happenings = sent.map(({ id, requester_id, submitted_by }) => ({
    type: `${kind}.${asked}` as const,
    subjectId: id,
    from: null,
    to: 'pending',
    ...(submitted_by !== null && { data: { on_behalf_of: requester_id } }),
  }))
  return [insertApprovals(ctx, kind, sent, { guard }), guard ? recordOpened(ctx, happenings) : record(ctx, happenings)]
}

/**
 * The statements that store something which nobody has to be asked about: it is approved by the context's actor from
 * the start, under `decisionId`, and its first event says so. Otherwise as `open`.
 */
export function openApproved(
  ctx: Ctx,
  kind: Kind,
  opening: Opening,
  decisionId: string,
  guard: Condition,
): Statement[] {
  const happening = { type: `${kind}.approved` as const, subjectId: opening.id, from: null, to: 'approved' }
  const sent = { ...opening, submitted_by: null }
  return [insertApprovals(ctx, kind, [sent], { guard, decisionId }), recordOpened(ctx, [happening])]
}

/** Whoever asks for somebody else has asked as well: neither of the two decides. */
function submitterOf({ actor }: Ctx, { requester_id }: Opening): string | null {
  return actor.userId === requester_id ? null : actor.userId
}
