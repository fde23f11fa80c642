import type { VotedOn } from '../approvals/cast-vote.store.ts'
import { reasonAgainst, type Decision } from '../approvals/decide.ts'
import type { Family } from '../approvals/family.ts'
import { whyNotWithdraw } from '../approvals/rules.ts'
import type { Ctx } from '../context.ts'
import { Refusal } from '../refusal.ts'

/** Why somebody may not approve, reject or withdraw something now; null where they may. */
export interface May {
  approve: Refusal | null
  reject: Refusal | null
  withdraw: Refusal | null
}

/** What the family does with somebody's vote, whose rules say who may. */
export function wouldDecide(ctx: Ctx, id: string, family: Family, vote: 'approve' | 'reject'): Decision<unknown> {
  return family.decision(ctx, id, { vote, comment: null, ifMatch: null })
}

/** What somebody may do now, by the rules that hold when they do it. @param view what the decision's `view` has read */
export function mayOf(ctx: Ctx, family: Family, approval: VotedOn, view: unknown): May {
  const vote = (vote: 'approve' | 'reject') => {
    const reason = reasonAgainst(ctx, wouldDecide(ctx, approval.id, family, vote), approval, view)
    if (reason === 'repeat') return new Refusal('already_decided', 'You have voted on this already.')
    // What has changed is shown as it is now, and a decision is about that.
    return reason?.code === 'stale' ? null : reason
  }
  const withdrawal = whyNotWithdraw(approval, ctx.actor, null, ctx.now)
  return {
    approve: vote('approve'),
    reject: vote('reject'),
    withdraw: family.withdrawal === undefined || withdrawal === 'repeat' ? notOffered : withdrawal,
  }
}

const notOffered = new Refusal('forbidden', 'There is nothing to take back.')
