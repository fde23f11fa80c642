import type { VotedOn } from '../approvals/approvals.store.ts'
import { firstOf, type Decision } from '../approvals/decide.ts'
import type { Family } from '../approvals/family.ts'
import type { Policy } from '../approvals/policy.ts'
import { whyNot, whyNotWithdraw } from '../approvals/rules.ts'
import type { Ctx } from '../context.ts'
import { Refusal } from '../refusal.ts'

/** Why somebody may not approve, reject or withdraw something now; null where they may. */
export interface May {
  approve: Refusal | null
  reject: Refusal | null
  withdraw: Refusal | null
}

/** What the family does with somebody's yes, whose rules say who may. */
export function wouldApprove(ctx: Ctx, id: string, family: Family): Decision<unknown> {
  return family.decision(ctx, id, { vote: 'approve', comment: null, ifMatch: null })
}

/** What somebody may do now, by the rules that hold when they do it. @param view what the decision's `view` has read */
export function mayOf(ctx: Ctx, family: Family, approval: VotedOn, decision: Decision<unknown>, view: unknown): May {
  const policy = approval.policy === null ? decision.policy : (JSON.parse(approval.policy) as Policy)
  const vote = (vote: 'approve' | 'reject') => {
    const reason = firstOf(decision.guard, view, () =>
      whyNot(approval, policy, approval.mine, ctx.actor, { ...decision, vote }, ctx.now),
    )
    if (reason === 'repeat') return new Refusal('already_decided', 'You have voted on this already.')
    // That it has changed is shown, and what is shown is what is decided then.
    return reason?.code === 'stale' || (vote === 'reject' && decision.guard?.asked === 'last') ? null : reason
  }
  const withdrawal = whyNotWithdraw(approval, ctx.actor, null, ctx.now)
  return {
    approve: vote('approve'),
    reject: approval.status === 'pending' ? vote('reject') : vote('approve'),
    withdraw: family.withdrawal === undefined || withdrawal === 'repeat' ? notOffered : withdrawal,
  }
}

const notOffered = new Refusal('forbidden', 'There is nothing to take back.')
