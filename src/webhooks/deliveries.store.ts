import { sql, type SQL } from '../db/sql.ts'
import type { Family } from '../approvals/family.ts'
import { chunksOf } from '../chunks.ts'
import type { Ctx } from '../context.ts'
import { jsonEach } from '../db/json.ts'
import type { Condition, Statement } from '../db/open-db.ts'
import { behind, carried, newestFirst, type PageRequest } from '../db/page.ts'
import { families } from '../families.ts'
import { hasUntaken } from './endpoints.store.ts'
import { eventTypes, testType } from './event-types.ts'
import type { webhookDeliveries } from './webhooks.table.ts'

/** A delivery as stored. `attempts` is JSON text. */
export type Delivery = typeof webhookDeliveries.$inferSelect & { event_id: string }
export type DeliveryStatus = Delivery['status']

/** One attempt, as the log has it. */
export interface Attempt {
  /** ISO 8601. */
  at: string
  duration_ms: number
  response_status: number | null
  /** The first 4 KiB. */
  response_body: string | null
  error: string | null
}

/** A delivery that is due, with what it tells. */
export interface DueDelivery extends Pick<Delivery, 'id' | 'event_type' | 'tries' | 'event_id'> {
  at: number
  resource_id: string
  actor_id: string
  from_status: string | null
  to_status: string
  digest: string | null
  /** JSON text. */
  data: string
  restricted: 0 | 1 | null
  title: string | null
  requester_id: string | null
  subject_type: string | null
  subject_id: string | null
  /** JSON text of what it says beside the event; null where it has been asked for only by type. */
  members: string | null
  /** JSON text of what the family of its approval says beyond that; null where that is nothing. */
  more: string | null
}

/** How many attempts the log of a delivery keeps. */
const logged = 30

const idOf = sql`'msg_' || substr(v.id, 5) || '_' || substr(e.id, 5)`

/**
 * Makes an endpoint's deliveries from the next `limit` events of the history, and moves its place on: those of the
 * types it asks for, those addressed to it, and its tests. Both happen in one transaction, and making a delivery twice
 * makes only one.
 */
export function takeEvents(ctx: Ctx, endpointId: string, limit: number): Statement[] {
  const next = sql`(SELECT v.* FROM webhook_endpoints n CROSS JOIN events v
    WHERE n.id = ${endpointId} AND v.tenant_id = n.tenant_id AND v.seq > n.taken_seq AND (n.until_seq IS NULL OR v.seq <= n.until_seq)
    ORDER BY v.seq LIMIT ${limit})`
  const isPublic = sql`v.type IN (SELECT value FROM ${jsonEach(eventTypes)})`
  return [
    ctx.db.all(sql`
      INSERT INTO webhook_deliveries (id, tenant_id, endpoint_id, event_seq, event_type, status, next_attempt_at, created_at)
      SELECT ${idOf}, v.tenant_id, e.id, v.seq, v.type, 'pending', 0, v.at
      FROM ${next} v CROSS JOIN webhook_endpoints e
      WHERE e.id = ${endpointId} AND (
        (${isPublic} AND (instr(e.event_types, '"*"') OR instr(e.event_types, '"' || v.type || '"')))
        OR (v.type = ${testType} AND v.resource_id = e.id)
        OR EXISTS (SELECT 1 FROM webhook_addressees w WHERE w.tenant_id = v.tenant_id AND w.resource_id = v.resource_id
          AND w.event_type = v.type AND w.endpoint_id = e.id))
      ON CONFLICT DO NOTHING`),
    ctx.db.all(sql`
      UPDATE webhook_endpoints SET taken_seq = next.last FROM (SELECT max(v.seq) AS last FROM ${next} v) AS next
      WHERE id = ${endpointId} AND next.last > taken_seq`),
  ]
}

/** Makes the delivery of a test that has just been recorded, ahead of `takeEvents`. */
export function takeTest(ctx: Ctx, endpointId: string): Statement {
  return ctx.db.all(sql`
    INSERT INTO webhook_deliveries (id, tenant_id, endpoint_id, event_seq, event_type, status, next_attempt_at, created_at)
    SELECT ${idOf}, v.tenant_id, e.id, v.seq, v.type, 'pending', 0, v.at
    FROM events v INDEXED BY events_by_resource CROSS JOIN webhook_endpoints e
    WHERE v.tenant_id = ${ctx.actor.tenantId} AND v.resource_id = ${endpointId} AND v.type = ${testType}
      AND e.id = v.resource_id AND e.tenant_id = v.tenant_id AND e.enabled = 1
    ORDER BY v.seq DESC LIMIT 1
    ON CONFLICT DO NOTHING`)
}

/** Whether the caller's endpoint exists and is enabled. */
export function isEnabled(ctx: Ctx, endpointId: string): Condition {
  return sql`EXISTS (SELECT 1 FROM webhook_endpoints
    WHERE id = ${endpointId} AND tenant_id = ${ctx.actor.tenantId} AND enabled = 1)`
}

/** Whether a delivery of this id has been made. */
export function isMade(id: string): Condition {
  return sql`EXISTS (SELECT 1 FROM webhook_deliveries WHERE id = ${id})`
}

/**
 * What is due at an endpoint: first attempts in the order of the events, or repetitions, longest due first.
 *
 * @param except the ids of deliveries that are left out
 */
export function selectDue(ctx: Ctx, endpointId: string, lane: Lane, limit: number, except: readonly string[]) {
  const due = lane === 'first' ? sql`d.next_attempt_at = 0` : sql`d.next_attempt_at BETWEEN 1 AND ${ctx.now}`
  return ctx.db.all<DueDelivery>(sql`
    SELECT d.id, d.event_type, d.tries, v.id AS event_id, ${told} FROM ${toldOf}
    WHERE d.endpoint_id = ${endpointId} AND d.status = 'pending' AND ${due}
      AND d.id NOT IN (SELECT value FROM ${jsonEach(except)})
    ORDER BY d.next_attempt_at, d.event_seq LIMIT ${limit}`)
}

/** The two lanes of an endpoint: first attempts, in order, and repetitions. */
export const lanes = ['first', 'repeated'] as const
export type Lane = (typeof lanes)[number]

/** When there is something to do in a lane of an endpoint: 0 for at once, null for nothing. */
export function selectNext(ctx: Ctx, endpointId: string, lane: Lane) {
  const due = sql`SELECT min(d.next_attempt_at) FROM webhook_deliveries d WHERE d.endpoint_id = e.id AND d.status = 'pending'`
  const at =
    lane === 'first'
      ? sql`iif(${hasUntaken}, 0, (${due} AND d.next_attempt_at = 0))`
      : sql`(${due} AND d.next_attempt_at > 0)`
  return ctx.db.all<{ at: number | null; paused_until: number | null }>(sql`
    SELECT ${at} AS at, e.paused_until FROM webhook_endpoints e WHERE e.id = ${endpointId}`)
}

/** The outcome of an attempt. */
export interface Recorded {
  status: DeliveryStatus
  /** Null once it has ended. */
  nextAt: number | null
}

/** How many answers of receivers, 4 KiB each, stay below what D1 takes as a value, however they are escaped. */
const attemptsPerStatement = 50

/**
 * Records attempts, one of each delivery. They are logged in any case, and a success always counts; but a failure does
 * not undo that the delivery was meanwhile replayed, or ended because its endpoint was disabled.
 */
export function recordAttempts(
  ctx: Ctx,
  attempts: readonly (Recorded & { delivery: Pick<DueDelivery, 'id' | 'tries'>; attempt: Attempt })[],
): Statement[] {
  const made = attempts.map(({ delivery: { id, tries }, attempt, status, nextAt }) => {
    return { id, tries, attempt, status, next_at: nextAt, finished_at: status === 'pending' ? null : ctx.now }
  })
  const of = (member: string) => sql.raw(`made.value ->> '$.${member}'`)
  const counts = sql`(${of('status')} = 'succeeded' OR (status = 'pending' AND tries = ${of('tries')}))`
  const statement = (some: typeof made) =>
    ctx.db.all(sql`
      UPDATE webhook_deliveries SET attempt_count = attempt_count + 1, attempts = ${appended(sql`made.value -> '$.attempt'`)},
        status = iif(${counts}, ${of('status')}, status), tries = iif(${counts}, tries + 1, tries),
        next_attempt_at = iif(${counts}, ${of('next_at')}, next_attempt_at),
        finished_at = iif(${counts}, ${of('finished_at')}, finished_at)
      FROM ${jsonEach(some)} AS made WHERE webhook_deliveries.id = ${of('id')}`)
  return chunksOf(made, attemptsPerStatement).map(statement)
}

/** Ends what waits for an endpoint that is no longer enabled. Returns a row for each. */
export function failPending(ctx: Ctx, endpointId: string, limit: number) {
  const at = new Date(ctx.now).toISOString()
  const note: Attempt = {
    at,
    duration_ms: 0,
    response_status: null,
    response_body: null,
    error: 'the endpoint is disabled',
  }
  return ctx.db.all<{ failed: 1 }>(sql`
    UPDATE webhook_deliveries SET status = 'failed', next_attempt_at = NULL, finished_at = ${ctx.now}, attempts = ${appended(sql`${JSON.stringify(note)}`)}
    WHERE id IN (
      SELECT d.id FROM webhook_endpoints e CROSS JOIN webhook_deliveries d
      WHERE e.id = ${endpointId} AND e.enabled = 0 AND d.endpoint_id = e.id AND d.status = 'pending' LIMIT ${limit})
    RETURNING 1 AS failed`)
}

/** Makes a delivery due again if its endpoint is enabled. */
export function replay(ctx: Ctx, id: string) {
  return ctx.db.all<{ endpoint_id: string }>(sql`
    UPDATE webhook_deliveries SET status = 'pending', tries = 0, finished_at = NULL,
      next_attempt_at = iif(next_attempt_at = 0, 0, ${ctx.now})
    WHERE id = ${id} AND tenant_id = ${ctx.actor.tenantId}
      AND EXISTS (SELECT 1 FROM webhook_endpoints e WHERE e.id = endpoint_id AND e.enabled = 1)
    RETURNING endpoint_id`)
}

/** One delivery of the caller's tenant, to an endpoint that is not deleted. */
export function selectDelivery(ctx: Ctx, id: string) {
  return ctx.db.all<Delivery>(sql`
    SELECT ${columns}, d.attempts FROM webhook_deliveries d JOIN events v ON v.tenant_id = d.tenant_id AND v.seq = d.event_seq JOIN webhook_endpoints e ON e.id = d.endpoint_id
    WHERE d.id = ${id} AND d.tenant_id = ${ctx.actor.tenantId} AND e.deleted_at IS NULL`)
}

/** The same with what it tells. */
export function selectDeliveryInFull(ctx: Ctx, id: string) {
  return ctx.db.all<Delivery & DueDelivery & { include_restricted: 0 | 1 }>(sql`
    SELECT ${columns}, d.attempts, ${told}, e.include_restricted FROM ${toldOf} JOIN webhook_endpoints e ON e.id = d.endpoint_id
    WHERE d.id = ${id} AND d.tenant_id = ${ctx.actor.tenantId} AND e.deleted_at IS NULL`)
}

/** Newest first. */
export function selectDeliveries(ctx: Ctx, endpointId: string, status: DeliveryStatus | undefined, page: PageRequest) {
  const index = status ? 'webhook_deliveries_by_status' : 'webhook_deliveries_by_endpoint'
  const list = (part: PageRequest) => sql`
    FROM webhook_deliveries d INDEXED BY ${sql.raw(index)} CROSS JOIN events v
    WHERE d.endpoint_id = (SELECT id FROM webhook_endpoints WHERE id = ${endpointId} AND tenant_id = ${ctx.actor.tenantId})
      AND v.tenant_id = d.tenant_id AND v.seq = d.event_seq
      AND ${status ? sql`d.status = ${status}` : sql`1`} AND ${behind(page, sql`d`)} ${newestFirst(part, sql`d`)}`
  return ctx.db.all<Delivery>(sql`
    SELECT ${columns}, ${carried(sql`d.attempts`, page, sql`d.id`, list)} AS attempts ${list(page)}`)
}

/** Where the question has been amended since, it is told as it was asked then. */
const asked = (column: string) => sql.raw(`iif(q.digest IS NULL, a.${column}, q.${column}) AS ${column}`)

const told = sql`v.at, v.resource_id, v.actor_id, v.from_status, v.to_status, v.digest, v.data, a.restricted, a.requester_id,
  ${asked('title')}, ${asked('subject_type')}, ${asked('subject_id')}, w.members, ${toldByFamily()} AS more`

const toldOf = sql`webhook_deliveries d JOIN events v ON v.tenant_id = d.tenant_id AND v.seq = d.event_seq
  LEFT JOIN approvals a ON a.id = v.resource_id
  LEFT JOIN superseded_questions q ON q.approval_id = v.resource_id AND q.digest = v.digest
  LEFT JOIN webhook_addressees w ON w.tenant_id = v.tenant_id AND w.resource_id = v.resource_id AND w.event_type = v.type
    AND w.endpoint_id = d.endpoint_id`

const columns = sql`d.id, d.tenant_id, d.endpoint_id, d.event_seq, d.event_type, d.status, d.tries, d.attempt_count, d.next_attempt_at,
  d.created_at, d.finished_at, v.id AS event_id`

/** What the family of the row `a` of `approvals` tells of it beyond what is told of any; null where that is nothing. */
function toldByFamily(): SQL {
  const whens = families.flatMap(({ kind, tells }: Family) =>
    tells ? [sql`WHEN ${sql.raw(`'${kind}'`)} THEN (${tells.select})`] : [],
  )
  return sql`CASE a.kind ${sql.join(whens, sql` `)} END`
}

/** The log with one more attempt, which is JSON text; if there are too many, the oldest goes. */
function appended(attempt: SQL): SQL {
  return sql`json_insert(iif(json_array_length(attempts) < ${logged}, attempts, json_remove(attempts, '$[0]')), '$[#]',
    json(${attempt}))`
}
