import type { Actor, Role } from '../context.ts'
import type { Db } from '../db/open-db.ts'
import { selectKey, type StoredKey } from './access.store.ts'

/** How long an isolate trusts what it has read of a key: a revoked key may work this much longer. */
const trustMs = 30_000
const cacheSize = 1_000

const cache = new Map<string, { key: StoredKey; readAt: number }>()

/** An API key that may be used now, and whose it is. */
export interface Authenticated {
  keyId: string
  actor: Actor
}

/**
 * Looks an API key up by its SHA-256. Keys are random with at least 160 bits, so a plain hash keeps them safe and the
 * look-up needs no comparison of secrets.
 *
 * @returns null where the key is unknown, expired or revoked
 */
export async function authenticate(db: Db, secret: string, now: number): Promise<Authenticated | null> {
  const hash = await sha256(secret)
  const known = cache.get(hash)
  const key = known && now - known.readAt < trustMs && now >= known.readAt ? known.key : await read(db, hash, now)
  if (!key || key.revoked_at !== null || (key.expires_at !== null && key.expires_at <= now)) return null
  const actor = {
    tenantId: key.tenant_id,
    userId: key.user_id,
    name: key.user_name,
    roles: JSON.parse(key.roles) as Role[],
    instanceId: key.instance_id,
  }
  return { keyId: key.id, actor }
}

/** SHA-256 in lower-case hexadecimal. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return new Uint8Array(digest).toHex()
}

async function read(db: Db, hash: string, now: number): Promise<StoredKey | undefined> {
  const [key] = await db.run(selectKey(db, hash))
  cache.delete(hash)
  if (key) cache.set(hash, { key, readAt: now })
  const [oldest] = cache.keys()
  if (cache.size > cacheSize && oldest !== undefined) cache.delete(oldest)
  return key
}
