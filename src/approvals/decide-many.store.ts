import { sql, type SQL } from '../db/sql.ts'
import type { Ctx } from '../context.ts'
import type { Statement } from '../db/open-db.ts'
import { decidable, type Voter } from './decidable.store.ts'
import type { KindOfApprovals } from './policy.ts'
import { voidedFrom } from './votes.store.ts'

/*
 * Bulk decisions: approvals that are decided together, by something that only the database knows the members of.
 * `bulkId` is the id of that something, and the decision's own.
 */

/**
 * Approves many at once, where one vote is all that is missing.
 *
 * @param members a SELECT of their ids
 * @param voter in whose name; the same for all of them
 */
export function approveMany(
  ctx: Ctx,
  { kind, policy }: KindOfApprovals,
  bulkId: string,
  members: SQL,
  voter: Voter & { comment: SQL },
): Statement {
  return ctx.db.all(sql`
    UPDATE approvals SET status = 'approved', votes_for = votes_for + 1, decision_id = ${bulkId}, bulk_id = ${bulkId},
      decided_by = ${voter.id}, decided_at = ${ctx.now}, comment = ${voter.comment}, updated_at = ${ctx.now}, version = version + 1
    WHERE id IN (${members}) AND +tenant_id = ${ctx.actor.tenantId} AND +kind = ${kind} AND votes_for + 1 >= votes_needed
      AND ${decidable(voter, policy, ctx.now)}`)
}

/** Who approves all of them, and what they say, as scalar SQL. `roles` and `groups` are JSON arrays. */
type ManyVotes = Record<'voterId' | 'roles' | 'groups' | 'comment' | 'reportedBy', SQL>

/**
 * The votes behind what was approved together.
 *
 * @param approved a SELECT of `approval_id` and `revision`
 */
export function insertVotes(ctx: Ctx, bulkId: string, vote: ManyVotes, approved: SQL): Statement {
  return ctx.db.all(sql`
    INSERT INTO votes (approval_id, revision, voter_id, vote, decision_id, counted_with, comment, voted_at, reported_by)
    SELECT v.approval_id, v.revision, ${vote.voterId}, 'approve', ${bulkId},
      (SELECT json_object('groups', json(${vote.groups}), 'roles', json(${vote.roles}))), ${vote.comment}, ${ctx.now}, ${vote.reportedBy}
    FROM (${approved}) AS v`)
}

/**
 * Takes back what was approved together: pending again, its votes void.
 *
 * @param reverted a scalar subquery that gives `bulkId` where it is to be undone, else nothing
 * @param approvals a SELECT of the ids of what was approved so
 */
export function revertMany(ctx: Ctx, bulkId: string, reverted: SQL, approvals: SQL): Statement[] {
  return [
    ctx.db.all(sql`
      UPDATE votes SET voided_at = ${voidedFrom(ctx.now)}
      WHERE decision_id = ${bulkId} AND voided_at = 0 AND approval_id IN (${approvals})`),
    ctx.db.all(sql`
      UPDATE approvals SET status = 'pending', votes_for = votes_for - 1, decision_id = NULL, bulk_id = NULL, decided_by = NULL,
        decided_at = NULL, comment = NULL, updated_at = ${ctx.now}, version = version + 1
      WHERE bulk_id = ${reverted}`),
  ]
}
