import { sql, type SQL } from '../db/sql.ts'
import type { Family } from '../approvals/family.ts'
import type { Ctx } from '../context.ts'
import type { Condition, Statement } from '../db/open-db.ts'
import { behind, newestFirst, type PageRequest } from '../db/page.ts'
import { families } from '../families.ts'
import type { webhookEndpoints } from './webhooks.table.ts'

/** An endpoint as stored. `event_types` and `old_secrets` are JSON text; secrets are encrypted. */
export type Endpoint = Omit<typeof webhookEndpoints.$inferSelect, 'taken_seq' | 'until_seq' | 'deleted_at'>

/** A replaced secret, which still signs until a time in milliseconds. */
export interface OldSecret {
  secret: string
  until: number
}

/** What an admin can change about an endpoint; undefined members stay. */
export interface EndpointChange {
  url?: string
  /** JSON text. */
  event_types?: string
  description?: string | null
  include_restricted?: boolean
  enabled?: boolean
}

const e = sql`e`
const columns = sql`e.id, e.tenant_id, e.url, e.event_types, e.description, e.include_restricted, e.enabled, e.disabled_reason, e.secret, e.old_secrets,
  e.paused_until, e.version, e.created_at, e.updated_at`

/** Where the tenant's history ends now: what comes after is delivered. */
function latestSeq(ctx: Ctx): SQL {
  return sql`coalesce((SELECT max(seq) FROM events WHERE tenant_id = ${ctx.actor.tenantId}), 0)`
}

/** Inserts an endpoint, if the tenant has fewer than `most`. */
export function insertEndpoint(ctx: Ctx, endpoint: Endpoint, most: number): Statement {
  return ctx.db.all(sql`
    INSERT INTO webhook_endpoints (id, tenant_id, url, event_types, description, include_restricted, enabled, disabled_reason, secret, taken_seq,
      until_seq, created_at, updated_at)
    SELECT ${endpoint.id}, ${ctx.actor.tenantId}, ${endpoint.url}, ${endpoint.event_types}, ${endpoint.description}, ${endpoint.include_restricted}, ${endpoint.enabled},
      ${endpoint.disabled_reason}, ${endpoint.secret}, ${latestSeq(ctx)}, iif(${endpoint.enabled} = 1, NULL, ${latestSeq(ctx)}),
      ${endpoint.created_at}, ${endpoint.updated_at}
    WHERE (SELECT count(*) FROM webhook_endpoints WHERE tenant_id = ${ctx.actor.tenantId} AND deleted_at IS NULL) < ${most}`)
}

/** Whether an endpoint of this id has been stored. */
export function isStored(id: string): Condition {
  return sql`EXISTS (SELECT 1 FROM webhook_endpoints WHERE id = ${id})`
}

/**
 * Changes an endpoint that exists. A disabled one is still told what happened before; one enabled again is told what
 * happens from then on. Any change ends its pause.
 */
export function updateEndpoint(ctx: Ctx, id: string, { enabled, ...change }: EndpointChange): Statement {
  const set = Object.entries(change).filter(([, value]) => value !== undefined)
  const flag = enabled === undefined ? null : Number(enabled)
  return ctx.db.all(sql`
    UPDATE webhook_endpoints SET ${sql.join(
      set.map(
        ([name, value]) => sql`${sql.identifier(name)} = ${typeof value === 'boolean' ? Number(value) : value}, `,
      ),
      sql``,
    )}
      taken_seq = iif(${flag} = 1 AND NOT enabled, ${latestSeq(ctx)}, taken_seq),
      until_seq = CASE WHEN ${flag} = 1 THEN NULL WHEN ${flag} = 0 AND enabled THEN ${latestSeq(ctx)} ELSE until_seq END,
      disabled_reason = CASE WHEN ${flag} = 1 THEN NULL WHEN ${flag} = 0 THEN coalesce(disabled_reason, 'by_admin') ELSE disabled_reason END,
      enabled = coalesce(${flag}, enabled), paused_until = NULL, updated_at = ${ctx.now}, version = version + 1
    WHERE ${own(ctx, id)}`)
}

/** Stops deliveries to an endpoint whose receiver, at this URL, has said that it is gone for good. */
export function disableGone(ctx: Ctx, { id, url }: Pick<Endpoint, 'id' | 'url'>): Statement {
  return ctx.db.all(sql`
    UPDATE webhook_endpoints SET enabled = 0, disabled_reason = 'gone', paused_until = NULL, updated_at = ${ctx.now}, version = version + 1,
      until_seq = coalesce((SELECT max(seq) FROM events v WHERE v.tenant_id = webhook_endpoints.tenant_id), 0)
    WHERE id = ${id} AND url = ${url} AND enabled = 1`)
}

/** Pauses an endpoint whose receiver, at this URL, has asked for that. */
export function pause(ctx: Ctx, { id, url }: Pick<Endpoint, 'id' | 'url'>, until: number): Statement {
  return ctx.db.all(sql`
    UPDATE webhook_endpoints SET paused_until = max(coalesce(paused_until, 0), ${until}), version = version + 1
    WHERE id = ${id} AND url = ${url} AND enabled = 1`)
}

/**
 * Deletes an endpoint as far as anyone can see, if nothing names it. The upkeep removes its row once its deliveries are
 * gone. Returns a row if it did.
 */
export function removeEndpoint(ctx: Ctx, id: string) {
  return ctx.db.all<{ id: string }>(sql`
    UPDATE webhook_endpoints SET enabled = 0, disabled_reason = 'deleted', until_seq = taken_seq, deleted_at = ${ctx.now},
      updated_at = ${ctx.now}, version = version + 1
    WHERE ${own(ctx, id)} AND NOT EXISTS (${naming(ctx, id)}) RETURNING id`)
}

/** What names an endpoint, in any family: for each its id, and what it is, in the plural. */
export function selectNaming(ctx: Ctx, id: string) {
  return ctx.db.all<{ what: string; id: string }>(naming(ctx, id))
}

function naming(ctx: Ctx, id: string): SQL {
  const ofEach = families.flatMap(({ addresses }: Family) => Object.entries(addresses?.from ?? {}))
  const none = sql`SELECT NULL AS what, NULL AS id WHERE 0`
  const all = ofEach.map(([what, select]) => sql`SELECT ${what}, id FROM (${select(ctx.actor.tenantId, id)})`)
  return sql.join([none, ...all], sql` UNION ALL `)
}

/** How many replaced secrets may go on signing: each is one more signature in the header of every delivery. */
const keptSecrets = 5

/** Replaces the secret. The old one, and the latest of those still valid, go on signing until their time is over. */
export function replaceSecret(ctx: Ctx, id: string, secret: string, until: number): Statement {
  return ctx.db.all(sql`
    UPDATE webhook_endpoints SET secret = ${secret}, updated_at = ${ctx.now}, version = version + 1, old_secrets = (
      SELECT json_group_array(json(value)) FROM (
        SELECT json_object('secret', webhook_endpoints.secret, 'until', ${until}) AS value
        UNION ALL SELECT value FROM json_each(webhook_endpoints.old_secrets) WHERE value ->> '$.until' > ${ctx.now} LIMIT ${keptSecrets}))
    WHERE ${own(ctx, id)}`)
}

/** Whether an endpoint has this secret. */
export function hasSecret(id: string, secret: string): Condition {
  return sql`EXISTS (SELECT 1 FROM webhook_endpoints WHERE id = ${id} AND secret = ${secret})`
}

/** One endpoint of the caller's tenant. */
export function selectEndpoint(ctx: Ctx, id: string) {
  return ctx.db.all<Endpoint>(sql`
    SELECT ${columns} FROM webhook_endpoints e
    WHERE e.id = ${id} AND e.tenant_id = ${ctx.actor.tenantId} AND e.deleted_at IS NULL`)
}

/** One endpoint, deleted or not: for its sender. */
export function selectForSender(ctx: Ctx, id: string) {
  return ctx.db.all<Endpoint>(
    sql`SELECT ${columns} FROM webhook_endpoints e WHERE e.id = ${id} AND e.tenant_id = ${ctx.actor.tenantId}`,
  )
}

/** Newest first. */
export function selectEndpoints(ctx: Ctx, page: PageRequest) {
  return ctx.db.all<Endpoint>(sql`
    SELECT ${columns} FROM webhook_endpoints e
    WHERE e.tenant_id = ${ctx.actor.tenantId} AND e.deleted_at IS NULL AND ${behind(page, e)} ${newestFirst(page, e)}`)
}

/** A tenant's enabled endpoints, and for each whether events wait to be taken. */
export function selectListeners(ctx: Ctx, tenantId: string) {
  return ctx.db.all<{ id: string; waits: 0 | 1 }>(sql`
    SELECT id, taken_seq < (SELECT max(seq) FROM events WHERE tenant_id = ${tenantId}) AS waits
    FROM webhook_endpoints WHERE tenant_id = ${tenantId} AND enabled = 1`)
}

/**
 * Endpoints whose senders have something to do now, and in which lane; in random order, so that none hides the others
 * for ever.
 */
export function selectWaiting(ctx: Ctx, limit: number) {
  const pending = sql`SELECT 1 FROM webhook_deliveries d WHERE d.endpoint_id = e.id AND d.status = 'pending'`
  return ctx.db.all<{ id: string; tenant_id: string; first: 0 | 1; repeated: 0 | 1 }>(sql`
    SELECT * FROM (
      SELECT e.id, e.tenant_id, ${hasUntaken} OR EXISTS (${pending} AND d.next_attempt_at = 0) AS first,
        EXISTS (${pending} AND d.next_attempt_at BETWEEN 1 AND ${ctx.now}) AS repeated
      FROM webhook_endpoints e WHERE coalesce(e.paused_until, 0) <= ${ctx.now})
    WHERE first OR repeated ORDER BY random() LIMIT ${limit}`)
}

/** Whether events wait to be told to the endpoint `e`. */
export const hasUntaken = sql`EXISTS (SELECT 1 FROM events v
  WHERE v.tenant_id = e.tenant_id AND v.seq > e.taken_seq AND (e.until_seq IS NULL OR v.seq <= e.until_seq))`

/** Removes deleted endpoints that have no deliveries any more. */
export function purgeEndpoints(ctx: Ctx): Statement {
  return ctx.db.all(sql`
    DELETE FROM webhook_endpoints WHERE deleted_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.endpoint_id = webhook_endpoints.id)`)
}

function own(ctx: Ctx, id: string): SQL {
  return sql`id = ${id} AND tenant_id = ${ctx.actor.tenantId} AND deleted_at IS NULL`
}
