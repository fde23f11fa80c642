import type { AppContext } from './environment.ts'
import { ifMatch } from './preconditions.ts'

/** What a vote on one approval may be refused for, whatever is approved. */
export const refusedVotes = [
  'self_approval',
  'not_found',
  'already_decided',
  'approval_expired',
  'precondition_failed',
  'stage_not_open',
  'second_vote',
  'vote_not_needed',
] as const

/** The same where it can be withdrawn. */
export const undecidable = [...refusedVotes, 'already_withdrawn'] as const

/** What taking one's own question back may be refused for. */
export const unwithdrawable = [
  'not_requester',
  'not_found',
  'already_decided',
  'approval_expired',
  'precondition_failed',
] as const

interface Said {
  comment?: string | null | undefined
  /** That of the question that was seen. */
  digest?: string | null | undefined
}

/** The vote that a request casts, by its path and with what its body says. */
export function ballotOf<V extends 'approve' | 'reject'>(c: AppContext, vote: V, { comment, digest }: Said) {
  return { vote, comment: comment ?? null, digest: digest ?? null, ifMatch: ifMatch(c) }
}
