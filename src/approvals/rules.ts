import type { Actor } from '../context.ts'
import { Refusal } from '../refusal.ts'
import { tagOf, winnerOf, type Approval, type Vote } from './approval.ts'
import type { Policy } from './policy.ts'
import { statusAt, type Status } from './states.ts'

/** Somebody's wish to vote. */
export interface Ballot {
  vote: Vote
  comment: string | null
  /** Entity tags of the states in which the vote is meant (`If-Match`); null where any will do. */
  ifMatch: readonly string[] | null
  /** The digest of the question that the voter has seen; without one, whatever is asked now. */
  digest?: string | null
}

/**
 * May this actor cast this vote on this approval now? Null means yes; `repeat` means it was done already, by the same
 * person, with the same outcome; else the reason why not. The WHERE clause `decidable` in `approvals.store.ts` says the
 * same in SQL and is what decides races; a test holds the two together.
 *
 * @param policy what it takes to decide it
 * @param mine the actor's earlier vote on it, if any
 */
export function whyNot(
  approval: Approval,
  policy: Policy,
  mine: Vote | null,
  actor: Actor,
  ballot: Omit<Ballot, 'comment'>,
  now: number,
): Refusal | 'repeat' | null {
  if (!policy.approver_roles.some((role) => actor.roles.includes(role))) {
    return new Refusal('forbidden', `Deciding this takes one of the roles ${policy.approver_roles.join(', ')}.`, {
      roles: policy.approver_roles,
    })
  }
  const asked = [approval.requester_id, approval.submitted_by]
  if (asked.includes(actor.userId) && !policy.allow_self_approval) {
    const how = approval.requester_id === actor.userId ? '' : ` in the name of ${approval.requester_id}`
    return new Refusal(
      'self_approval',
      `${approval.id} was asked for by ${actor.userId}${how}; somebody else has to decide it.`,
    )
  }
  const status = statusAt(approval, now)
  if (mine === ballot.vote && (status === 'pending' || status === outcomeOf(mine))) {
    return isSeen(approval, ballot) ? 'repeat' : otherQuestion(approval)
  }
  if (status !== 'pending') return ended(approval, status, now)
  if (mine !== null) {
    return new Refusal('already_decided', `${actor.userId} has already voted to ${mine} ${approval.id}.`)
  }
  if (ballot.ifMatch && !ballot.ifMatch.includes(tagOf(approval))) return changed(approval)
  return isSeen(approval, ballot) ? null : otherQuestion(approval)
}

/** May this actor take the request back now? As `whyNot`. */
export function whyNotWithdraw(
  approval: Approval,
  actor: Actor,
  ifMatch: readonly string[] | null,
  now: number,
): Refusal | 'repeat' | null {
  if (approval.requester_id !== actor.userId) {
    return new Refusal('not_requester', `${approval.id} was asked for by somebody else; only they can withdraw it.`)
  }
  const status = statusAt(approval, now)
  if (status === 'withdrawn') return 'repeat'
  if (status !== 'pending') return decided(approval, now)
  if (ifMatch && !ifMatch.includes(tagOf(approval))) return changed(approval)
  return null
}

/** May this actor ask something else instead now? As `whyNot`; nothing is a repeat. */
export function whyNotAmend(
  approval: Approval,
  actor: Actor,
  ifMatch: readonly string[] | null,
  now: number,
): Refusal | null {
  if (approval.requester_id !== actor.userId) {
    return new Refusal('not_requester', `${approval.id} was asked for by somebody else; only they can amend it.`)
  }
  const status = statusAt(approval, now)
  if (status !== 'pending') return ended(approval, status, now)
  if (ifMatch && !ifMatch.includes(tagOf(approval))) return changed(approval)
  return null
}

function isSeen(approval: Approval, { digest = null }: Pick<Ballot, 'digest'>): boolean {
  return digest === null || digest === approval.digest
}

function otherQuestion({ id, digest }: Approval): Refusal {
  return new Refusal('digest_mismatch', `The digest of ${id} is ${digest}.`, { digest })
}

function outcomeOf(vote: Vote) {
  return vote === 'approve' ? 'approved' : 'rejected'
}

/** Nothing is decided about it, and nothing amended, any more. */
function ended(approval: Approval, status: Exclude<Status, 'pending'>, now: number): Refusal {
  if (status === 'expired') {
    return new Refusal(
      'approval_expired',
      `${approval.id} was to be decided before ${new Date(approval.due_at ?? now).toISOString()}.`,
    )
  }
  return status === 'withdrawn' ? withdrawn(approval, now) : decided(approval, now)
}

function decided(approval: Approval, now: number): Refusal {
  const winner = winnerOf(approval, now)
  return new Refusal(
    'already_decided',
    `${approval.id} was ${winner.decision} by ${winner.decided_by} at ${winner.decided_at}.`,
    { winner },
  )
}

function withdrawn(approval: Approval, now: number): Refusal {
  const winner = winnerOf(approval, now)
  return new Refusal(
    'already_withdrawn',
    `${approval.id} was withdrawn by ${winner.decided_by} at ${winner.decided_at}.`,
    { winner },
  )
}

function changed(approval: Approval): Refusal {
  return new Refusal('precondition_failed', `${approval.id} is now at "${tagOf(approval)}".`, {
    etag: `"${tagOf(approval)}"`,
  })
}
