import { sql } from '../db/sql.ts'
import type { Db, Statement } from '../db/open-db.ts'
import type { sessions } from './sessions.table.ts'

/** A session as stored. */
export type StoredSession = typeof sessions.$inferSelect

/** Keeps a new session. */
export function insertSession(db: Db, session: Omit<StoredSession, 'ended_at'>): Statement {
  const { hash, tenant_id, person_id, key_hash, roles, created_at, expires_at } = session
  return db.all(sql`
    INSERT INTO sessions (hash, tenant_id, person_id, key_hash, roles, created_at, expires_at)
    VALUES (${hash}, ${tenant_id}, ${person_id}, ${key_hash}, ${roles}, ${created_at}, ${expires_at})`)
}

/** The session whose secret has this hash, whatever its tenant. */
export function selectSession(db: Db, hash: string) {
  return db.all<StoredSession>(sql`
    SELECT hash, tenant_id, person_id, key_hash, roles, created_at, expires_at, ended_at FROM sessions WHERE hash = ${hash}`)
}

/** Ends a session, once. */
export function markEnded(db: Db, hash: string, now: number): Statement {
  return db.all(sql`UPDATE sessions SET ended_at = ${now} WHERE hash = ${hash} AND ended_at IS NULL`)
}

/** Removes sessions that are over, a bounded number of them. */
export function deleteOver(db: Db, now: number, limit: number) {
  return db.all<{ gone: 1 }>(sql`
    DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions WHERE expires_at <= ${now} LIMIT ${limit}) RETURNING 1 AS gone`)
}
