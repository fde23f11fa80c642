import { defaultPolicy, type KindOfApprovals } from '../approvals/policy.ts'
import type { Actor } from '../context.ts'
import type { RequestFacts } from './requests.store.ts'

/** Requests, as the core knows them, and who may decide one. */
export const requestKind = {
  kind: 'request',
  policy: defaultPolicy(['reviewer', 'coordinator', 'admin']),
  restrictable: true,
  policyFacts: (request) => {
    const { type, details } = request as ReturnType<typeof whatIsRequested>
    return { members: { type }, document: details === null ? null : JSON.stringify(details) }
  },
} as const satisfies KindOfApprovals

/** What an approver of a request decides on, beside its title. */
export function whatIsRequested({ type, summary, details, subject }: RequestFacts) {
  return { type, summary, details: parsed(details), subject: parsed(subject) }
}

/** A value that is kept as JSON text, if there is one. */
export function parsed(json: string | null): unknown {
  return json === null ? null : JSON.parse(json)
}

/**
 * Whether somebody may redeem what others asked for, as far as they see it: a service, or a key of the asking instance.
 */
export function mayRedeem({ roles, instanceId }: Actor): boolean {
  return instanceId !== null || roles.includes('service')
}

/** Whether somebody may revoke what others asked for: whoever may decide it. */
export function mayRevoke({ roles, instanceId }: Actor): boolean {
  return instanceId === null && requestKind.policy.approver_roles.some((role) => roles.includes(role))
}
