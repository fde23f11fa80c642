import { sql, type SQL } from 'drizzle-orm'
import { roles as allRoles, type Ctx } from '../context.ts'
import { jsonEach } from '../db/json.ts'
import type { Condition, Reference, Statement } from '../db/open-db.ts'
import type { Approval, Kind, Vote } from './approval.ts'
import { marked, type Mark } from './mark.store.ts'
import type { Opening } from './open.ts'
import type { KindOfApprovals, Policy } from './policy.ts'
import { boundTo } from './restricted.ts'
import { visible } from './restricted.store.ts'
import type { Ballot } from './rules.ts'

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
 * `whyNot` says in `rules.ts`. The unary plus keeps the status out of the choice of index: approvals are voted on by
 * id.
 *
 * @param policy what it takes where the row has no policy of its own
 */
export function decidable(voter: Voter, policy: Policy, now: number): SQL {
  const roleFits = (approverRoles: SQL) =>
    sql.join(
      allRoles.map((role) => {
        const quoted = sql.raw(`'"${role}"'`)
        return sql`(instr(${voter.roles}, ${quoted}) AND instr(${approverRoles}, ${quoted}))`
      }),
      sql` OR `,
    )
  const underPolicy = (ofPolicy: SQL, otherwise: SQL) =>
    sql`coalesce((SELECT ${ofPolicy} FROM policy_versions p WHERE p.id = approvals.policy_version_id), ${otherwise})`
  const hasHand = voter.hasHand ?? ((user: SQL) => sql`${user} = ${voter.id}`)
  return sql`
    +approvals.status = 'pending'
    AND NOT (approvals.on_due IS 'expire' AND approvals.due_at <= ${now})
    AND (NOT (${hasHand(sql`approvals.requester_id`)} OR ${hasHand(submitter)}) 
      OR ${underPolicy(sql`p.body ->> '$.allow_self_approval'`, sql`${policy.allow_self_approval ? 1 : 0}`)})
    AND ${underPolicy(roleFits(sql`p.body ->> '$.approver_roles'`), roleFits(sql`${JSON.stringify(policy.approver_roles)}`))}
    AND NOT EXISTS (${standing(sql`1`, voter.id)})`
}

/** The voter's standing vote on the question of the `approvals` row of the surrounding statement. */
function standing(column: SQL, voterId: SQL): SQL {
  return sql`SELECT ${column} FROM votes
    WHERE votes.approval_id = approvals.id AND votes.revision = approvals.revision AND votes.voter_id = ${voterId} AND votes.voided_at = 0`
}

/**
 * Inserts approvals from one bound value; none where the guard does not hold. They are pending, or where a
 * `decisionId` is given approved by the actor.
 */
export function insertApprovals(
  ctx: Ctx,
  kind: Kind,
  openings: readonly (Omit<Opening, 'what'> & { digest: string; votes_needed: number; submitted_by: string | null })[],
  { guard, decisionId = null }: { guard?: Condition; decisionId?: string | null } = {},
): Statement {
  const { actor, now } = ctx
  const [status, decidedBy, decidedAt] = decisionId === null ? ['pending', null, null] : ['approved', actor.userId, now]
  return ctx.db.all(sql`
    INSERT INTO approvals (id, tenant_id, kind, status, type, title, requester_id, subject_type, subject_id, created_at, updated_at,
      due_at, on_due, votes_needed, digest, decision_id, decided_by, decided_at, submitted_by, instance_id, restricted)
    SELECT value ->> '$.id', ${actor.tenantId}, ${kind}, ${status}, value ->> '$.type', value ->> '$.title', value ->> '$.requester_id',
      value ->> '$.subject.type', value ->> '$.subject.id', ${now}, ${now}, value ->> '$.due_at', value ->> '$.on_due',
      value ->> '$.votes_needed', value ->> '$.digest', ${decisionId}, ${decidedBy}, ${decidedAt}, value ->> '$.submitted_by',
      coalesce(value ->> '$.instance_id', ${boundTo(actor)}), coalesce(value ->> '$.restricted', 0)
    FROM ${jsonEach(openings)} WHERE ${guard ?? sql`1`}`)
}

/** Whether this transaction, or an earlier one, has opened the approval. */
export function isOpened(id: string): Condition {
  return sql`EXISTS (SELECT 1 FROM approvals WHERE id = ${id})`
}

/** Casts one vote and, with the last one needed, decides. Returns the row where it was allowed, else none. */
export function castVote(
  ctx: Ctx,
  target: KindOfApprovals & Ballot & { id: Reference; guard?: { condition: Condition } },
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
      decision_id = ${decisionId}, updated_at = ${now}, version = version + 1
    WHERE id = ${target.id} AND tenant_id = ${actor.tenantId} AND kind = ${target.kind} AND ${visible(ctx, target)}
      AND ${decidable({ id: sql`${actor.userId}`, roles: sql`${JSON.stringify(actor.roles)}` }, target.policy, now)}
      AND ${matches(target.ifMatch)} AND digest = coalesce(${target.digest ?? null}, digest)
      AND ${target.guard?.condition ?? sql`1`}
    RETURNING *`)
}

/** The vote behind a decision, if it was allowed. */
export function insertVote(
  ctx: Ctx,
  { vote, comment, reportedBy = null }: { vote: Vote; comment: string | null; reportedBy?: string | null },
  mark: Mark,
): Statement {
  const { actor, now } = ctx
  return ctx.db.all(sql`
    INSERT INTO votes (approval_id, revision, voter_id, vote, decision_id, counted_with, comment, voted_at, reported_by)
    SELECT id, revision, ${actor.userId}, ${vote}, decision_id, ${JSON.stringify({ groups: [], roles: actor.roles })}, ${comment}, ${now},
      ${reportedBy}
    FROM approvals WHERE ${marked(mark)}`)
}

/**
 * When a vote of the surrounding `UPDATE votes` ceases to stand: now, but after any other of the same person on the
 * same question, from which nothing else tells it apart.
 */
export function voidedFrom(now: number): SQL {
  return sql`max(${now}, (SELECT max(v.voided_at) + 1 FROM votes v
    WHERE v.approval_id = votes.approval_id AND v.revision = votes.revision AND v.voter_id = votes.voter_id))`
}

/** Takes the request back. Returns the row where it was allowed, else none. */
export function markWithdrawn(
  ctx: Ctx,
  target: KindOfApprovals & { id: string; ifMatch: readonly string[] | null; guard?: { condition: Condition } },
  decisionId: string,
) {
  const { actor, now } = ctx
  return ctx.db.all<Approval>(sql`
    UPDATE approvals SET status = 'withdrawn', decided_by = ${actor.userId}, decided_at = ${now},
      decision_id = ${decisionId}, updated_at = ${now}, version = version + 1
    WHERE id = ${target.id} AND tenant_id = ${actor.tenantId} AND kind = ${target.kind} AND ${visible(ctx, target)}
      AND status = 'pending' AND requester_id = ${actor.userId}
      AND NOT (on_due IS 'expire' AND due_at <= ${now}) AND ${matches(target.ifMatch)} AND ${target.guard?.condition ?? sql`1`}
    RETURNING *`)
}

/**
 * Says that approvals have changed in what their family keeps of them: they are at another version. `ids` is a SELECT.
 */
export function touch(ctx: Ctx, ids: SQL): Statement {
  return ctx.db.all(sql`UPDATE approvals SET updated_at = ${ctx.now}, version = version + 1 WHERE id IN (${ids})`)
}

/** An approval with its own policy as JSON, if it has one, and the actor's standing vote. */
export type VotedOn = Approval & { mine: Vote | null; policy: string | null }

/** One approval that the actor sees, as it is now. */
export function selectApproval(ctx: Ctx, id: Reference, kind: KindOfApprovals) {
  return ctx.db.all<VotedOn>(sql`
    SELECT approvals.*, (SELECT body FROM policy_versions WHERE id = policy_version_id) AS policy,
      (${standing(sql`vote`, sql`${ctx.actor.userId}`)}) AS mine
    FROM approvals WHERE id = ${id} AND tenant_id = ${ctx.actor.tenantId} AND kind = ${kind.kind} AND ${visible(ctx, kind)}`)
}

/** Whether the `approvals` row of the surrounding statement is in one of the states that `If-Match` names. */
export function matches(ifMatch: readonly string[] | null): SQL {
  return ifMatch ? sql`CAST(version AS TEXT) IN (SELECT value FROM ${jsonEach(ifMatch)})` : sql`1`
}
