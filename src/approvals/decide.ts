import type { Ctx } from '../context.ts'
import type { Condition, Reference, Statement } from '../db/open-db.ts'
import { newId } from '../ids.ts'
import { Refusal } from '../refusal.ts'
import { castVote, insertVote, selectApproval, type VotedOn } from './approvals.store.ts'
import { recordDecision } from './history.store.ts'
import { markOn, type Mark } from './mark.store.ts'
import type { KindOfApprovals, Policy } from './policy.ts'
import { whyNot, type Ballot } from './rules.ts'

/** A condition of a family's own, under which an approval may be decided or withdrawn. */
export interface Guard<View> {
  /** On the `approvals` row. */
  condition: Condition
  /** Why it does not hold, by what was read in the same transaction; null where it does. */
  whyNot(view: View): Refusal | null
  /**
   * Whether its reason goes before those of the core, because it forbids this person whatever the state is, or after
   * them, because it is about the present state.
   */
  asked: 'first' | 'last'
}

/** What a vote and a withdrawal say of the approval that they are about. */
export interface Target<View> extends KindOfApprovals {
  /** Entity tags from `If-Match`; null where any state will do. */
  ifMatch: readonly string[] | null
  guard?: Guard<View>
  /** Reads what is being approved, after all else: the verb's answer. */
  view: Statement<View>
}

/** A vote on one approval, and what a family does with it. */
export interface Decision<View> extends Target<View>, Ballot {
  /** The approval's id, or a scalar subquery that finds it by another name. */
  id: Reference
  /** What the caller calls it, for errors: `intent APR-7K2M`. */
  name?: string
  /** The user whose key reports the actor's vote, where it is not the actor who sends it. */
  reportedBy?: string
  /**
   * What the family does in the same transaction. Each statement must be conditional on the row's bearing the mark, and
   * on its `status` where it matters.
   */
  effect?: (mark: Mark) => Statement[]
}

/**
 * Votes on an approval: guard, vote, event and effect are one transaction whose first statement is conditional on
 * everything, so that of two who decide at once one wins. Why it was not allowed is looked up afterwards. The same vote
 * by the same person again answers as the first.
 *
 * @returns what is being approved, as it is now
 * @throws Refusal with the reason where it was not allowed
 */
export function decide<View>(ctx: Ctx, decision: Decision<View>): Promise<View> {
  const { view } = decision
  return untilSettled(nameOf(decision), async () => {
    const {
      voted,
      view: [done],
    } = await ctx.db.batch({ ...casting(ctx, decision), view })
    if (voted.length > 0 && done) return done
    const {
      approval,
      view: [now],
    } = await ctx.db.batch({ approval: selectApproval(ctx, decision.id, decision), view })
    return repeated(ctx, decision, approval, now)
  })
}

/**
 * The same for somebody who is not of the family, with an answer of their own instead of the family's view.
 *
 * @param answer reads it, after all else
 */
export function decideAndRead<Answer>(
  ctx: Ctx,
  decision: Decision<unknown>,
  answer: Statement<Answer>,
): Promise<Answer | undefined> {
  return untilSettled(nameOf(decision), async () => {
    const {
      voted,
      answer: [done],
    } = await ctx.db.batch({ ...casting(ctx, decision), answer })
    if (voted.length > 0) return done
    const now = await ctx.db.batch({
      approval: selectApproval(ctx, decision.id, decision),
      view: decision.view,
      answer,
    })
    return repeated(ctx, decision, now.approval, now.view[0]) === null ? null : now.answer[0]
  })
}

function casting(ctx: Ctx, decision: Decision<unknown>) {
  const decisionId = newId('dec')
  const mark = markOn(decision.id, decisionId)
  return {
    voted: castVote(ctx, decision, decisionId),
    vote: insertVote(ctx, decision, mark),
    event: recordDecision(ctx, mark, decision.reportedBy),
    effect: decision.effect?.(mark),
  }
}

/**
 * What there is, where the same vote was cast before; null where nothing forbids it any more.
 *
 * @throws Refusal with the reason why it was not allowed
 */
function repeated<View>(
  ctx: Ctx,
  decision: Decision<View>,
  [approval]: readonly VotedOn[],
  view: View | undefined,
): View | null {
  if (!approval || !view) throw new Refusal('not_found', `There is no ${nameOf(decision)}.`)
  const reason = firstOf(decision.guard, view, () =>
    whyNot(approval, policyOf(approval, decision), approval.mine, ctx.actor, decision, ctx.now),
  )
  if (reason === 'repeat') return view
  if (reason) throw reason
  return null
}

/** How often what forbids something may be gone by the time that it is looked up. */
const mostTries = 3

/**
 * Tries until something is done, or refused.
 *
 * @param name what it is done to, for the error
 * @param attempt gives null where it was forbidden, but what forbade it was gone when it was looked up
 */
export async function untilSettled<T>(name: string, attempt: () => Promise<T | null>): Promise<T> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const settled = await attempt()
    if (settled !== null) return settled
  }
  throw changedMeanwhile(name)
}

/** What forbade it is gone: whoever asks again finds it so. */
export function changedMeanwhile(name: string): Refusal {
  return new Refusal('storage_unavailable', `${name} was being changed meanwhile; try again.`)
}

/** The reason that counts, of the core's and the family's. */
export function firstOf<View>(
  guard: Guard<View> | undefined,
  view: View,
  core: () => Refusal | 'repeat' | null,
): Refusal | 'repeat' | null {
  return guard?.asked === 'first' ? (guard.whyNot(view) ?? core()) : (core() ?? guard?.whyNot(view) ?? null)
}

function policyOf({ policy }: { policy: string | null }, ofKind: KindOfApprovals): Policy {
  return policy === null ? ofKind.policy : (JSON.parse(policy) as Policy)
}

function nameOf({ id, kind, name }: Decision<unknown>): string {
  return name ?? `${kind} ${typeof id === 'string' ? id : 'of that name'}`
}
