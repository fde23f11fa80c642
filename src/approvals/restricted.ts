import type { Actor } from '../context.ts'
import type { Approval } from './approval.ts'
import type { KindOfApprovals } from './policy.ts'

/** Whether somebody sees what is restricted of a kind whoever has asked: who may decide it, and admins. */
export function seesRestricted({ roles }: Actor, { policy }: KindOfApprovals): boolean {
  return roles.includes('admin') || policy.approver_roles.some((role) => roles.includes(role))
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
export function sees(
  actor: Actor,
  kind: KindOfApprovals,
  { instance_id, restricted, requester_id, submitted_by }: Seeable,
): boolean {
  const instance = boundTo(actor)
  if (instance !== null) return instance_id === instance
  return seesRestricted(actor, kind) || restricted === 0 || [requester_id, submitted_by].includes(actor.userId)
}

/** What of an approval says who sees it. */
export type Seeable = Pick<Approval, 'instance_id' | 'restricted' | 'requester_id' | 'submitted_by'>
