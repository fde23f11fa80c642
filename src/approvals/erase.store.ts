import { sql } from '../db/sql.ts'
import type { Ctx } from '../context.ts'
import { jsonEach } from '../db/json.ts'
import type { Statement } from '../db/open-db.ts'

/** An event that has text of somebody, or may have; `data` is a JSON object. */
export interface ErasableEvent {
  seq: number
  resource_id: string
  data: string
  salt: string
}

/** What an event is to be left with. */
export interface ErasedEvent {
  seq: number
  /** The salted hash that its leaf has, in base64. */
  data_hash: string
  /** JSON text of what of its data stays. */
  kept: string
}

/**
 * Up to `limit` events behind `after` that tell what a person did, or what happened to them, and are not erased yet;
 * but for those that tell of their erasure, which have no text.
 */
export function selectErasable({ db, actor }: Ctx, personId: string, after: number, limit: number) {
  return db.all<ErasableEvent>(sql`
    SELECT seq, resource_id, data, salt FROM events
    WHERE tenant_id = ${actor.tenantId} AND seq > ${after} AND salt <> '' AND (actor_id = ${personId} OR resource_id = ${personId})
      AND type <> 'person.erased'
    ORDER BY seq LIMIT ${limit}`)
}

/** One row where somebody has done something, something has happened to them, or was asked for them; else none. */
export function selectWhetherNamed({ db, actor }: Ctx, personId: string) {
  return db.all<{ found: 1 }>(sql`
    SELECT 1 AS found FROM (
      SELECT 1 FROM events WHERE tenant_id = ${actor.tenantId} AND (actor_id = ${personId} OR resource_id = ${personId})
      UNION ALL SELECT 1 FROM approvals WHERE tenant_id = ${actor.tenantId} AND requester_id = ${personId})
    LIMIT 1`)
}

/** Erases the text of events, and their salts; what they were sealed with is noted first, or the database refuses. */
export function eraseEvents({ db, actor, now }: Ctx, erased: readonly ErasedEvent[]): Statement[] {
  return [
    db.all(sql`
      INSERT INTO erased_events (tenant_id, seq, data_hash, kept, erased_at)
      SELECT ${actor.tenantId}, value ->> '$.seq', value ->> '$.data_hash', value ->> '$.kept', ${now} FROM ${jsonEach(erased)} WHERE 1
      ON CONFLICT DO NOTHING`),
    db.all(sql`
      UPDATE events SET salt = '', data = (SELECT kept FROM erased_events x WHERE x.tenant_id = events.tenant_id AND x.seq = events.seq)
      WHERE tenant_id = ${actor.tenantId} AND salt <> '' AND seq IN (SELECT value ->> '$.seq' FROM ${jsonEach(erased)})`),
  ]
}

/** Takes away what a person has said about some of the tenant's approvals when they voted. */
export function eraseComments({ db, actor }: Ctx, personId: string, ids: readonly string[]): Statement[] {
  const own = sql`SELECT id FROM approvals WHERE tenant_id = ${actor.tenantId} AND id IN (SELECT value FROM ${jsonEach(ids)})`
  return [
    db.all(sql`
      UPDATE votes SET comment = NULL WHERE approval_id IN (${own}) AND voter_id = ${personId} AND comment IS NOT NULL`),
    db.all(sql`
      UPDATE approvals SET comment = NULL, version = version + 1
      WHERE id IN (${own}) AND decided_by = ${personId} AND comment IS NOT NULL`),
  ]
}
