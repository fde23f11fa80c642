import type { Ctx } from '../context.ts'
import { newId } from '../ids.ts'
import { Refusal } from '../refusal.ts'
import { markWithdrawn } from './approvals.store.ts'
import { selectApproval } from './cast-vote.store.ts'
import { firstOf, untilSettled, type Target } from './decide.ts'
import { recordDecision } from './history.store.ts'
import { markOn } from './mark.store.ts'
import { whyNotWithdraw } from './rules.ts'

/** What is to be taken back, by the digest of the question that was seen; without one, whatever is asked now. */
type Withdrawal<View> = Target<View> & { id: string; digest?: string | null }

/**
 * Takes a pending request back, by the one who asked. Again: the same answer.
 *
 * @returns what was asked for, as it is now
 * @throws Refusal with the reason where it was not allowed
 */
export function withdraw<View>(ctx: Ctx, target: Withdrawal<View>): Promise<View> {
  return untilSettled(`${target.kind} ${target.id}`, async () => {
    const decisionId = newId('dec')
    const {
      withdrawn: [withdrawn],
      view: [done],
    } = await ctx.db.batch({
      withdrawn: markWithdrawn(ctx, target, decisionId),
      event: recordDecision(ctx, markOn(target.id, decisionId)),
      view: target.view,
    })
    if (withdrawn && done) return done
    const {
      approval: [approval],
      view: [view],
    } = await ctx.db.batch({ approval: selectApproval(ctx, target.id, target), view: target.view })
    if (!approval || !view) throw new Refusal('not_found', `There is no ${target.kind} ${target.id}.`)
    const reason = firstOf(target.guard, view, () => whyNotWithdraw(approval, ctx.actor, target, ctx.now))
    if (reason === 'repeat') return view
    if (reason) throw reason
    return null
  })
}
