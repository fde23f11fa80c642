import type { Ctx } from '../context.ts'
import type { Condition, Statement } from '../db/open-db.ts'
import type { Approval } from './approval.ts'
import { insertApprovals, isOpened } from './approvals.store.ts'
import { digestOf, type Question } from './digest.ts'
import { record, recordIf } from './history.store.ts'
import { bookIsAt } from './book.store.ts'
import { noPolicies, type Book } from './book.ts'
import type { KindOfApprovals } from './policy.ts'
import { termsOf, type Clock, type Terms } from './terms.ts'

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
  /** When the clock decides it, where the one who asks or the family says so. */
  clock?: Clock | null
  /** Whether only those see it who asked, who may decide, and admins. */
  restricted?: boolean
  /**
   * The agent instance that it is asked through, in lower case; unless it is said, that of the caller's key, if any.
   */
  instance_id?: string
}

/** An approval as it has just been opened: with its facts, what the one who asks is answered. */
export type Opened = Omit<
  Approval,
  | 'tenant_id'
  | 'kind'
  | 'type'
  | 'subject_type'
  | 'subject_id'
  | 'due_or_never'
  | 'decision_id'
  | 'event_seq'
  | 'instance_id'
  | 'stage'
  | 'open_to'
  | 'kept_due_at'
  | 'kept_on_due'
>

/** Approvals and the statements that open them; the family adds its facts, and runs them all in one transaction. */
interface Opens<O extends readonly Opening[]> {
  /** One for each opening, in their order. */
  approvals: { [I in keyof O]: Opened }
  statements: Statement[]
}

/**
 * Opens approvals, within `underPolicies`: the rows and their first events.
 *
 * @param asked what the family calls it: `submitted`
 * @param guard a condition of the family's: where it does not hold nothing is opened, and the family's own statements
 *   must look for the approval before they write
 * @throws Refusal `policy_needs_member`
 */
export async function open<const O extends readonly Opening[]>(
  ctx: Ctx,
  book: Book,
  kind: KindOfApprovals,
  asked: string,
  openings: O,
  guard?: Condition,
): Promise<Opens<O>> {
  const sent = await Promise.all(openings.map((one) => sentWith(ctx, book, kind, one, submitterOf(ctx, one))))
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
  return {
    approvals: sent.map((one) => opened(ctx, one)) as Opens<O>['approvals'],
    statements: [bookIsAt(ctx, book.revision), insertApprovals(ctx, kind.kind, sent, { guard }), event],
  }
}

/**
 * Opens what nobody has to be asked about: it is approved by the context's actor from the start, under `decisionId`,
 * and its first event says so. No policy is looked at. Otherwise as `open`.
 */
export async function openApproved(
  ctx: Ctx,
  kind: KindOfApprovals,
  opening: Opening,
  decisionId: string,
  guard: Condition,
): Promise<Opens<[Opening]>> {
  const sent = await sentWith(ctx, noPolicies, kind, opening, null)
  const { id, digest } = sent
  const happening = { type: `${kind.kind}.approved` as const, resourceId: id, from: null, to: 'approved', digest }
  return {
    approvals: [{ ...opened(ctx, sent), status: 'approved', decided_by: ctx.actor.userId, decided_at: ctx.now }],
    statements: [
      insertApprovals(ctx, kind.kind, [sent], { guard, decisionId }),
      recordIf(ctx, [happening], isOpened(opening.id)),
    ],
  }
}

/** An opening, with what the core finds out about it. */
export type Sent = Omit<Opening, 'what' | 'clock'> & Terms & { digest: string; submitted_by: string | null }

async function sentWith(
  { now }: Ctx,
  book: Book,
  kind: KindOfApprovals,
  { what, clock = null, restricted = false, ...rest }: Opening,
  submitted_by: string | null,
): Promise<Sent> {
  const { id, title, requester_id: requester } = rest
  const digest = await digestOf({ id, kind: kind.kind, revision: 1, title, requester, what })
  return {
    ...rest,
    ...termsOf(book, kind, { what, requester, clocks: [clock], restricted }, now),
    digest,
    submitted_by,
  }
}

function opened({ now }: Ctx, sent: Sent): Opened {
  return {
    id: sent.id,
    status: 'pending',
    title: sent.title,
    requester_id: sent.requester_id,
    submitted_by: sent.submitted_by,
    created_at: now,
    updated_at: now,
    due_at: sent.due_at,
    on_due: sent.on_due,
    policy_version_id: sent.policy_version_id,
    votes_needed: sent.votes_needed,
    votes_for: 0,
    channel_confirms: sent.channel_confirms,
    restricted: sent.restricted ? 1 : 0,
    revision: 1,
    version: 1,
    digest: sent.digest,
    bulk_id: null,
    decided_by: null,
    decided_at: null,
    comment: null,
    approved_digest: null,
  }
}

/** Whoever asks for somebody else has asked as well: neither of the two decides. */
function submitterOf({ actor }: Ctx, { requester_id }: Opening): string | null {
  return actor.userId === requester_id ? null : actor.userId
}
