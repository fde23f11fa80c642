import { sql, type SQL } from 'drizzle-orm'
import { jsonEach } from '../db/json.ts'
import type { Db } from '../db/open-db.ts'
import type { apiKeys } from './access.table.ts'

/** What is known of an API key and its user, apart from the secret. */
export type StoredKey = Omit<typeof apiKeys.$inferSelect, 'hash' | 'created_at'> & { user_name: string }

/** The key with this hash, whatever its tenant: it is the key that says which tenant. */
export function selectKey(db: Db, hash: string) {
  return db.all<StoredKey>(sql`
    SELECT k.id, k.tenant_id, k.user_id, u.name AS user_name, k.roles, k.instance_id, k.expires_at, k.revoked_at
    FROM api_keys k JOIN users u ON u.tenant_id = k.tenant_id AND u.id = k.user_id WHERE k.hash = ${hash}`)
}

/** What others see of a user, for the columns that say which; null where nobody is known by that id. */
export function userName(tenantId: SQL, userId: SQL): SQL {
  return sql`(SELECT u.name FROM users u WHERE u.tenant_id = ${tenantId} AND u.id = ${userId})`
}

/** Those of the keys that are not revoked, whatever their tenant. */
export function selectUnrevoked(db: Db, ids: readonly string[]) {
  return db.all<Pick<StoredKey, 'id' | 'expires_at'>>(sql`
    SELECT id, expires_at FROM api_keys
    WHERE id IN (SELECT value FROM ${jsonEach(ids)}) AND revoked_at IS NULL`)
}
