import { sql, type SQL } from '../db/sql.ts'
import { recordFound } from '../approvals/history.store.ts'
import type { Ctx } from '../context.ts'
import { jsonEach } from '../db/json.ts'
import type { Condition, Statement } from '../db/open-db.ts'
import { behind, newestFirst, type PageRequest } from '../db/page.ts'
import type { apiKeys } from './access.table.ts'
import { keepsAnAdminKey, keyCalled } from './last-admin.store.ts'

/** An API key as stored, without its hash. `roles` is JSON text. */
export type ApiKey = Omit<typeof apiKeys.$inferSelect, 'hash' | 'tenant_id'>

const k = sql`k`
const columns = sql`k.id, k.person_id, k.name, k.roles, k.instance_id, k.created_at, k.created_by, k.expires_at, k.revoked_at,
  k.last_used_on`
const holder = sql`p.id, p.name, p.email, p.kind, p.groups, p.issuer, p.subject, t.id AS tenant_id, t.name AS tenant_name, t.time_zone`

/** Inserts a key of a person who has all of its roles. */
export function insertKey(ctx: Ctx, key: ApiKey, hash: string): Statement {
  return ctx.db.all(sql`
    INSERT INTO api_keys (hash, id, tenant_id, person_id, name, roles, instance_id, created_at, created_by, expires_at)
    SELECT ${hash}, ${key.id}, tenant_id, id, ${key.name}, ${key.roles}, ${key.instance_id}, ${key.created_at}, ${key.created_by},
      ${key.expires_at}
    FROM people WHERE tenant_id = ${ctx.actor.tenantId} AND id = ${key.person_id} AND deleted_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM ${jsonEach(JSON.parse(key.roles) as string[])} AS r
        WHERE r.value NOT IN (SELECT value FROM json_each(people.roles)))`)
}

/** Whether a key of this id has been stored. */
export function isStoredKey(id: string): Condition {
  return sql`EXISTS (SELECT 1 FROM api_keys WHERE id = ${id})`
}

/**
 * Revokes a key that is not revoked, if it is not the last that administers its tenant. The event comes first, under
 * the same condition.
 */
export function revokeKey(ctx: Ctx, id: string): Statement[] {
  const mayGo = sql`tenant_id = ${ctx.actor.tenantId} AND id = ${id} AND revoked_at IS NULL AND ${keepsAnAdminKey(ctx, keyCalled(id))}`
  return [recordRevoked(ctx, mayGo, 1), ctx.db.all(sql`UPDATE api_keys SET revoked_at = ${ctx.now} WHERE ${mayGo}`)]
}

/** Revokes all keys of a person, where the condition holds. */
export function revokeKeysOf(ctx: Ctx, personId: string, condition: Condition): Statement {
  return ctx.db.all(sql`UPDATE api_keys SET revoked_at = ${ctx.now} WHERE ${liveOf(ctx, personId)} AND ${condition}`)
}

/** Records that all keys of a person are revoked, ahead of `revokeKeysOf`; of a thousand at the most. */
export function recordRevokedKeysOf(ctx: Ctx, personId: string, condition: Condition): Statement {
  return recordRevoked(ctx, sql`${liveOf(ctx, personId)} AND ${condition}`, 1_000)
}

/** One key, revoked or not. */
export function selectApiKey(ctx: Ctx, id: string) {
  return ctx.db.all<ApiKey>(sql`
    SELECT ${columns} FROM api_keys k WHERE k.tenant_id = ${ctx.actor.tenantId} AND k.id = ${id}`)
}

/** Newest first, with those that are revoked. */
export function selectApiKeys(ctx: Ctx, page: PageRequest) {
  return ctx.db.all<ApiKey>(sql`
    SELECT ${columns} FROM api_keys k INDEXED BY api_keys_by_tenant
    WHERE k.tenant_id = ${ctx.actor.tenantId} AND ${behind(page, k)} ${newestFirst(page, k)}`)
}

/** Whose a key is, and where. */
export function selectHolder(ctx: Ctx, keyId: string) {
  return ctx.db.all<Holder>(sql`
    SELECT k.id AS key_id, k.name AS key_name, k.expires_at, k.instance_id, ${holder}
    FROM api_keys k CROSS JOIN people p CROSS JOIN tenants t
    WHERE k.id = ${keyId} AND p.tenant_id = k.tenant_id AND p.id = k.person_id AND t.id = k.tenant_id`)
}

/** The same for who has signed in with a token. */
export function selectSelf(ctx: Ctx, personId: string) {
  return ctx.db.all<Holder>(sql`
    SELECT NULL AS key_id, NULL AS key_name, NULL AS expires_at, NULL AS instance_id, ${holder}
    FROM people p CROSS JOIN tenants t
    WHERE p.tenant_id = ${ctx.actor.tenantId} AND p.id = ${personId} AND t.id = p.tenant_id`)
}

/** Who holds a key; `key_id` and `key_name` are null where it is a token. */
export interface Holder extends Pick<ApiKey, 'expires_at' | 'instance_id'> {
  key_id: string | null
  key_name: string | null
  id: string
  name: string
  email: string | null
  kind: 'human' | 'service'
  /** A JSON array. */
  groups: string
  issuer: string | null
  subject: string | null
  tenant_id: string
  tenant_name: string
  time_zone: string
}

function recordRevoked(ctx: Ctx, which: SQL, atMost: number): Statement {
  return recordFound(
    ctx,
    sql`SELECT tenant_id, 'key.revoked' AS type, id AS resource_id, 'active' AS from_status, 'revoked' AS to_status,
      json_object('person_id', person_id) AS data FROM api_keys WHERE ${which}`,
    atMost,
  )
}

function liveOf(ctx: Ctx, personId: string): SQL {
  return sql`tenant_id = ${ctx.actor.tenantId} AND person_id = ${personId} AND revoked_at IS NULL`
}

/** Takes away what the keys of a person were called. */
export function forgetKeyNames({ db, actor }: Ctx, personId: string): Statement {
  return db.all(sql`UPDATE api_keys SET name = '' WHERE tenant_id = ${actor.tenantId} AND person_id = ${personId}`)
}
