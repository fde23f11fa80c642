import { sql, type SQL } from '../db/sql.ts'
import { latestStatus, recordFound } from '../approvals/history.store.ts'
import { personNow } from '../access/standing.store.ts'
import { chunksOf } from '../chunks.ts'
import type { Actor, Ctx } from '../context.ts'
import { jsonEach } from '../db/json.ts'
import type { Statement } from '../db/open-db.ts'
import { behind, merged, type PageRequest } from '../db/page.ts'
import type { batches, batchItems, batchResults } from './batches.table.ts'

export type Batch = typeof batches.$inferSelect
export type BatchStatus = Batch['status']
const statuses = ['pending', 'processing', 'completed', 'cancelled'] as const satisfies readonly BatchStatus[]

/** Which batches a list shows; every member that is set narrows it. */
export interface BatchFilter {
  status?: BatchStatus
  coordinatorId?: string
}

/** The most claims that one batch takes. */
export const maxClaims = 10_000

/** The most of them that a row of items has. */
const perRow = 500

/** Inserts a batch and its items, in the order given. */
export function insertBatch(ctx: Ctx, batch: Batch, claimIds: readonly string[]): Statement[] {
  const coordinator = personNow(sql`${batch.tenant_id}`, sql`${batch.coordinator_id}`)
  return [
    ctx.db.all(sql`
      INSERT INTO batches (id, tenant_id, coordinator_id, created_by, roles, status, comment, process_at, total_claims, write_id,
        created_at, updated_at, poke_at, started_by, hands, coordinator_roles)
      VALUES (${batch.id}, ${batch.tenant_id}, ${batch.coordinator_id}, ${batch.created_by}, ${batch.roles}, ${batch.status},
        ${batch.comment}, ${batch.process_at}, ${batch.total_claims}, ${batch.write_id}, ${batch.created_at}, ${batch.updated_at},
        ${batch.poke_at}, ${batch.started_by}, ${batch.hands}, (SELECT me.has_roles FROM ${coordinator} AS me))`),
    ctx.db.all(sql`
      INSERT INTO batch_items (batch_id, position, claim_ids)
      SELECT ${batch.id}, key * ${perRow}, value FROM ${jsonEach(chunksOf(claimIds, perRow))}`),
  ]
}

/**
 * Some of a batch's claims with their positions, as a table for a FROM clause.
 *
 * @param from the position of the first, a scalar subquery; where it is null, there are none
 * @param size how many
 */
export function itemsOf(id: string, from: SQL, size: number): SQL {
  return sql`(SELECT i.position + m.key AS position, m.value AS claim_id
    FROM (SELECT ${from} AS first) CROSS JOIN batch_items i CROSS JOIN json_each(i.claim_ids) AS m
    WHERE i.batch_id = ${id} AND i.position BETWEEN first - ${perRow - 1} AND first + ${size - 1}
      AND i.position + m.key BETWEEN first AND first + ${size - 1})`
}

/** One batch of the caller's tenant. */
export function selectBatch(ctx: Ctx, id: string) {
  return ctx.db.all<Batch>(sql`SELECT * FROM batches WHERE id = ${id} AND tenant_id = ${ctx.actor.tenantId}`)
}

/** A batch's claims and what became of them so far, in the order submitted, in the rows that they are stored in. */
export function selectResults(ctx: Ctx, id: string) {
  const batch = sql`(SELECT id FROM batches WHERE id = ${id} AND tenant_id = ${ctx.actor.tenantId})`
  return {
    items: ctx.db.all<Pick<typeof batchItems.$inferSelect, 'claim_ids'>>(sql`
      SELECT claim_ids FROM batch_items WHERE batch_id = ${batch} ORDER BY position`),
    results: ctx.db.all<Omit<typeof batchResults.$inferSelect, 'batch_id'>>(sql`
      SELECT position, size, errors, processed_at FROM batch_results WHERE batch_id = ${batch} ORDER BY position`),
  }
}

/** Newest first. Each index has the status before the order: without one the statuses are merged. */
export function selectBatches(ctx: Ctx, { status, coordinatorId }: BatchFilter, page: PageRequest) {
  const index = sql.raw(coordinatorId === undefined ? 'batches_by_tenant' : 'batches_by_coordinator')
  const ofCoordinator = coordinatorId === undefined ? sql`1` : sql`b.coordinator_id = ${coordinatorId}`
  const parts = (status === undefined ? statuses : [status]).map(
    (one) => sql`
      SELECT b.* FROM batches b INDEXED BY ${index}
      WHERE b.tenant_id = ${ctx.actor.tenantId} AND ${ofCoordinator} AND b.status = ${one} AND ${behind(page, sql`b`)}`,
  )
  return ctx.db.all<Batch>(sql`SELECT * FROM ${merged(parts, page)} ORDER BY created_at DESC, id DESC`)
}

/** How many batches the list has. */
export function countBatches(ctx: Ctx, filter: BatchFilter) {
  const facet = filter.coordinatorId === undefined ? '' : `coordinator:${filter.coordinatorId}`
  const counted = filter.status ? sql.identifier(filter.status) : sql`pending + processing + completed + cancelled`
  return ctx.db.all<{ total: number }>(sql`
    SELECT ${counted} AS total FROM batch_tallies WHERE tenant_id = ${ctx.actor.tenantId} AND facet = ${facet}`)
}

/** What an amendment replaces or adds; undefined leaves a member as it is. */
export interface BatchAmendment {
  comment?: string | null
  process_at?: number
  claim_ids?: readonly string[]
}

/**
 * Amends a pending batch: the row, where that is allowed, and then its further items, after those there.
 * The row's new `total_claims` counts only claims that were not there yet.
 *
 * @param mayAmendAny whether the actor may amend the batches of others
 */
export function amendBatch(
  ctx: Ctx,
  id: string,
  change: BatchAmendment,
  ifMatch: readonly string[] | null,
  mayAmendAny: boolean,
  writeId: string,
) {
  const added = sql`(SELECT row_number() OVER (ORDER BY more.key) - 1 AS n, more.value FROM ${jsonEach(change.claim_ids ?? [])} AS more
    WHERE more.value NOT IN (SELECT m.value FROM batch_items i CROSS JOIN json_each(i.claim_ids) AS m WHERE i.batch_id = ${id}))`
  const amended = ctx.db.all<Batch>(sql`
    UPDATE batches SET
      comment = ${change.comment === undefined ? sql`comment` : change.comment},
      process_at = ${change.process_at ?? sql`process_at`}, poke_at = ${change.process_at ?? sql`poke_at`},
      hands = ${withHands([ctx.actor.userId, ctx.actor.keyMadeBy])},
      total_claims = total_claims + added.n, write_id = ${writeId}, updated_at = ${ctx.now}, version = version + 1
    FROM (SELECT count(*) AS n FROM ${added}) AS added
    WHERE id = ${id} AND tenant_id = ${ctx.actor.tenantId} AND status = 'pending'
      AND total_claims + added.n <= ${maxClaims} AND ${matches(ifMatch)}
      AND (${mayAmendAny ? 1 : 0} OR ${ctx.actor.userId} IN (coordinator_id, created_by))
    RETURNING *`)
  const rowSize = sql.raw(String(perRow)) // bound, it would be a REAL, and divide as one
  const items = ctx.db.all(sql`
    INSERT INTO batch_items (batch_id, position, claim_ids)
    SELECT b.id, b.total_claims - (SELECT count(*) FROM ${added}) + min(added.n), json_group_array(added.value ORDER BY added.n)
    FROM batches b CROSS JOIN ${added} AS added
    WHERE b.id = ${id} AND b.write_id = ${writeId} GROUP BY added.n / ${rowSize}`)
  return { amended, items }
}

/** Starts a batch of the caller's tenant, if it is pending. */
export function startNow(ctx: Ctx, id: string, writeId: string, pokeAt: number) {
  return start(ctx, id, sql`tenant_id = ${ctx.actor.tenantId}`, writeId, pokeAt, ctx.actor)
}

/** Starts a batch, if it is pending and its time has come. */
export function startDue(ctx: Ctx, id: string, writeId: string, pokeAt: number) {
  return start(ctx, id, sql`process_at <= ${ctx.now}`, writeId, pokeAt, null)
}

function start(ctx: Ctx, id: string, allowed: SQL, writeId: string, pokeAt: number, by: Actor | null) {
  return ctx.db.all<Batch>(sql`
    UPDATE batches SET status = 'processing', started_by = ${by?.userId ?? null},
      hands = ${withHands([by?.keyMadeBy ?? null])}, poke_at = ${pokeAt}, write_id = ${writeId}, updated_at = ${ctx.now}, version = version + 1
    WHERE id = ${id} AND status = 'pending' AND ${allowed}
    RETURNING *`)
}

/** The hands of the batch that is updated, and these, each once. */
function withHands(users: readonly (string | null)[]): SQL {
  const more = jsonEach(users.filter((user) => user !== null))
  return sql`(SELECT json_group_array(value) FROM (SELECT value FROM json_each(hands) UNION SELECT value FROM ${more}))`
}

/** Cancels a batch that has not ended and still has as many claims as the caller has seen. */
export function markCancelled(
  ctx: Ctx,
  id: string,
  totalClaims: number,
  ifMatch: readonly string[] | null,
  writeId: string,
) {
  return ctx.db.all<Batch>(sql`
    UPDATE batches SET status = 'cancelled', cancelled_at = ${ctx.now}, poke_at = NULL, write_id = ${writeId},
      updated_at = ${ctx.now}, version = version + 1
    WHERE id = ${id} AND tenant_id = ${ctx.actor.tenantId} AND status IN ('pending', 'processing')
      AND total_claims = ${totalClaims} AND ${matches(ifMatch)}
    RETURNING *`)
}

/** Records something of a batch, if this transaction wrote it; `from_status` is where the last event had left it. */
export function recordIfWritten(ctx: Ctx, id: string, writeId: string, type: `batch.${string}`): Statement {
  return recordFound(
    ctx,
    sql`SELECT tenant_id, ${type} AS type, id AS resource_id, ${latestStatus(sql`batches.tenant_id`, id)} AS from_status, status AS to_status, ${told} AS data
      FROM batches WHERE id = ${id} AND write_id = ${writeId}`,
  )
}

/** What the events of a batch tell of it. */
export const told = sql`json_object('coordinator_id', coordinator_id, 'total_claims', total_claims, 'approved_count', approved_count,
  'rejected_count', rejected_count)`

/** Of the row `a` of `approvals`: that it is not final, while the batch that has approved it may still be cancelled. */
export const revertible = sql`
  SELECT json_object('final', json('false')) FROM batches b WHERE b.id = a.bulk_id AND b.status = 'processing'`

/** Batches that nobody has looked at although they should have, each put off until `pokeAt`. */
export function takeOverdue(ctx: Ctx, limit: number, pokeAt: number) {
  return ctx.db.all<Pick<Batch, 'id' | 'tenant_id'>>(sql`
    UPDATE batches SET poke_at = ${pokeAt}
    WHERE id IN (SELECT id FROM batches WHERE poke_at <= ${ctx.now} ORDER BY poke_at LIMIT ${limit})
    RETURNING id, tenant_id`)
}

/** True where the batch's entity tag is one of these, or none are asked for. */
function matches(ifMatch: readonly string[] | null): SQL {
  return ifMatch ? sql`CAST(version AS TEXT) IN (SELECT value FROM ${jsonEach(ifMatch)})` : sql`1`
}
