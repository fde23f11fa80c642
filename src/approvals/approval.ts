import type { approvals } from './approvals.table.ts'
import type { Policy } from './policy.ts'

/** An approval as stored. */
export type Approval = typeof approvals.$inferSelect
export type Kind = Approval['kind']
export type Status = Approval['status']

/** Every status that an approval may have. */
export const statuses = ['pending', 'approved', 'rejected', 'withdrawn', 'expired'] as const satisfies readonly Status[]
/** What an approver says. */
export type Vote = 'approve' | 'reject'

/** Who an approval says it was expired by. */
export const expirer = 'system:expiry'

/** Who an approval says it was approved by, when its time came. */
export const autoApprover = 'system:auto-approve'

/** Who an approval says it was rejected by, when its time came. */
export const autoRejecter = 'system:auto-reject'

/** Who decided, what and when: what the loser of a race is told. */
export interface Winner {
  decision: Exclude<Status, 'pending'>
  decided_by: string
  decided_at: string
}

/**
 * The status as of `now`: an approval that expires is expired from its due time on, whether or not a sweep has been
 * by. One that will be decided by the clock stays pending until it is.
 */
export function statusAt(approval: Pick<Approval, 'status' | 'due_at' | 'on_due'>, now: number): Status {
  const overdue =
    approval.status === 'pending' && approval.on_due === 'expire' && approval.due_at !== null && approval.due_at <= now
  return overdue ? 'expired' : approval.status
}

/** The policy copied onto the approval when it was made. */
export function policyOf(approval: Pick<Approval, 'policy'>): Policy {
  return JSON.parse(approval.policy) as Policy
}

/** What decided it; only for an approval that is decided, withdrawn or expired. */
export function winnerOf(approval: Approval, now: number): Winner {
  const status = statusAt(approval, now)
  if (status === 'pending') throw new Error(`${approval.id} is still pending`)
  return {
    decision: status,
    decided_by: approval.decided_by ?? expirer,
    decided_at: new Date(approval.decided_at ?? approval.due_at ?? now).toISOString(),
  }
}

/** The entity tag (RFC 9110, 8.8.3) without its quotes: changes whenever the approval does. */
export function tagOf(approval: Pick<Approval, 'revision'>): string {
  return String(approval.revision)
}
