import type { Ctx } from '../context.ts'
import type { Statement } from '../db/open-db.ts'
import { newId } from '../ids.ts'
import { Refusal } from '../refusal.ts'
import { amendQuestion, type AmendedTerms } from './amend.store.ts'
import { underPolicies, type Book } from './book.ts'
import { bookIsAt } from './book.store.ts'
import { selectApproval, type VotedOn } from './cast-vote.store.ts'
import { untilSettled, type Target } from './decide.ts'
import { digestOf } from './digest.ts'
import { markOn, type Mark } from './mark.store.ts'
import type { Opening } from './open.ts'
import { termsOf, type Clock } from './terms.ts'
import { whyNotAmend } from './rules.ts'

/** What is asked instead. */
export interface Amendment extends Pick<Opening, 'title' | 'subject' | 'what'> {
  /** The clock that the one who asked has set, which an amendment does not prolong. */
  clock?: Clock | null
  /** What the family changes in the same transaction; each statement must be conditional on the mark. */
  effect: (mark: Mark) => Statement[]
}

/**
 * Asks something else instead of what is pending, by the one who asked. The question is another one then: its revision
 * is the next, its digest is new, and what was voted on it before stays in the history and does not count. An amendment
 * that changes nothing of the question changes nothing at all, and answers what there is, whatever `ifMatch` says. The
 * policies are asked again.
 *
 * @param amendmentOf the question that it will be, by what it is now
 * @returns what is being approved, as it is now
 * @throws Refusal `not_found`, `not_requester`, `already_decided`, `already_withdrawn`, `approval_expired`,
 *   `precondition_failed`, or the guard's
 */
export function amend<View>(
  ctx: Ctx,
  target: Target<View> & { id: string },
  amendmentOf: (view: View) => Amendment,
): Promise<View> {
  return underPolicies(ctx, [ctx.actor.userId], (book) => amendUnder(ctx, book, target, amendmentOf))
}

function amendUnder<View>(
  ctx: Ctx,
  book: Book,
  target: Target<View> & { id: string },
  amendmentOf: (view: View) => Amendment,
): Promise<View> {
  const { id, kind, guard } = target
  return untilSettled(`${kind} ${id}`, async () => {
    const {
      approval: [approval],
      view: [view],
    } = await ctx.db.batch({ approval: selectApproval(ctx, id, target), view: target.view })
    if (!approval || !view) throw new Refusal('not_found', `There is no ${kind} ${id}.`)
    const why = () => whyNotAmend(approval, ctx.actor, target.ifMatch, ctx.now)
    const reason = guard?.asked === 'first' ? (guard.whyNot(view) ?? why()) : (why() ?? guard?.whyNot(view))
    const { revision, requester_id: requester, digest } = approval
    const { effect, clock = null, ...asked } = amendmentOf(view)
    const question = { id, kind, title: asked.title, requester, what: asked.what }
    const isSame = (await digestOf({ ...question, revision })) === digest
    if (reason && !(isSame && reason.code === 'precondition_failed')) throw reason
    if (isSame) return view
    const terms = amendedTerms(ctx, book, target, { what: asked.what, requester }, approval, clock)
    const next = { ...asked, terms, digest: await digestOf({ ...question, revision: revision + 1 }) }
    const mark = markOn(id, newId('dec'))
    const {
      amended,
      view: [done],
    } = await ctx.db.batch({
      book: bookIsAt(ctx, book.revision),
      ...amendQuestion(ctx, { ...target, revision }, next, mark),
      effect: effect(mark),
      view: target.view,
    })
    return amended.length > 0 && done ? done : null
  })
}

/**
 * The terms on which something else is asked. What a policy approves when its time comes is counted anew; no other
 * clock is prolonged, by way of whatever questions.
 */
function amendedTerms(
  { now }: Ctx,
  book: Book,
  kind: Target<unknown>,
  wish: Pick<Parameters<typeof termsOf>[2], 'what' | 'requester'>,
  approval: VotedOn,
  clock: Clock | null,
): AmendedTerms {
  const kept = keptClock(approval)
  const terms = termsOf(book, kind, { ...wish, clocks: [clock, kept] }, now)
  const { due_at, on_due } = terms.on_due === 'approve' && kept ? kept : { due_at: null, on_due: null }
  return { ...terms, kept_due_at: due_at, kept_on_due: on_due }
}

/** The clock of a question that the next one has as well: what it has, unless that approves, else what it has kept. */
function keptClock({ due_at, on_due, kept_due_at, kept_on_due }: VotedOn) {
  if (due_at !== null && on_due !== null && on_due !== 'approve') return { due_at, on_due }
  return kept_due_at === null || kept_on_due === null ? null : { due_at: kept_due_at, on_due: kept_on_due }
}
