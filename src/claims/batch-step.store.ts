import { sql, type SQL } from 'drizzle-orm'
import { decidable, submitter } from '../approvals/approvals.store.ts'
import { recordMany } from '../approvals/history.store.ts'
import type { Ctx } from '../context.ts'
import type { Statement } from '../db/open-db.ts'
import { newId } from '../ids.ts'
import type { Batch } from './batches.store.ts'

/**
 * The statements of one step: approve what may be approved of the next `size` claims, note what became of each, count
 * and, if nothing is left, complete. All of them look for the batch in `processing` and count from its
 * `processed_count`, which only the last one moves, so a step that meets a cancelled batch does nothing and one that
 * runs again goes on where the last one ended.
 *
 * The order is chosen for what it reads: votes, events and counts take the results that the second statement has
 * written, not the approvals again. The unary plusses keep the planner from any other order than item by item, each
 * approval by its id.
 */
export function step(ctx: Ctx, id: string, size: number, pokeAt: number): Statement[] {
  const base = sql`(SELECT processed_count FROM batches WHERE id = ${id} AND status = 'processing')`
  const inStep = sql`batch_id = ${id} AND position >= ${base} AND position < ${base} + ${size}`
  const ofBatch = (column: string) => sql`(SELECT ${sql.identifier(column)} FROM batches WHERE id = ${id})`

  const hasHand = hasHandIn(id)

  const approve = ctx.db.all(sql`
    UPDATE approvals SET status = 'approved', votes_for = votes_for + 1, decision_id = ${id}, decided_by = work.coordinator_id,
      decided_at = ${ctx.now}, comment = work.comment, updated_at = ${ctx.now}, revision = revision + 1
    FROM (
      SELECT i.claim_id, b.tenant_id, b.coordinator_id, b.roles, b.comment
      FROM batches b JOIN batch_items i
      WHERE b.id = ${id} AND b.status = 'processing'
        AND i.batch_id = b.id AND i.position >= b.processed_count AND i.position < b.processed_count + ${size}
    ) AS work
    WHERE approvals.id = +work.claim_id AND +approvals.tenant_id = work.tenant_id AND +approvals.kind = 'claim'
      AND approvals.votes_for + 1 >= approvals.votes_needed
      AND ${decidable({ id: sql`work.coordinator_id`, roles: sql`work.roles`, hasHand }, ctx.now)}`)

  const judge = ctx.db.all(sql`
    INSERT INTO batch_results (batch_id, position, claim_id, decision, error, processed_at)
    SELECT i.batch_id, i.position, i.claim_id, iif(approvals.decision_id = ${id}, 'approved', 'rejected'), CASE
        WHEN approvals.id IS NULL THEN 'Claim not found'
        WHEN approvals.decision_id = ${id} THEN NULL
        WHEN approvals.status = 'withdrawn' THEN 'Claim was withdrawn'
        WHEN approvals.status <> 'pending' THEN 'Claim already processed'
        WHEN ${hasHand(sql`approvals.requester_id`)} OR ${hasHand(submitter)} THEN 'Coordinator may not approve their own claim'
        ELSE 'Claim needs another approver' END, ${ctx.now}
    FROM batch_items i LEFT JOIN approvals ON approvals.id = i.claim_id AND +approvals.tenant_id = ${ofBatch('tenant_id')} AND +approvals.kind = 'claim'
    WHERE i.batch_id = ${id} AND i.position >= ${base} AND i.position < ${base} + ${size}`)

  const vote = ctx.db.all(sql`
    INSERT INTO votes (approval_id, voter_id, vote, decision_id, comment, voted_at, reported_by)
    SELECT claim_id, ${ofBatch('coordinator_id')}, 'approve', ${id}, ${ofBatch('comment')}, ${ctx.now},
      (SELECT nullif(coalesce(started_by, created_by), coordinator_id) FROM batches WHERE id = ${id})
    FROM batch_results WHERE ${inStep} AND decision = 'approved'`)

  const tell = recordMany(
    ctx,
    {
      tenantId: ofBatch('tenant_id'),
      actorId: ofBatch('coordinator_id'),
      type: 'claim.approved',
      from: 'pending',
      to: 'approved',
      data: sql`json_object('decision_id', ${id}, 'comment', ${ofBatch('comment')}, 'on_behalf_of', ${ofBatch('coordinator_id')},
        'created_by', ${ofBatch('created_by')}, 'started_by', ${ofBatch('started_by')})`,
    },
    {
      from: sql`batch_results r WHERE r.batch_id = ${id} AND r.position = ${base} + ids.key AND r.decision = 'approved'`,
      subject: sql`r.claim_id`,
      atMost: size,
    },
  )

  const move = ctx.db.all(sql`
    UPDATE batches SET
      approved_count = approved_count + done.approved, rejected_count = rejected_count + done.n - done.approved,
      status = iif(processed_count + done.n = total_claims, 'completed', 'processing'),
      completed_at = iif(processed_count + done.n = total_claims, ${ctx.now}, NULL),
      poke_at = iif(processed_count + done.n = total_claims, NULL, ${pokeAt}),
      write_id = ${newId('wrt')}, updated_at = ${ctx.now}, revision = revision + 1
    FROM (SELECT count(*) AS n, coalesce(sum(decision = 'approved'), 0) AS approved FROM batch_results WHERE ${inStep}) AS done
    WHERE id = ${id} AND status = 'processing'`)

  const complete = ctx.db.all(sql`
    INSERT INTO events (id, tenant_id, type, subject_id, actor_id, at, from_status, to_status, data)
    SELECT ${newId('evt')}, tenant_id, 'batch.completed', id, ${ctx.actor.userId}, ${ctx.now}, 'processing', 'completed',
      json_object('total_claims', total_claims, 'approved_count', approved_count, 'rejected_count', rejected_count)
    FROM batches WHERE id = ${id} AND status = 'completed'
      AND NOT EXISTS (SELECT 1 FROM events WHERE subject_id = ${id} AND type = 'batch.completed')`)

  return [approve, judge, vote, tell, move, complete]
}

/**
 * Whether a user has a hand in a batch: its coordinator, who made it, started it or amended it. None of them has a claim
 * approved by it that they asked for. Searching one text, which SQLite makes once a statement, reads no row per claim.
 */
function hasHandIn(id: string): (user: SQL) => SQL {
  const hands = sql`(SELECT json_insert(amenders, '$[#]', coordinator_id, '$[#]', created_by, '$[#]',
    coalesce(started_by, created_by)) FROM batches WHERE id = ${id})`
  return (user) => sql`instr(${hands}, json_quote(${user}))`
}

/** The batch whatever its tenant: for the runner, which has no caller. */
export function selectForRunner(ctx: Ctx, id: string) {
  return ctx.db.all<Batch>(sql`SELECT * FROM batches WHERE id = ${id}`)
}

/**
 * The statements that undo what a batch approved, if this transaction has just cancelled it: their events, votes and
 * decisions. The results stay.
 *
 * @param atMost how many claims the batch may have
 */
export function revert(ctx: Ctx, id: string, writeId: string, atMost: number): Statement[] {
  const cancelled = sql`(SELECT id FROM batches WHERE id = ${id} AND write_id = ${writeId})`
  return [
    recordMany(
      ctx,
      {
        tenantId: sql`${ctx.actor.tenantId}`,
        actorId: sql`${ctx.actor.userId}`,
        type: 'claim.reverted',
        from: 'approved',
        to: 'pending',
        data: sql`json_object('decision_id', ${id})`,
      },
      {
        from: sql`batch_results r WHERE r.batch_id = ${cancelled} AND r.position = ids.key AND r.decision = 'approved'`,
        subject: sql`r.claim_id`,
        atMost,
      },
    ),
    ctx.db.all(sql`
      DELETE FROM votes WHERE decision_id = ${id} AND approval_id IN (
        SELECT claim_id FROM batch_results WHERE batch_id = ${cancelled} AND decision = 'approved')`),
    ctx.db.all(sql`
      UPDATE approvals SET status = 'pending', votes_for = votes_for - 1, decision_id = NULL, decided_by = NULL, decided_at = NULL,
        comment = NULL, updated_at = ${ctx.now}, revision = revision + 1
      WHERE decision_id = ${cancelled}`),
  ]
}
