import { defaultPolicy, type KindOfApprovals } from '../approvals/policy.ts'
import type { Actor, Role } from '../context.ts'
import type { RequestFacts } from './standard.store.ts'

/**
 * A kind whose API, verbs and storage are the house's own. What is asked for has a title and a type, and perhaps a
 * summary, a subject and details; it is amended until it is decided, and what was approved is redeemed once. In this
 * room it is called a request, whatever its kind.
 */
export interface Standard extends KindOfApprovals {
  /** Also the word for one of them. */
  kind: string
  /** The word for several, which their paths begin with. */
  plural: string
  /** What their ids begin with (the prefix of a TypeID). */
  approvalId: string
}

/**
 * Declares a standard kind.
 *
 * @param said its words, and the roles that decide one of it where no policy holds, beside admins
 */
export function standard<const K extends string>(
  said: Pick<Standard, 'plural' | 'approvalId'> & { kind: K; approverRoles: readonly Role[] },
) {
  const { approverRoles, ...named } = said
  return {
    ...named,
    policy: defaultPolicy([...new Set([...approverRoles, 'admin' as const])]),
    restrictable: true,
    matchedBy: ['type'],
    policyFacts: (request) => {
      const { type, details } = request as ReturnType<typeof whatIsRequested>
      return { members: { type }, document: details === null ? null : JSON.stringify(details) }
    },
  } as const satisfies Standard
}

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
export function mayRevoke({ policy }: Standard, { roles, instanceId }: Actor): boolean {
  return instanceId === null && policy.approver_roles.some((role) => roles.includes(role))
}
