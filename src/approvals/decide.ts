import type { Ctx } from '../context.ts'
import type { Condition, Reference, Statement } from '../db/open-db.ts'
import { newId } from '../ids.ts'
import type { Approval } from './approval.ts'
import { Refusal } from '../refusal.ts'
import {
  castStaged,
  castVote,
  insertVote,
  recordAssignments,
  selectApproval,
  selectGovernedUnlessCast,
  selectWhetherCast,
  voidReplaced,
  type Step,
  type VotedOn,
} from './cast-vote.store.ts'
import { recordDecision } from './history.store.ts'
import { markOn, type Mark } from './mark.store.ts'
import type { KindOfApprovals } from './policy.ts'
import { otherQuestion, whyNot, type Ballot } from './rules.ts'
import { isDecidedAtOnce, stepOf, votingOf } from './voting.ts'

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
   * Where the actor is the person who is asked through the family's channel, and so has the last word under a policy:
   * their id, if it is known, as they may go by another name.
   */
  throughChannel?: { personId: string | null } | undefined
  /** Where something else is approved than what was asked: its digest. */
  edit?: { digest: string } | undefined
  /**
   * What the family does in the same transaction. Each statement must be conditional on the row's bearing the mark, and
   * on its `status` where it matters.
   */
  effect?: (mark: Mark) => Statement[]
}

/**
 * Votes on an approval: guard, vote, event and effect are one transaction whose first statement is conditional on
 * everything, so that of two who decide at once one wins. Why it was not allowed is looked up afterwards. Under a
 * policy of more than one requirement the vote is computed from what was read, and cast if nothing has changed since;
 * tried again where something has, but only as long as the question is the same. The same vote by the same person again
 * answers as the first.
 *
 * @returns what is being approved, as it is now
 * @throws Refusal with the reason where it was not allowed
 */
export async function decide<View>(ctx: Ctx, decision: Decision<View>): Promise<View> {
  const view = await decideAndRead(ctx, decision, decision.view)
  if (view === undefined) throw new Refusal('not_found', `There is no ${nameOf(decision)}.`)
  return view
}

/**
 * The same for somebody who is not of the family, with an answer of their own instead of the family's view.
 *
 * @param answer reads it, after all else
 */
export async function decideAndRead<Answer>(
  ctx: Ctx,
  decision: Decision<unknown>,
  answer: Statement<Answer>,
): Promise<Answer | undefined> {
  const { id, reportedBy } = decision
  const settled = await untilSettled(nameOf(decision), async (): Promise<Settled<Answer> | null> => {
    const mark = markOn(id, newId('dec'))
    const tried = await ctx.db.batch({
      vote: castVote(ctx, decision, mark.decisionId),
      cast: selectWhetherCast(ctx),
      governed: selectGovernedUnlessCast(ctx, id, decision, reportedBy),
      counted: insertVote(ctx, decision, mark),
      ...following(ctx, decision, mark),
      answer,
    })
    if (tried.cast.length > 0) {
      ctx.reserved.refusal = null
      return { answer: tried.answer[0] }
    }
    const [governed] = tried.governed
    if (governed && isComputed(ctx, decision, governed)) return compute(ctx, decision, answer, governed)
    return repeated(ctx, decision, await ctx.db.batch(reading(ctx, decision, answer)))
  })
  return settled.answer
}

/** What an approval is, and what the guard looks at where that is not the answer itself. */
function reading<Answer>(ctx: Ctx, decision: Decision<unknown>, answer: Statement<Answer>) {
  const { id, view, guard, reportedBy } = decision
  return {
    approval: selectApproval(ctx, id, decision, reportedBy),
    seen: guard && view !== answer ? view : undefined,
    answer,
  }
}

/** What was read so: what `seen` is not, `answer` is. */
interface Read<Answer> {
  approval: readonly VotedOn[]
  seen: readonly unknown[] | undefined
  answer: readonly Answer[]
}

interface Settled<Answer> {
  answer: Answer | undefined
}

/** How often a vote that was computed may be overtaken by others: of those there are ten at the most. */
const mostOvertaken = 20

/**
 * Votes where no statement decides alone: what was read says where the approval is after the vote, and that is written
 * if nothing has changed since. It is tried again where something has, as long as the question is the same.
 */
async function compute<Answer>(
  ctx: Ctx,
  decision: Decision<unknown>,
  answer: Statement<Answer>,
  first: VotedOn,
): Promise<Settled<Answer> | null> {
  let approval = first
  for (let tries = 0; tries < mostOvertaken; tries += 1) {
    if (approval.revision !== first.revision) throw otherQuestion(approval)
    const voting = votingOf(approval, decision, ctx.actor)
    if (whyNot(approval, voting, ctx.actor, decision, ctx.now) === null) {
      const step = stepOf(approval, voting, ctx.actor, decision)
      const mark = markOn(decision.id, newId('dec'))
      const tried = await ctx.db.batch({
        vote: castStaged(ctx, decision, step, mark.decisionId),
        cast: selectWhetherCast(ctx),
        replaced: step.replaced ? voidReplaced(ctx, step.replaced, mark) : undefined,
        counted: insertVote(ctx, decision, mark, step.stage),
        assigned: step.assigned.length > 0 ? recordAssignments(ctx, decision.id, mark, step) : undefined,
        ...following(ctx, decision, mark, step),
        answer,
      })
      ctx.reserved.refusal = null
      if (tried.cast.length > 0) return { answer: tried.answer[0] }
    }
    const read = await ctx.db.batch(reading(ctx, decision, answer))
    const done = repeated(ctx, decision, read)
    if (done) return done
    approval = read.approval[0] ?? approval
  }
  throw changedMeanwhile(nameOf(decision))
}

/** What follows a vote in its transaction. */
function following(ctx: Ctx, decision: Decision<unknown>, mark: Mark, step?: Step) {
  const { comment, reportedBy, edit, effect } = decision
  const told = { comment, reportedBy, edit, assigned: step?.assigned, replaces: step?.replaced?.decisionId }
  return { event: recordDecision(ctx, mark, told), effect: effect?.(mark) }
}

/**
 * What there is, where the same vote was cast before; null where nothing forbids it any more.
 *
 * @throws Refusal with the reason why it was not allowed
 */
function repeated<Answer>(ctx: Ctx, decision: Decision<unknown>, read: Read<Answer>): Settled<Answer> | null {
  const [approval] = read.approval
  const [view] = read.seen ?? read.answer
  if (!approval || view === undefined) throw new Refusal('not_found', `There is no ${nameOf(decision)}.`)
  if (isGoverned(approval)) ctx.reserved.refusal = null
  const reason = reasonAgainst(ctx, decision, approval, view)
  if (reason === 'repeat') return { answer: read.answer[0] }
  if (reason) throw reason
  return null
}

function isComputed({ actor }: Ctx, decision: Decision<unknown>, approval: VotedOn): boolean {
  return !isDecidedAtOnce(approval, votingOf(approval, decision, actor))
}

function isGoverned({ policy_version_id }: Approval): boolean {
  return policy_version_id !== null
}

/** Why a vote is not allowed on an approval as it was read, with what the family sees of it: as `whyNot`. */
export function reasonAgainst<View>(
  ctx: Ctx,
  decision: Decision<View>,
  approval: VotedOn,
  view: View,
): Refusal | 'repeat' | null {
  const voting = votingOf(approval, decision, ctx.actor)
  return firstOf(decision.guard, view, () => whyNot(approval, voting, ctx.actor, decision, ctx.now))
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

function nameOf({ id, kind, name }: Decision<unknown>): string {
  return name ?? `${kind} ${typeof id === 'string' ? id : 'of that name'}`
}
