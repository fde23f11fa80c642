import { sql, type SQL } from 'drizzle-orm'
import type { votes } from './approvals.table.ts'

type Stored = typeof votes.$inferSelect

/** A vote that was cast; `voided_at` is null while it stands. */
export interface CastVote extends Pick<Stored, 'revision' | 'vote' | 'comment' | 'voted_at' | 'reported_by'> {
  voter: string
  voided_at: number | null
}

/**
 * All votes on the row `a` of `approvals`, whether or not they stand, in no certain order: a JSON array of `CastVote`s.
 */
export const allVotes = sql`
  SELECT json_group_array(json_object('voter', voter_id, 'vote', vote, 'comment', comment, 'voted_at', voted_at,
    'reported_by', reported_by, 'revision', revision, 'voided_at', nullif(voided_at, 0)))
  FROM votes WHERE approval_id = a.id`

/**
 * When a vote of the surrounding `UPDATE votes` ceases to stand: now, but after any other of the same person on the
 * same question, from which nothing else tells it apart.
 */
export function voidedFrom(now: number): SQL {
  return sql`max(${now}, (SELECT max(v.voided_at) + 1 FROM votes v
    WHERE v.approval_id = votes.approval_id AND v.revision = votes.revision AND v.voter_id = votes.voter_id))`
}
