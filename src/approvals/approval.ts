import type { approvals } from './approvals.table.ts'
import { standingOf, type Status } from './states.ts'

/** An approval as stored. */
export type Approval = typeof approvals.$inferSelect
export type Kind = Approval['kind']
/** What a family shows of the votes on an approval, where a policy holds. */
export type Quorum = Pick<Approval, 'policy_version_id' | 'votes_needed' | 'votes_for'>
/** What an approver says. */
export type Vote = 'approve' | 'reject'

/** Who decided, what and when: what the loser of a race is told. */
export interface Winner {
  decision: Exclude<Status, 'pending'>
  decided_by: string
  decided_at: string
}

/** What decided it; only for an approval that is decided, withdrawn or expired. */
export function winnerOf(approval: Ended, now: number): Winner {
  const { status, decided_by, decided_at } = standingOf(approval, now)
  if (status === 'pending' || decided_by === null) throw new Error(`${approval.id} is still pending`)
  return { decision: status, decided_by, decided_at: new Date(decided_at ?? now).toISOString() }
}

type Ended = Pick<Approval, 'id' | 'status' | 'due_at' | 'on_due' | 'decided_at' | 'decided_by'>

/** The entity tag (RFC 9110, 8.8.3) without its quotes: changes whenever the approval does. */
export function tagOf(approval: Pick<Approval, 'version'>): string {
  return String(approval.version)
}

/** The entity tag of what is shown as of now: what its clock has ended is something else, sweep or no sweep. */
export function tagAsOfNow({ version, status }: Pick<Approval, 'version' | 'status'>): string {
  return status === 'expired' || status === 'rejected' ? `${version}-${status}` : `${version}`
}

/** The votes on an approval as its family shows them: nothing where no policy holds. */
export function quorumOf({ policy_version_id, votes_for, votes_needed }: Quorum) {
  return policy_version_id === null ? {} : { approvals: votes_for, required_approvals: votes_needed }
}
