import type { approvals } from './approvals.table.ts'

type Stored = typeof approvals.$inferSelect

/** Where an approval may be. */
export type Status = Stored['status']
export const statuses = ['pending', 'approved', 'rejected', 'withdrawn', 'expired'] as const satisfies readonly Status[]

/** Who moves an approval. */
type Mover = 'approvers' | 'clock' | 'requester' | 'batch'

/**
 * The moves there are, and whose they are. The database refuses any other (`approvals_moves`). What nobody has to be
 * asked about is opened as approved. Pending it stays with a vote that decides nothing yet, and with an amendment,
 * which asks anew. A batch that is cancelled takes back what it approved.
 */
export const moves: Readonly<Record<Status, Partial<Record<Status, readonly Mover[]>>>> = {
  pending: {
    pending: ['approvers', 'requester'],
    approved: ['approvers', 'clock', 'batch'],
    rejected: ['approvers', 'clock'],
    withdrawn: ['requester'],
    expired: ['clock'],
  },
  approved: { pending: ['batch'] },
  rejected: {},
  withdrawn: {},
  expired: {},
}

/** Who an approval says that it was decided by, where its time came. */
export const expirer = 'system:expiry'
export const autoApprover = 'system:auto-approve'
export const autoRejecter = 'system:auto-reject'

/**
 * The status as of `now`: an approval that expires is expired from its due time on, whether or not a sweep has been
 * by. One that will be decided by the clock stays pending until it is.
 */
export function statusAt(approval: Pick<Stored, 'status' | 'due_at' | 'on_due'>, now: number): Status {
  const overdue =
    approval.status === 'pending' && approval.on_due === 'expire' && approval.due_at !== null && approval.due_at <= now
  return overdue ? 'expired' : approval.status
}

type Ended = 'status' | 'due_at' | 'on_due' | 'decided_at' | 'decided_by'

/** The status as of `now`, and who decided it when: its clock at its due time, where no sweep has been by yet. */
export function standingOf(approval: Pick<Stored, Ended>, now: number) {
  const status = statusAt(approval, now)
  if (status === approval.status) return { status, decided_at: approval.decided_at, decided_by: approval.decided_by }
  return { status, decided_at: approval.due_at, decided_by: expirer }
}
