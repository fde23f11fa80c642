import { sql, type SQL } from 'drizzle-orm'
import { roles as allRoles, type Ctx } from '../context.ts'
import { jsonEach } from '../db/json.ts'
import type { Condition, Reference, Statement } from '../db/open-db.ts'
import type { Approval, Kind, Vote } from './approval.ts'
import type { Opening } from './open.ts'

/** Who votes, as SQL: values for a request, columns for a batch. `roles` is a JSON array. */
export interface Voter {
  id: SQL
  roles: SQL
  /** Whether a user has a hand in the vote; without it only the voter has. */
  hasHand?: (user: SQL) => SQL
}

/** Who sent the request of an `approvals` row, as SQL: for the requester, or the requester themselves. */
export const submitter = sql`coalesce(approvals.submitted_by, approvals.requester_id)`

/**
 * The condition under which a voter may vote on the `approvals` row of the surrounding statement. Says in SQL what
 * `whyNot` says in `rules.ts`. The unary plus keeps the status out of the choice of index: approvals are voted on by id.
 */
export function decidable(voter: Voter, now: number): SQL {
  const roleFits = sql.join(
    allRoles.map((role) => {
      const quoted = sql.raw(`'"${role}"'`)
      return sql`(instr(${voter.roles}, ${quoted}) AND instr(approvals.policy ->> '$.approver_roles', ${quoted}))`
    }),
    sql` OR `,
  )
  const hasHand = voter.hasHand ?? ((user: SQL) => sql`${user} = ${voter.id}`)
  return sql`
    +approvals.status = 'pending'
    AND NOT (approvals.on_due IS 'expire' AND approvals.due_at <= ${now})
    AND (NOT (${hasHand(sql`approvals.requester_id`)} OR ${hasHand(submitter)}) OR approvals.policy ->> '$.allow_self_approval')
    AND (${roleFits})
    AND NOT EXISTS (SELECT 1 FROM votes WHERE votes.approval_id = approvals.id AND votes.voter_id = ${voter.id})`
}

/**
 * Inserts approvals from one bound value; none where the guard does not hold. They are pending, or where a
 * `decisionId` is given approved by the actor.
 */
export function insertApprovals(
  ctx: Ctx,
  kind: Kind,
  openings: readonly (Opening & { submitted_by: string | null })[],
  { guard, decisionId = null }: { guard?: Condition; decisionId?: string | null } = {},
): Statement {
  const { actor, now } = ctx
  const [status, decidedBy, decidedAt] = decisionId === null ? ['pending', null, null] : ['approved', actor.userId, now]
  return ctx.db.all(sql`
    INSERT INTO approvals (id, tenant_id, kind, status, title, requester_id, subject_type, subject_id, created_at, updated_at,
      due_at, on_due, policy, votes_needed, decision_id, decided_by, decided_at, submitted_by)
    SELECT value ->> '$.id', ${actor.tenantId}, ${kind}, ${status}, value ->> '$.title', value ->> '$.requester_id',
      value ->> '$.subject.type', value ->> '$.subject.id', ${now}, ${now}, value ->> '$.due_at', value ->> '$.on_due',
      value -> '$.policy', value ->> '$.policy.required_approvals', ${decisionId}, ${decidedBy}, ${decidedAt}, value ->> '$.submitted_by'
    FROM ${jsonEach(openings)} WHERE ${guard ?? sql`1`}`)
}

/** Whether this transaction, or an earlier one, has opened the approval. */
export function isOpened(id: string): Condition {
  return sql`EXISTS (SELECT 1 FROM approvals WHERE id = ${id})`
}

/** Casts one vote and, with the last one needed, decides. Returns the row where it was allowed, else none. */
export function castVote(
  ctx: Ctx,
  target: {
    id: Reference
    kind: Kind
    vote: Vote
    comment: string | null
    ifMatch: readonly string[] | null
    guard?: { condition: Condition }
  },
  decisionId: string,
) {
  const { actor, now } = ctx
  const decided = target.vote === 'reject' ? sql`1` : sql`votes_for + 1 >= votes_needed`
  return ctx.db.all<Approval>(sql`
    UPDATE approvals SET
      status = CASE WHEN ${decided} THEN ${target.vote === 'reject' ? 'rejected' : 'approved'} ELSE 'pending' END,
      decided_by = CASE WHEN ${decided} THEN ${actor.userId} END,
      decided_at = CASE WHEN ${decided} THEN ${now} END,
      comment = CASE WHEN ${decided} THEN ${target.comment} END,
      votes_for = votes_for + ${target.vote === 'approve' ? 1 : 0},
      decision_id = ${decisionId}, updated_at = ${now}, revision = revision + 1
    WHERE id = ${target.id} AND tenant_id = ${actor.tenantId} AND kind = ${target.kind}
      AND ${decidable({ id: sql`${actor.userId}`, roles: sql`${JSON.stringify(actor.roles)}` }, now)}
      AND ${matches(target.ifMatch)} AND ${target.guard?.condition ?? sql`1`}
    RETURNING *`)
}

/** The vote behind `decisionId`, if it was allowed. */
export function insertVote(
  ctx: Ctx,
  { vote, comment, reportedBy = null }: { vote: Vote; comment: string | null; reportedBy?: string | null },
  decisionId: string,
): Statement {
  return ctx.db.all(sql`
    INSERT INTO votes (approval_id, voter_id, vote, decision_id, comment, voted_at, reported_by)
    SELECT id, ${ctx.actor.userId}, ${vote}, ${decisionId}, ${comment}, ${ctx.now}, ${reportedBy}
    FROM approvals WHERE decision_id = ${decisionId}`)
}

/** Takes the request back. Returns the row where it was allowed, else none. */
export function markWithdrawn(
  ctx: Ctx,
  target: { id: string; kind: Kind; ifMatch: readonly string[] | null; guard?: { condition: Condition } },
  decisionId: string,
) {
  const { actor, now } = ctx
  return ctx.db.all<Approval>(sql`
    UPDATE approvals SET status = 'withdrawn', decided_by = ${actor.userId}, decided_at = ${now},
      decision_id = ${decisionId}, updated_at = ${now}, revision = revision + 1
    WHERE id = ${target.id} AND tenant_id = ${actor.tenantId} AND kind = ${target.kind}
      AND status = 'pending' AND requester_id = ${actor.userId}
      AND NOT (on_due IS 'expire' AND due_at <= ${now}) AND ${matches(target.ifMatch)} AND ${target.guard?.condition ?? sql`1`}
    RETURNING *`)
}

/** One approval as it is now and, unless this decision has just been made on it, the actor's earlier vote. */
export function selectApproval(ctx: Ctx, id: Reference, kind: Kind, decisionId: string) {
  return ctx.db.all<Approval & { mine: Vote | null }>(sql`
    SELECT approvals.*, CASE WHEN decision_id IS NOT ${decisionId} THEN (
      SELECT vote FROM votes WHERE approval_id = approvals.id AND voter_id = ${ctx.actor.userId}) END AS mine
    FROM approvals WHERE id = ${id} AND tenant_id = ${ctx.actor.tenantId} AND kind = ${kind}`)
}

function matches(ifMatch: readonly string[] | null): SQL {
  return ifMatch ? sql`CAST(revision AS TEXT) IN (SELECT value FROM ${jsonEach(ifMatch)})` : sql`1`
}
