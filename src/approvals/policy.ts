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
  /** What they are, in one word: stored with each of them, and the first part of their events' names. */
  kind: string
  policy: Policy
  /** Whether whoever asks may have it restricted. */
  restrictable?: boolean
}

/** What applies where a tenant has said nothing: one vote, and not one's own. */
export function defaultPolicy(approverRoles: readonly Role[]): Policy {
  return { required_approvals: 1, approver_roles: approverRoles, allow_self_approval: false }
}
