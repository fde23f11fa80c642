import { sql, type SQL } from 'drizzle-orm'
import type { Ctx } from '../context.ts'
import type { Statement } from '../db/open-db.ts'
import type { Kind } from './approval.ts'
import { decidable } from './approvals.store.ts'

/*
 * Approvals that are decided together, by something that only the database knows the members of. `mark` is the id of
 * that something: it takes the place of a decision's own id.
 */

/**
 * Approves many at once, each in its voter's name, where one vote is all that is missing.
 *
 * @param work a SELECT of `approval_id`, `tenant_id`, `voter_id`, `roles` (a JSON array) and `comment`
 * @param hasHand whether a user has a hand in this: nobody has approved what they asked for
 */
export function approveMany(ctx: Ctx, kind: Kind, mark: string, work: SQL, hasHand: (user: SQL) => SQL): Statement {
  return ctx.db.all(sql`
    UPDATE approvals SET status = 'approved', votes_for = votes_for + 1, decision_id = ${mark}, decided_by = work.voter_id,
      decided_at = ${ctx.now}, comment = work.comment, updated_at = ${ctx.now}, revision = revision + 1
    FROM (${work}) AS work
    WHERE approvals.id = +work.approval_id AND +approvals.tenant_id = work.tenant_id AND +approvals.kind = ${kind}
      AND approvals.votes_for + 1 >= approvals.votes_needed
      AND ${decidable({ id: sql`work.voter_id`, roles: sql`work.roles`, hasHand }, ctx.now)}`)
}

/**
 * The votes behind what was approved together.
 *
 * @param votes a SELECT of `approval_id`, `voter_id`, `comment` and `reported_by`
 */
export function insertVotes(ctx: Ctx, mark: string, votes: SQL): Statement {
  return ctx.db.all(sql`
    INSERT INTO votes (approval_id, voter_id, vote, decision_id, comment, voted_at, reported_by)
    SELECT v.approval_id, v.voter_id, 'approve', ${mark}, v.comment, ${ctx.now}, v.reported_by FROM (${votes}) AS v`)
}

/**
 * Takes back what was approved together: pending again, without the votes.
 *
 * @param reverted a scalar subquery that gives `mark` where it is to be undone, else nothing
 * @param approvals a SELECT of the ids of what was approved so
 */
export function revertMany(ctx: Ctx, mark: string, reverted: SQL, approvals: SQL): Statement[] {
  return [
    ctx.db.all(sql`DELETE FROM votes WHERE decision_id = ${mark} AND approval_id IN (${approvals})`),
    ctx.db.all(sql`
      UPDATE approvals SET status = 'pending', votes_for = votes_for - 1, decision_id = NULL, decided_by = NULL, decided_at = NULL,
        comment = NULL, updated_at = ${ctx.now}, revision = revision + 1
      WHERE decision_id = ${reverted}`),
  ]
}
