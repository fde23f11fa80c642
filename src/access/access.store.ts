import { sql, type SQL } from '../db/sql.ts'
import { jsonEach } from '../db/json.ts'
import type { Db, Statement } from '../db/open-db.ts'
import type { apiKeys, people } from './access.table.ts'

/** What is known of an API key and its person, apart from the secret. */
export type StoredKey = Omit<typeof apiKeys.$inferSelect, 'hash' | 'name' | 'created_at'> & {
  person_name: string
  /** A JSON array. */
  person_roles: string
  /** A JSON array. */
  person_groups: string
}

/**
 * The key with this hash, whatever its tenant: it is the key that says which tenant. None where its person is disabled.
 */
export function selectKey(db: Db, hash: string) {
  return db.all<StoredKey>(sql`
    SELECT k.id, k.tenant_id, k.person_id, p.name AS person_name, k.roles, p.roles AS person_roles, p.groups AS person_groups, k.instance_id, k.created_by,
      k.expires_at, k.revoked_at, k.last_used_on
    FROM api_keys k JOIN people p ON p.tenant_id = k.tenant_id AND p.id = k.person_id
    WHERE k.hash = ${hash} AND p.disabled = 0`)
}

/** What somebody is now. `roles` and `groups` are JSON arrays. */
export type PersonNow = Pick<typeof people.$inferSelect, 'name' | 'roles' | 'groups'>

/** A person of a tenant who is not disabled. */
export function selectPersonNow(db: Db, tenantId: string, id: string) {
  return db.all<PersonNow>(sql`
    SELECT name, roles, groups FROM people WHERE tenant_id = ${tenantId} AND id = ${id} AND disabled = 0`)
}

/** What others see of a person, for the columns that say which; null where nobody is known by that id. */
export function userName(tenantId: SQL, userId: SQL): SQL {
  return sql`(SELECT p.name FROM people p WHERE p.tenant_id = ${tenantId} AND p.id = ${userId})`
}

/** What others see of some people of a tenant. @param ids a SELECT of their ids */
export function selectNames(db: Db, tenantId: string, ids: SQL) {
  return db.all<{ id: string; name: string }>(sql`
    SELECT p.id, p.name FROM people p WHERE p.tenant_id = ${tenantId} AND p.id IN (${ids})`)
}

/** Those of the keys that are not revoked and whose people are not disabled, whatever their tenant. */
export function selectUnrevoked(db: Db, ids: readonly string[]) {
  return db.all<Pick<StoredKey, 'id' | 'expires_at'>>(sql`
    SELECT k.id, k.expires_at FROM api_keys k JOIN people p ON p.tenant_id = k.tenant_id AND p.id = k.person_id
    WHERE k.id IN (SELECT value FROM ${jsonEach(ids)}) AND k.revoked_at IS NULL AND p.disabled = 0`)
}

/** Notes on which day (YYYY-MM-DD) a key was used, once. */
export function noteDay(db: Db, keyId: string, day: string): Statement {
  return db.all(sql`
    UPDATE api_keys SET last_used_on = ${day} WHERE id = ${keyId} AND coalesce(last_used_on, '') < ${day}`)
}
