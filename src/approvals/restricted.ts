import type { Actor } from '../context.ts'
import type { KindOfApprovals } from './policy.ts'

/** Whether somebody sees what is restricted of a kind whoever has asked: who may decide it, and admins. */
export function seesRestricted({ roles }: Actor, { policy }: KindOfApprovals): boolean {
  return roles.includes('admin') || policy.approver_roles.some((role) => roles.includes(role))
}

/**
 * The agent instance to which an actor's key is bound, as approvals name it; null where it is bound to none. Of approvals
 * it sees those that were asked through this instance, and no other.
 */
export function boundTo({ instanceId }: Actor): string | null {
  return instanceId === null ? null : instanceId.toLowerCase()
}
