import type { approvals } from './approvals.table.ts'
import { expirer, statusAt, type Status } from './states.ts'

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
  const status = statusAt(approval, now)
  if (status === 'pending') throw new Error(`${approval.id} is still pending`)
  return {
    decision: status,
    decided_by: approval.decided_by ?? expirer,
    decided_at: new Date(approval.decided_at ?? approval.due_at ?? now).toISOString(),
  }
}

type Ended = Pick<Approval, 'id' | 'status' | 'due_at' | 'on_due' | 'decided_at' | 'decided_by'>

/** The entity tag (RFC 9110, 8.8.3) without its quotes: changes whenever the approval does. */
export function tagOf(approval: Pick<Approval, 'version'>): string {
  return String(approval.version)
}

/** The entity tag of what is shown as of now: what is past its time is something else, though no sweep has been by. */
export function tagAsOfNow({ version, status }: Pick<Approval, 'version' | 'status'>): string {
  return status === 'expired' ? `${version}-expired` : `${version}`
}

/** The votes on an approval as its family shows them: nothing where no policy holds. */
export function quorumOf({ policy_version_id, votes_for, votes_needed }: Quorum) {
  return policy_version_id === null ? {} : { approvals: votes_for, required_approvals: votes_needed }
}
