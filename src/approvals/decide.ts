import type { Ctx } from '../context.ts'
import type { Condition, Reference, Statement } from '../db/open-db.ts'
import { newId } from '../ids.ts'
import { Refusal } from '../refusal.ts'
import type { Approval, Kind, Vote } from './approval.ts'
import { castVote, insertVote, selectApproval } from './approvals.store.ts'
import { recordDecision } from './history.store.ts'
import { whyNot } from './rules.ts'

/** A vote on one approval, and what a family does with it. */
export interface Decision {
  /** The approval's id, or a scalar subquery that finds it by another name. */
  id: Reference
  /** What the caller calls it, for errors. */
  name?: string
  kind: Kind
  vote: Vote
  comment: string | null
  /** Entity tags from `If-Match`; null where any state will do. */
  ifMatch: readonly string[] | null
  /** A further condition of the family's, on the `approvals` row. */
  guard?: Condition
  /** What the family forbids this actor whatever the state is; asked before anything else where the vote did not count. */
  forbids?: (effects: unknown[][]) => Refusal | null
  /**
   * What the family does in the same transaction. Each writing statement must be conditional on the row's
   * `decision_id` being this decision's, and on its `status` where it matters.
   */
  effect?: (decisionId: string) => Statement[]
}

/** What came of a vote: the approval as it is now, and the rows that the family's statements returned. */
export interface Outcome {
  approval: Approval
  effects: unknown[][]
}

/**
 * Votes on an approval: guard, vote, event and effect are one transaction whose first statement is conditional on
 * everything, so that of two who decide at once one wins. The same vote by the same person again answers as the first.
 *
 * @param guardLost why the family's own guard refused, where everything else allowed it
 * @throws Refusal with the reason where it was not allowed
 */
export async function decide(
  ctx: Ctx,
  decision: Decision,
  guardLost?: (effects: unknown[][]) => Refusal,
): Promise<Outcome> {
  const decisionId = newId('dec')
  const effect = decision.effect?.(decisionId) ?? []
  const [changed, , , ...rest] = await ctx.db.batch([
    castVote(ctx, decision, decisionId),
    insertVote(ctx, decision.vote, decision.comment, decisionId),
    recordDecision(ctx, decisionId),
    ...effect,
    selectApproval(ctx, decision.id, decision.kind, decisionId),
  ])
  const effects = rest.slice(0, -1)
  const approval = rest.at(-1)?.[0] as (Approval & { mine: Vote | null }) | undefined
  if (!approval) throw new Refusal('not_found', `There is no ${decision.kind} ${nameOf(decision)}.`)
  if (changed?.length) return { approval, effects }
  const forbidden = decision.forbids?.(effects)
  if (forbidden) throw forbidden
  const reason = whyNot(approval, approval.mine, ctx.actor, decision, ctx.now)
  if (reason === 'repeat') return { approval, effects }
  throw reason ?? guardLost?.(effects) ?? new Error(`${approval.id} was not decided, and nothing says why`)
}

function nameOf({ id, name }: Decision): string {
  return name ?? (typeof id === 'string' ? id : 'of that name')
}
