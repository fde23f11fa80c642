import { sql, type SQL } from '../db/sql.ts'
import type { Ctx } from '../context.ts'
import { isOneOfTags, jsonEach } from '../db/json.ts'
import type { Condition, Statement } from '../db/open-db.ts'
import type { Approval, Kind } from './approval.ts'
import { nextSeq } from './history.store.ts'
import type { Sent } from './open.ts'
import type { KindOfApprovals } from './policy.ts'
import type { Ballot } from './rules.ts'
import { boundTo } from './restricted.ts'
import { visible } from './restricted.store.ts'
import { openTo } from './policies.store.ts'
import { isInTime } from './states.store.ts'

/**
 * Inserts approvals from one bound value; none where the guard does not hold. They are pending, or where a
 * `decisionId` is given approved by the actor.
 */
export function insertApprovals(
  ctx: Ctx,
  kind: Kind,
  openings: readonly Sent[],
  { guard, decisionId = null }: { guard?: Condition; decisionId?: string | null } = {},
): Statement {
  const { actor, now } = ctx
  const [status, decidedBy, decidedAt] = decisionId === null ? ['pending', null, null] : ['approved', actor.userId, now]
  return ctx.db.all(sql`
    INSERT INTO approvals (id, tenant_id, kind, status, type, title, requester_id, subject_type, subject_id, created_at, updated_at,
      due_at, on_due, policy_version_id, open_to, votes_needed, channel_confirms, digest, decision_id, decided_by, decided_at, submitted_by, instance_id, restricted)
    SELECT value ->> '$.id', ${actor.tenantId}, ${kind}, ${status}, value ->> '$.type', value ->> '$.title', value ->> '$.requester_id',
      value ->> '$.subject.type', value ->> '$.subject.id', ${now}, ${now}, value ->> '$.due_at', value ->> '$.on_due',
      value ->> '$.policy_version_id', ${openTo(sql`value ->> '$.policy_version_id'`, 0)}, value ->> '$.votes_needed', value ->> '$.channel_confirms', value ->> '$.digest', ${decisionId}, ${decidedBy}, ${decidedAt}, value ->> '$.submitted_by',
      coalesce(value ->> '$.instance_id', ${boundTo(actor)}), coalesce(value ->> '$.restricted', 0)
    FROM ${jsonEach(openings)} WHERE ${guard ?? sql`1`}`)
}

/** Whether this transaction, or an earlier one, has opened the approval. */
export function isOpened(id: string): Condition {
  return sql`EXISTS (SELECT 1 FROM approvals WHERE id = ${id})`
}

/** Takes the request back. Returns the row where it was allowed, else none. */
export function markWithdrawn(
  ctx: Ctx,
  target: KindOfApprovals & Pick<Ballot, 'ifMatch' | 'digest'> & { id: string; guard?: { condition: Condition } },
  decisionId: string,
) {
  const { actor, now } = ctx
  return ctx.db.all<Approval>(sql`
    UPDATE approvals SET status = 'withdrawn', decided_by = ${actor.userId}, decided_at = ${now},
      decision_id = ${decisionId}, event_seq = ${nextSeq(ctx)}, updated_at = ${now}, version = version + 1
    WHERE id = ${target.id} AND tenant_id = ${actor.tenantId} AND kind = ${target.kind} AND ${visible(ctx, target)}
      AND status = 'pending' AND requester_id = ${actor.userId}
      AND ${isInTime(now)}
      AND ${matches(target.ifMatch)} AND digest = coalesce(${target.digest ?? null}, digest) AND ${target.guard?.condition ?? sql`1`}
    RETURNING *`)
}

/**
 * Says that approvals have changed in what their family keeps of them: they are at another version. `ids` is a SELECT.
 */
export function touch(ctx: Ctx, ids: SQL): Statement {
  return ctx.db.all(sql`UPDATE approvals SET updated_at = ${ctx.now}, version = version + 1 WHERE id IN (${ids})`)
}

/** Whether the `approvals` row of the surrounding statement is in one of the states that `If-Match` names. */
export function matches(ifMatch: readonly string[] | null): SQL {
  return ifMatch ? isOneOfTags(sql`CAST(version AS TEXT)`, ifMatch) : sql`1`
}
