import { sql } from '../db/sql.ts'
import { isRecorded, recordFound } from '../approvals/history.store.ts'
import type { Ctx } from '../context.ts'
import { jsonEach } from '../db/json.ts'
import type { Condition, Statement } from '../db/open-db.ts'
import { newId } from '../ids.ts'
import type { intents, outbox } from './intents.table.ts'
import { entryStatus, type OutboxStatus } from './outbox-status.store.ts'

export type OutboxEntry = typeof outbox.$inferSelect

/** An entry with the call to replay. */
export type LeasedEntry = OutboxEntry &
  Pick<typeof intents.$inferSelect, 'approval_ref' | 'action' | 'skill_slug' | 'serialized_intent'>

/** How often an entry is handed out at most. */
export const maxAttempts = 5

/** How much one lease hands out at most, in characters of JSON; the first entry is handed out whatever its size. */
const leaseSize = 4 * 1024 * 1024

/** Leases what is leasable, longest waiting first, under one token; an expired lease counts as given back. */
export function lease(ctx: Ctx, instanceId: string, max: number, until: number, token: string): Statement {
  return ctx.db.all(sql`
    UPDATE outbox SET lease_token = ${token}, lease_until = ${until}, attempt = attempt + 1
    WHERE id IN (
      SELECT id FROM (
        SELECT w.id, sum(length(i.serialized_intent)) OVER place AS size, row_number() OVER place AS n
        FROM (
          SELECT id, approval_id, lease_until FROM outbox
          WHERE tenant_id = ${ctx.actor.tenantId} AND instance_id = ${instanceId} AND status = 'open'
            AND lease_until <= ${ctx.now} AND execute_by > ${ctx.now} AND attempt < ${maxAttempts}
          ORDER BY lease_until, id LIMIT ${max}
        ) w JOIN intents i ON i.approval_id = w.approval_id
        WINDOW place AS (ORDER BY w.lease_until, w.id)
      ) WHERE n = 1 OR size <= ${leaseSize})`)
}

/** The entries under a lease, in the order of their approval. */
export function selectLeased(ctx: Ctx, token: string) {
  return ctx.db.all<LeasedEntry>(sql`
    SELECT o.*, i.approval_ref, i.action, i.skill_slug, i.serialized_intent
    FROM outbox o JOIN intents i ON i.approval_id = o.approval_id WHERE o.lease_token = ${token}
    ORDER BY o.approved_at, o.id`)
}

/** What a consumer reports of an entry. */
export interface OutboxReport {
  outcome: 'succeeded' | 'failed'
  /** JSON text. */
  result: string | null
  error: string | null
  /** Whether a failed entry is to be handed out again. */
  retry: boolean
}

/**
 * Reports the outcome, if the token is that of the current lease. `settled` returns the entry where it was, else none.
 */
export function settle(ctx: Ctx, instanceId: string, id: string, token: string, outcome: OutboxReport) {
  const again = sql`(${outcome.outcome} = 'failed' AND ${outcome.retry ? 1 : 0} AND attempt < ${maxAttempts})`
  return {
    settled: ctx.db.all<OutboxEntry>(sql`
      UPDATE outbox SET status = iif(${again}, 'open', ${outcome.outcome}), finished_at = iif(${again}, NULL, ${ctx.now}),
        lease_until = 0, result = ${outcome.result}, error = ${outcome.error}
      WHERE id = ${id} AND tenant_id = ${ctx.actor.tenantId} AND instance_id = ${instanceId}
        AND status = 'open' AND lease_until > 0 AND lease_token = ${token}
      RETURNING *`),
    event: recordFound(
      ctx,
      sql`SELECT tenant_id, iif(status = 'succeeded', 'intent.executed', 'intent.failed') AS type, approval_id AS resource_id,
        'approved' AS from_status, 'approved' AS to_status, json_object('outbox_id', id, 'attempt', attempt, 'error', error) AS data
        FROM outbox WHERE id = ${id} AND finished_at = ${ctx.now} AND lease_token = ${token}
          AND NOT ${isRecorded(ctx, sql`outbox.approval_id`, ['intent.executed', 'intent.failed'])}`,
    ),
  }
}

/** An entry and where it stands by the clock. */
export type ShownEntry = OutboxEntry & { shown: OutboxStatus }

/** The same with the call to replay. */
export type EntryInView = LeasedEntry & ShownEntry

/** One entry of an instance, with its call. */
export function selectInView(ctx: Ctx, instanceId: string, id: string) {
  return ctx.db.all<EntryInView>(sql`
    SELECT o.*, ${entryStatus(ctx.now)} AS shown, i.approval_ref, i.action, i.skill_slug, i.serialized_intent
    FROM outbox o JOIN intents i ON i.approval_id = o.approval_id
    WHERE o.id = ${id} AND o.tenant_id = ${ctx.actor.tenantId} AND o.instance_id = ${instanceId}`)
}

/** One entry of an instance. */
export function selectEntry(ctx: Ctx, instanceId: string, id: string) {
  return ctx.db.all<ShownEntry>(sql`
    SELECT o.*, ${entryStatus(ctx.now)} AS shown FROM outbox o
    WHERE o.id = ${id} AND o.tenant_id = ${ctx.actor.tenantId} AND o.instance_id = ${instanceId}`)
}

/**
 * Entries whose time to execute is over, and those that were handed out as often as allowed without a report. Entries
 * that are leased right now wait for theirs.
 */
export function selectOverdue(ctx: Ctx, limit: number) {
  return ctx.db.all<{ id: string }>(sql`SELECT id FROM outbox WHERE ${isOverdue(ctx)} LIMIT ${limit}`)
}

/** Ends those of the entries that are still overdue, and records it. `ended` returns a row for each. */
export function endOverdue(ctx: Ctx, ids: readonly string[]) {
  const sweep = newId('lse')
  const among = sql`id IN (SELECT value FROM ${jsonEach(ids)})`
  return {
    ended: ctx.db.all<{ ended: 1 }>(sql`
      UPDATE outbox SET status = iif(execute_by <= ${ctx.now}, 'lapsed', 'failed'), finished_at = ${ctx.now}, lease_token = ${sweep},
        error = CASE WHEN execute_by <= ${ctx.now} THEN coalesce(error, 'It was not executed in time')
          ELSE coalesce(error || '; it was', 'It was') || ' leased ' || attempt || ' times, without an answer to the last' END
      WHERE ${among} AND ${isOverdue(ctx)} RETURNING 1 AS ended`),
    events: recordFound(
      ctx,
      sql`SELECT tenant_id, iif(status = 'lapsed', 'intent.lapsed', 'intent.failed') AS type, approval_id AS resource_id,
        'approved' AS from_status, 'approved' AS to_status, json_object('outbox_id', id, 'attempt', attempt, 'error', error) AS data
        FROM outbox WHERE ${among} AND lease_token = ${sweep}`,
      ids.length,
    ),
  }
}

function isOverdue(ctx: Ctx): Condition {
  return sql`status = 'open' AND overdue_at <= ${ctx.now} AND +lease_until <= ${ctx.now}`
}
