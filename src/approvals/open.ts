import type { Ctx } from '../context.ts'
import type { Condition, Statement } from '../db/open-db.ts'
import type { Approval } from './approval.ts'
import { insertApprovals, isOpened } from './approvals.store.ts'
import { digestOf, type Question } from './digest.ts'
import { record, recordIf } from './history.store.ts'
import type { KindOfApprovals } from './policy.ts'

/** A question that somebody asks. */
export interface Opening {
  /** Also the id of what is being approved. */
  id: string
  /** One line that tells an approver what this is about. */
  title: string
  requester_id: string
  /** What an approver decides on: see `Question`. */
  what: Question['what']
  /** The tenant's own word for what is asked, where the family has such. */
  type?: string | null
  /** What or whom it is about, where the family lists by that. */
  subject?: { type: string; id: string } | null
  /** Of the question, where the family has it at hand; else it is computed. */
  digest?: string
  /** When the clock decides it, and how; both or neither. */
  due_at: number | null
  on_due: Approval['on_due']
  /** Whether only those see it who asked, who may decide, and admins. */
  restricted?: boolean
  /**
   * The agent instance that it is asked through, in lower case; unless it is said, that of the caller's key, if any.
   */
  instance_id?: string
}

/**
 * The statements that open approvals: the rows and their first events. The family appends its facts and runs them all
 * in one transaction.
 *
 * @param asked what the family calls it: `submitted`
 * @param guard a condition of the family's: where it does not hold nothing is opened, and the family's own statements
 *   must look for the approval before they write
 */
export async function open(
  ctx: Ctx,
  kind: KindOfApprovals,
  asked: string,
  openings: readonly Opening[],
  guard?: Condition,
): Promise<Statement[]> {
  const sent = await Promise.all(openings.map((one) => sentWith(kind, one, submitterOf(ctx, one))))
  const happenings = sent.map(({ id, requester_id, submitted_by, digest }) => ({
    type: `${kind.kind}.${asked}` as const,
    resourceId: id,
    from: null,
    to: 'pending',
    digest,
    ...(submitted_by !== null && { data: { on_behalf_of: requester_id } }),
  }))
  const [first] = sent
  const event = guard && first ? recordIf(ctx, happenings, isOpened(first.id)) : record(ctx, happenings)
  return [insertApprovals(ctx, kind.kind, sent, { guard }), event]
}

/**
 * The statements that store something which nobody has to be asked about: it is approved by the context's actor from
 * the start, under `decisionId`, and its first event says so. Otherwise as `open`.
 */
export async function openApproved(
  ctx: Ctx,
  kind: KindOfApprovals,
  opening: Opening,
  decisionId: string,
  guard: Condition,
): Promise<Statement[]> {
  const sent = await sentWith(kind, opening, null)
  const { id, digest } = sent
  const happening = { type: `${kind.kind}.approved` as const, resourceId: id, from: null, to: 'approved', digest }
  return [
    insertApprovals(ctx, kind.kind, [sent], { guard, decisionId }),
    recordIf(ctx, [happening], isOpened(opening.id)),
  ]
}

async function sentWith({ kind, policy }: KindOfApprovals, opening: Opening, submitted_by: string | null) {
  const { what, ...rest } = opening
  const { id, title, requester_id: requester } = opening
  const digest = opening.digest ?? (await digestOf({ id, kind, revision: 1, title, requester, what }))
  return { ...rest, digest, votes_needed: policy.required_approvals, submitted_by }
}

/** Whoever asks for somebody else has asked as well: neither of the two decides. */
function submitterOf({ actor }: Ctx, { requester_id }: Opening): string | null {
  return actor.userId === requester_id ? null : actor.userId
}
