import { sql } from 'drizzle-orm'
import type { Db } from '../db/open-db.ts'
import type { apiKeys } from './access.table.ts'

/** What is known of an API key, apart from its secret. */
export type StoredKey = Omit<typeof apiKeys.$inferSelect, 'hash' | 'created_at'>

/** The key with this hash, whatever its tenant: it is the key that says which tenant. */
export function selectKey(db: Db, hash: string) {
  return db.all<StoredKey>(sql`
    SELECT id, tenant_id, user_id, roles, instance_id, expires_at, revoked_at FROM api_keys WHERE hash = ${hash}`)
}
