import { sql, type SQL } from '../db/sql.ts'
import type { Ctx } from '../context.ts'
import type { Condition } from '../db/open-db.ts'
import type { votes } from './approvals.table.ts'
import type { PolicyBody } from './policy.ts'

type Stored = typeof votes.$inferSelect

/** In what a vote counts, and who else had a hand in it. */
export interface CountedWith {
  roles?: string[]
  groups?: string[]
  /** Who had made the key that cast it, for somebody else. */
  key_made_by?: string
}

/** A vote that was cast; `voided_at` is null while it stands. */
export interface CastVote extends Pick<Stored, 'revision' | 'vote' | 'comment' | 'voted_at' | 'reported_by' | 'stage'> {
  voter: string
  /** What it counted with: see `votes.counted_with`. */
  counted_with: CountedWith
  voided_at: number | null
}

/**
 * All votes on the row `a` of `approvals`, whether or not they stand, in no certain order: a JSON array of `CastVote`s.
 */
export const allVotes = sql`
  SELECT json_group_array(json_object('voter', voter_id, 'vote', vote, 'comment', comment, 'voted_at', voted_at,
    'reported_by', reported_by, 'revision', revision, 'stage', stage, 'counted_with', json(counted_with), 'voided_at', nullif(voided_at, 0)))
  FROM votes WHERE approval_id = a.id`

/**
 * When a vote of the surrounding `UPDATE votes` ceases to stand: now, but after any other of the same person on the
 * same question, from which nothing else tells it apart.
 */
export function voidedFrom(now: number): SQL {
  return sql`max(${now}, (SELECT max(v.voided_at) + 1 FROM votes v
    WHERE v.approval_id = votes.approval_id AND v.revision = votes.revision AND v.voter_id = votes.voter_id))`
}

/** The policy version of the row `a` of `approvals`, as a JSON object (`PolicyOfRow`); NULL where none holds. */
export const policyOfRow = sql`
  SELECT json_object('id', policy_id, 'name', name, 'version', version, 'body', json(body)) FROM policy_versions
  WHERE id = a.policy_version_id`

export interface PolicyOfRow {
  id: string
  name: string
  version: number
  body: PolicyBody
}

/** Whether the caller's yes to the row `a` of `approvals` stands. */
export function hasApproved({ actor }: Ctx): Condition {
  return sql`EXISTS (SELECT 1 FROM votes v WHERE v.approval_id = a.id AND v.revision = a.revision AND v.voter_id = ${actor.userId}
    AND v.voided_at = 0 AND v.vote = 'approve')`
}
