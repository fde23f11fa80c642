import { inGroup, inRole, ruleOf, type Capacity } from '../approvals/policy.ts'
import { wouldFill } from '../approvals/quorum.ts'
import type { CastVote, PolicyOfRow } from '../approvals/votes.store.ts'
import { recordedVote } from '../approvals/voting.ts'
import type { Actor } from '../context.ts'

/** Of an approval on which some have voted under a policy: that policy, the question, the open stage, and all votes. */
export interface Partly {
  policy: PolicyOfRow
  revision: number
  stage: number
  votes: CastVote[]
}

/**
 * Whether a yes of somebody's would still fill something of the stage that is open: what others have filled does not
 * wait for them.
 */
export function isNeeded({ policy, revision, stage, votes }: Partly, capacities: readonly Capacity[]): boolean {
  const open = ruleOf(policy.body).stages[stage]
  if (!open) return false
  const standing = votes.filter((vote) => vote.voided_at === null && vote.revision === revision && vote.stage === stage)
  return wouldFill(open, standing.map(recordedVote), { capacities })
}

/** As what somebody votes who is in these groups; or as a member of one of them alone. */
export function capacitiesOf(
  { roles }: Actor,
  { groups = [], group }: { groups?: readonly string[]; group?: string | undefined },
): Capacity[] {
  if (group !== undefined) return groups.includes(group) ? [inGroup(group)] : []
  return [...roles.map(inRole), ...groups.map(inGroup)]
}
