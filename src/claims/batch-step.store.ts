import { sql, type SQL } from '../db/sql.ts'
import { handVoted, submitter, versionsFulfilledBy } from '../approvals/decidable.store.ts'
import { approveMany, insertVotes, revertMany } from '../approvals/decide-many.store.ts'
import { isRecorded, latestSeq, recordEach, recordFound } from '../approvals/history.store.ts'
import { personNow } from '../access/standing.store.ts'
import { roles as allRoles, type Ctx } from '../context.ts'
import type { Condition, Statement } from '../db/open-db.ts'
import { newId } from '../ids.ts'
import { claimKind } from './claim-kind.ts'
import { itemsOf, told } from './batches.store.ts'

/**
 * The statements of one step: approve what may be approved of the next `size` claims, note what became of each, count
 * and, if nothing is left, complete. All of them look for the batch in `processing` and count from its
 * `processed_count`, which only the last one moves, so a step that meets a cancelled batch does nothing and one that
 * runs again goes on where the last one ended.
 *
 * An approval that carries the batch's id was approved by it. Where else one statement tells what another has done, it
 * is by `changes()` or by where the history is. The unary plusses keep the planner from any other order than item by
 * item, each approval by its id: what is gathered in an array is in that order without sorting.
 */
export function step(ctx: Ctx, id: string, size: number, pokeAt: number): Statement[] {
  const base = sql`(SELECT processed_count FROM batches WHERE id = ${id} AND status = 'processing')`
  const items = itemsOf(id, base, size)
  const sizeOfStep = sql`(SELECT min(${size}, total_claims - processed_count) FROM batches WHERE id = ${id})`
  const ofBatch = (column: string) => sql`(SELECT ${sql.identifier(column)} FROM batches WHERE id = ${id})`

  const hasHand = hasHandIn(id)
  const coordinator = coordinatorOf(ctx, id)

  const note = ctx.db.all(sql`
    UPDATE batches SET events_before = ${latestSeq(sql`${ctx.actor.tenantId}`)} WHERE id = ${id} AND status = 'processing'`)

  const voter = { ...coordinator, comment: ofBatch('comment'), hasHand, underPolicy: governedBy(ctx, id, hasHand) }
  const approve = approveMany(ctx, claimKind, id, sql`SELECT claim_id FROM ${items}`, voter)

  const judge = ctx.db.all(sql`
    INSERT INTO batch_results (batch_id, position, size, errors, processed_at)
    SELECT id, processed_count, ${sizeOfStep}, iif(changes() = ${sizeOfStep}, '[]', (
      SELECT json_group_array(CASE
        WHEN approvals.id IS NULL THEN 'Claim not found'
        WHEN approvals.bulk_id = ${id} THEN NULL
        WHEN approvals.status = 'withdrawn' THEN 'Claim was withdrawn'
        WHEN approvals.status <> 'pending' THEN 'Claim already processed'
        WHEN ${hasHand(sql`approvals.requester_id`)} OR ${hasHand(submitter)} THEN 'Coordinator may not approve their own claim'
        ELSE 'Claim needs another approver' END) FROM ${items} AS i
        LEFT JOIN approvals ON approvals.id = i.claim_id AND +approvals.tenant_id = ${ctx.actor.tenantId} AND +approvals.kind = 'claim')), ${ctx.now}
    FROM batches WHERE id = ${id} AND status = 'processing'`)

  const approved = sql`${items} AS i CROSS JOIN approvals a WHERE a.id = i.claim_id AND +a.bulk_id = ${id}`
  const ofCoordinator = {
    voterId: coordinator.id,
    roles: coordinator.roles,
    groups: coordinator.groups,
    comment: ofBatch('comment'),
    reportedBy: sql`(SELECT nullif(coalesce(started_by, created_by), coordinator_id) FROM batches WHERE id = ${id})`,
  }
  const vote = insertVotes(ctx, id, ofCoordinator, sql`SELECT a.id AS approval_id, a.revision FROM ${approved}`)

  // A mark for each item, where only some were approved: the statement before has cast a vote for each that was.
  const marks = sql`SELECT iif(changes() IN (0, ${sizeOfStep}), NULL, (
    SELECT group_concat(iif(e.type = 'null', '+', '-'), '') FROM batch_results r CROSS JOIN json_each(r.errors) AS e
    WHERE r.batch_id = ${id} AND r.position = ${base})) AS marks`
  const offset = sql`i.position - ${base}`
  const place = sql`iif(marks IS NULL, ${offset}, length(replace(substr(marks, 1, ${offset}), '-', '')))`
  const tell = recordEach(
    ctx,
    {
      tenantId: sql`${ctx.actor.tenantId}`,
      actorId: ofBatch('coordinator_id'),
      type: 'claim.approved',
      from: 'pending',
      to: 'approved',
      data: sql`json_object('decision_id', ${id}, 'comment', ${ofBatch('comment')}, 'on_behalf_of', ${ofBatch('coordinator_id')},
        'created_by', ${ofBatch('created_by')}, 'started_by', ${ofBatch('started_by')})`,
    },
    sql`WITH m AS MATERIALIZED (${marks}) SELECT ${place} AS n, a.id AS resource_id, a.digest FROM m CROSS JOIN ${approved}`,
    size,
    ofBatch('events_before'),
  )

  const move = ctx.db.all(sql`
    UPDATE batches SET
      approved_count = approved_count + done.approved, rejected_count = rejected_count + done.n - done.approved,
      status = iif(processed_count + done.n = total_claims, 'completed', 'processing'),
      completed_at = iif(processed_count + done.n = total_claims, ${ctx.now}, NULL),
      poke_at = iif(processed_count + done.n = total_claims, NULL, ${pokeAt}),
      write_id = ${newId('wrt')}, updated_at = ${ctx.now}, version = version + 1
    FROM (SELECT ${sizeOfStep} AS n, ${latestSeq(sql`${ctx.actor.tenantId}`)} - events_before AS approved
      FROM batches WHERE id = ${id}) AS done
    WHERE id = ${id} AND status = 'processing'`)

  const complete = recordFound(
    ctx,
    sql`SELECT tenant_id, 'batch.completed' AS type, id AS resource_id, 'processing' AS from_status, status AS to_status, ${told} AS data
      FROM batches WHERE id = ${id} AND status = 'completed' AND NOT ${isRecorded(ctx, id, ['batch.completed'])}`,
  )

  return [note, approve, judge, vote, tell, move, complete]
}

/**
 * A batch's coordinator. Their roles are those that the batch was submitted with, but for what they have lost since: a
 * role that they had themselves, or all where they are not there any more.
 */
function coordinatorOf(ctx: Ctx, id: string) {
  const coordinator = sql`(SELECT coordinator_id FROM batches WHERE id = ${id})`
  const person = personNow(sql`${ctx.actor.tenantId}`, coordinator)
  const roles = sql`(SELECT json_group_array(role.value)
    FROM batches b CROSS JOIN json_each(b.roles) AS role LEFT JOIN ${person} AS me ON TRUE
    WHERE b.id = ${id} AND (b.coordinator_roles IS NULL OR instr(me.has_roles, json_quote(role.value))
      OR (me.has_roles IS NOT NULL AND NOT instr(b.coordinator_roles, json_quote(role.value)))))`
  return { id: coordinator, roles, groups: sql`ifnull((SELECT me.in_groups FROM ${person} AS me), '[]')` }
}

/**
 * Whether a batch may vote under a policy: where one requirement decides that its coordinator fulfils now, who has
 * started it; and on nothing that anybody who has a hand in it asked for, or voted on, whatever the policy allows. The
 * versions are searched as one text, which reads no row per claim.
 */
function governedBy(ctx: Ctx, id: string, hasHand: (user: SQL) => SQL): Condition {
  const ofBatch = (value: SQL) => sql`(SELECT ${value} FROM batches WHERE id = ${id})`
  const roles = ofBatch(sql`iif(created_by = coordinator_id, roles, ${JSON.stringify(allRoles)})`)
  const fulfilled = sql`(SELECT json_group_array(id) FROM (${versionsFulfilledBy(ctx, ofBatch(sql`coordinator_id`), roles)}))`
  const isCoordinator = (user: SQL) => sql`${user} = ${ofBatch(sql`coordinator_id`)}`
  return sql`instr(${fulfilled}, json_quote(approvals.policy_version_id)) AND ${ofBatch(sql`coalesce(started_by, created_by) = coordinator_id`)}
    AND NOT (${hasHand(sql`approvals.requester_id`)} OR ${hasHand(submitter)}) AND NOT ${handVoted(hasHand, isCoordinator)}`
}

/**
 * Whether a user has a hand in a batch: as its coordinator, or because they submitted, started or amended it, or have
 * made the key with which somebody did. It approves no claim that one of them asked for. Searching one text, which
 * SQLite builds once per statement, reads no row per claim.
 */
function hasHandIn(id: string): (user: SQL) => SQL {
  const hands = sql`(SELECT json_insert(hands, '$[#]', coordinator_id, '$[#]', created_by, '$[#]',
    coalesce(started_by, created_by)) FROM batches WHERE id = ${id})`
  return (user) => sql`instr(${hands}, json_quote(${user}))`
}

/**
 * The statements that undo what a batch approved, if this transaction has just cancelled it: their events, votes and
 * decisions. The results stay.
 *
 * @param atMost how many claims the batch may have
 */
export function revert(ctx: Ctx, id: string, writeId: string, atMost: number): Statement[] {
  const cancelled = sql`(SELECT id FROM batches WHERE id = ${id} AND write_id = ${writeId})`
  const itsApprovals = sql`FROM approvals WHERE bulk_id = ${cancelled}`
  return [
    recordEach(
      ctx,
      {
        tenantId: sql`${ctx.actor.tenantId}`,
        actorId: sql`${ctx.actor.userId}`,
        type: 'claim.reverted',
        from: 'approved',
        to: 'pending',
        data: sql`json_object('decision_id', ${id})`,
      },
      sql`SELECT key AS n, value ->> 0 AS resource_id, value ->> 1 AS digest FROM json_each((
        SELECT json_group_array(json_array(id, digest)) ${itsApprovals}))`,
      atMost,
    ),
    ...revertMany(ctx, id, cancelled, sql`SELECT id ${itsApprovals}`),
  ]
}
