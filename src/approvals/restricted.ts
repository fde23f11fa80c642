import type { Actor } from '../context.ts'
import type { Approval } from './approval.ts'
import { inGroup, inRole, type KindOfApprovals } from './policy.ts'

/** Whether somebody sees all that is restricted, whoever has asked and whoever may vote. */
export function seesAll({ roles }: Actor): boolean {
  return roles.includes('admin')
}

/** Whether somebody sees what is restricted of a kind where no policy holds: who may decide it, and admins. */
export function seesRestricted(actor: Actor, { policy }: KindOfApprovals): boolean {
  return seesAll(actor) || policy.approver_roles.some((role) => actor.roles.includes(role))
}

/** The capacities in which somebody may vote under a policy, each as it stands in a JSON array of them. */
export function quotedCapacities({ roles, groups = [] }: Actor): string[] {
  return [...roles.map(inRole), ...groups.map(inGroup)].map((capacity) => JSON.stringify(capacity))
}

/**
 * The agent instance to which an actor's key is bound, as approvals name it; null where it is bound to none. Of
 * approvals it sees those that were asked through this instance, and no other.
 */
export function boundTo({ instanceId }: Actor): string | null {
  return instanceId === null ? null : instanceId.toLowerCase()
}

/**
 * Whether an actor sees an approval of its tenant that has been read. Says what `visible` says in SQL; a test holds
 * them together.
 */
export function sees(actor: Actor, kind: KindOfApprovals, approval: Seeable): boolean {
  const { instance_id, restricted, requester_id, submitted_by, voters } = approval
  const instance = boundTo(actor)
  if (instance !== null) return instance_id === instance
  if (restricted === 0 || seesAll(actor) || [requester_id, submitted_by].includes(actor.userId)) return true
  if (voters === null) return seesRestricted(actor, kind)
  return quotedCapacities(actor).some((capacity) => voters.includes(capacity))
}

/** What of an approval says who sees it. */
export interface Seeable extends Pick<Approval, 'instance_id' | 'restricted' | 'requester_id' | 'submitted_by'> {
  /** Who may vote in any stage of its policy: `Capacity`s, somewhere in JSON; null where no policy holds. */
  voters: string | null
}
