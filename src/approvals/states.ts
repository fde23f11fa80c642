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

/** What an approval is from its due time on, and by whom, where its clock ends it without anything being set off. */
const endings = {
  expire: { status: 'expired', decided_by: expirer },
  reject: { status: 'rejected', decided_by: autoRejecter },
} as const

type Clocked = Pick<Stored, 'status' | 'due_at' | 'on_due'>

/** How its clock has ended an approval that nobody has decided, whether or not a sweep has been by; else undefined. */
function endingOf({ status, due_at, on_due }: Clocked, now: number) {
  const isOver = status === 'pending' && due_at !== null && due_at <= now
  return isOver && on_due !== null && on_due !== 'approve' ? endings[on_due] : undefined
}

/**
 * The status as of `now`: an approval that expires is expired from its due time on, and one that its clock rejects is
 * rejected. One that its clock approves stays pending until it is, with all that this sets off.
 */
export function statusAt(approval: Clocked, now: number): Status {
  return endingOf(approval, now)?.status ?? approval.status
}

/** The status as of `now`, and who decided it when: its clock at its due time, where no sweep has been by yet. */
export function standingOf(approval: Clocked & Pick<Stored, 'decided_at' | 'decided_by'>, now: number) {
  const { status, decided_at, decided_by, due_at } = approval
  const ending = endingOf(approval, now)
  return ending ? { ...ending, decided_at: due_at } : { status, decided_at, decided_by }
}
