import type { Vote } from '../approvals/approval.ts'
import { selectApproval, type VotedOn } from '../approvals/cast-vote.store.ts'
import { reasonAgainst } from '../approvals/decide.ts'
import { ruleOfFamily, type Family } from '../approvals/family.ts'
import type { PolicyBody } from '../approvals/policy.ts'
import { fits } from '../approvals/quorum.ts'
import { whyNotWithdraw } from '../approvals/rules.ts'
import { statusAt } from '../approvals/states.ts'
import { votesOf, votingOf } from '../approvals/voting.ts'
import type { Ctx } from '../context.ts'
import { Refusal } from '../refusal.ts'
import { familyOf } from './family-of.ts'
import { missing } from './read-approval.ts'
import { stagesOf, type ShownStage } from './stages.ts'

/** Whether somebody may do something now. */
export interface May {
  allowed: boolean
  /** `allowed`; `repeat` where it was done already, and the same again is the same answer; else what refuses it. */
  code: string
  reason: string
}

/** What an approval still takes, and what the caller may do about it. */
export interface Explanation {
  approval: VotedOn
  stages: ShownStage[]
  /** Whether the caller may know who has voted: an admin, or who may decide it at some stage. */
  namesPeople: boolean
  may: { approve: May; reject: May; withdraw: May }
  /** Whether its policy lets an approval change what is asked, where its family has that. */
  allowsEdit: boolean
}

/**
 * Says of an approval what is there and what is missing, and of the caller what they may do: by the same rules, on the
 * same reading, that refuse it when it is tried.
 *
 * @throws Refusal `not_found`
 */
export async function explainApproval(ctx: Ctx, id: string): Promise<Explanation> {
  const family = familyOf(id)
  const {
    approval: [approval],
    view: [view],
  } = await ctx.db.batch(selectExplained(ctx, id, family))
  if (!approval || view === undefined) return missing(id)
  return explain(ctx, family, approval, view)
}

/** The statements that read what `explain` explains, for whoever reads more in the same batch. */
export function selectExplained(ctx: Ctx, id: string, family: Family) {
  const decision = decisionOn(ctx, family, id, 'approve')
  return { approval: selectApproval(ctx, id, decision), view: decision.view }
}

/** What was read so, explained. */
export function explain(ctx: Ctx, family: Family, approval: VotedOn, view: unknown): Explanation {
  const decisionOf = (vote: Vote) => decisionOn(ctx, family, approval.id, vote)
  const { rule, capacities, isGoverned } = votingOf(approval, decisionOf('approve'), ctx.actor)
  const mayVote = (vote: Vote) => may(() => refusedByKey(ctx) ?? reasonAgainst(ctx, decisionOf(vote), approval, view))
  const { roles, instanceId } = ctx.actor
  const asked = isGoverned ? rule : ruleOfFamily(family, view)
  const isAsked = asked.stages.some((stage) => fits(stage, capacities))
  const [approve, reject] = [mayVote('approve'), mayVote('reject')]
  const decides = instanceId === null && (isAsked || approve.allowed || reject.allowed)
  const { allow_edit: allowsEdit = false } = JSON.parse(approval.policy ?? '{}') as Partial<PolicyBody>
  return {
    approval,
    stages: stagesOf(asked, votesOf(approval), { isGoverned, isDecided: statusAt(approval, ctx.now) !== 'pending' }),
    namesPeople: decides || roles.includes('admin'),
    may: {
      approve,
      reject,
      withdraw: family.withdrawal
        ? may(() => whyNotWithdraw(approval, ctx.actor, { ifMatch: null }, ctx.now))
        : { allowed: false, code: 'not_withdrawable', reason: `${named(family.kind)} cannot be withdrawn.` },
    },
    allowsEdit: allowsEdit && family.approveEdited !== undefined,
  }
}

function decisionOn(ctx: Ctx, family: Family, id: string, vote: Vote) {
  return family.decision(ctx, id, { vote, comment: null, ifMatch: null })
}

/** A key that is bound to an agent instance never votes. */
function refusedByKey({ actor }: Ctx): Refusal | null {
  return actor.instanceId === null
    ? null
    : new Refusal('forbidden', `This key is bound to the instance ${actor.instanceId}, so it cannot vote.`)
}

/** What is of a kind, at the beginning of a sentence: `Intents`. */
function named(kind: string): string {
  return `${kind.charAt(0).toUpperCase()}${kind.slice(1)}s`
}

function may(reasonOf: () => Refusal | 'repeat' | null): May {
  const reason = reasonOf()
  if (reason === null) return { allowed: true, code: 'allowed', reason: 'You may do this now.' }
  if (reason === 'repeat') return { allowed: true, code: 'repeat', reason: 'You have done this already.' }
  return { allowed: false, code: reason.code, reason: reason.detail }
}
