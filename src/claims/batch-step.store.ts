import { sql, type SQL } from 'drizzle-orm'
import { submitter } from '../approvals/approvals.store.ts'
import { approveMany, insertVotes, revertMany } from '../approvals/decide-many.store.ts'
import { isRecorded, recordFound, recordNumbered } from '../approvals/history.store.ts'
import type { Ctx } from '../context.ts'
import type { Statement } from '../db/open-db.ts'
import { newId } from '../ids.ts'
import { told, type Batch } from './batches.store.ts'

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

  const work = sql`
    SELECT i.claim_id AS approval_id, b.tenant_id, b.coordinator_id AS voter_id, b.roles, b.comment
    FROM batches b JOIN batch_items i
    WHERE b.id = ${id} AND b.status = 'processing'
      AND i.batch_id = b.id AND i.position >= b.processed_count AND i.position < b.processed_count + ${size}`
  const approve = approveMany(ctx, 'claim', id, work, hasHand)

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

  const votes = sql`
    SELECT claim_id AS approval_id, ${ofBatch('coordinator_id')} AS voter_id, ${ofBatch('comment')} AS comment,
      (SELECT nullif(coalesce(started_by, created_by), coordinator_id) FROM batches WHERE id = ${id}) AS reported_by
    FROM batch_results WHERE ${inStep} AND decision = 'approved'`
  const vote = insertVotes(ctx, id, votes)

  const tell = recordNumbered(
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

  const complete = recordFound(
    ctx,
    sql`SELECT tenant_id, 'batch.completed' AS type, id AS subject_id, 'processing' AS from_status, status AS to_status, ${told} AS data
      FROM batches WHERE id = ${id} AND status = 'completed' AND NOT ${isRecorded(id, ['batch.completed'])}`,
  )

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
    recordNumbered(
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
    ...revertMany(
      ctx,
      id,
      cancelled,
      sql`SELECT claim_id FROM batch_results WHERE batch_id = ${cancelled} AND decision = 'approved'`,
    ),
  ]
}
