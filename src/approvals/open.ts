import type { Ctx } from '../context.ts'
import type { Condition, Statement } from '../db/open-db.ts'
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
  /** Of the question, where the family has it at hand; else it is computed. */
  digest?: string
  /** When the clock decides it, where the one who asks or the family says so. */
  clock?: Clock | null
  /** On what terms it is asked, where the family has them at hand; else they are computed. */
  terms?: Terms
  /**
   * The agent instance that it is asked through, in lower case; unless it is said, that of the caller's key, if any.
   */
  instance_id?: string
}

/**
 * The statements that open approvals: the rows and their first events. The family appends its facts and runs them all
 * in one transaction, within `underPolicies`.
 *
 * @param asked what the family calls it: `submitted`
 * @param guard a condition of the family's: where it does not hold nothing is opened, and the family's own statements
 *   must look for the approval before they write
 * @throws Refusal `policy_needs_member`
 */
export async function open(
  ctx: Ctx,
  book: Book,
  kind: KindOfApprovals,
  asked: string,
  openings: readonly Opening[],
  guard?: Condition,
): Promise<Statement[]> {
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
  return [bookIsAt(ctx, book.revision), insertApprovals(ctx, kind.kind, sent, { guard }), event]
}

/**
 * The statements that store something which nobody has to be asked about: it is approved by the context's actor from
 * the start, under `decisionId`, and its first event says so. No policy is looked at. Otherwise as `open`.
 */
export async function openApproved(
  ctx: Ctx,
  kind: KindOfApprovals,
  opening: Opening,
  decisionId: string,
  guard: Condition,
): Promise<Statement[]> {
  const sent = await sentWith(ctx, noPolicies, kind, opening, null)
  const { id, digest } = sent
  const happening = { type: `${kind.kind}.approved` as const, resourceId: id, from: null, to: 'approved', digest }
  return [
    insertApprovals(ctx, kind.kind, [sent], { guard, decisionId }),
    recordIf(ctx, [happening], isOpened(opening.id)),
  ]
}

async function sentWith(
  { now }: Ctx,
  book: Book,
  kind: KindOfApprovals,
  opening: Opening,
  submitted_by: string | null,
) {
  const { what, clock = null, terms, ...rest } = opening
  const { id, title, requester_id: requester } = opening
  const digest = opening.digest ?? (await digestOf({ id, kind: kind.kind, revision: 1, title, requester, what }))
  return { ...rest, ...(terms ?? termsOf(book, kind, { what, requester, clocks: [clock] }, now)), digest, submitted_by }
}

/** Whoever asks for somebody else has asked as well: neither of the two decides. */
function submitterOf({ actor }: Ctx, { requester_id }: Opening): string | null {
  return actor.userId === requester_id ? null : actor.userId
}
