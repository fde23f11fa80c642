import type { Role } from '../context.ts'

/** What it takes to decide one approval. */
export interface Policy {
  /** How many different people must say yes, 1–10. One no rejects. */
  required_approvals: number
  /** Roles of which a voter must have at least one. */
  approver_roles: readonly Role[]
  /** Whether the one who asked may vote too. */
  allow_self_approval: boolean
}

/** A kind of approvals, and what one of them takes where its tenant has said nothing. */
export interface KindOfApprovals {
  kind: string
  policy: Policy
}

/** What applies where a tenant has said nothing: one vote, and not one's own. */
export function defaultPolicy(approverRoles: readonly Role[]): Policy {
  return { required_approvals: 1, approver_roles: approverRoles, allow_self_approval: false }
}
