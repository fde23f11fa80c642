import { sql, type SQL } from '../db/sql.ts'
import { madeAt } from '../access/tenants.store.ts'
import { latestSeq } from '../approvals/history.store.ts'
import { noteSealed } from '../approvals/unsealed.store.ts'
import type { Ctx } from '../context.ts'
import { jsonEach } from '../db/json.ts'
import type { Condition, Statement } from '../db/open-db.ts'
import type { Tile } from './tiles.ts'

/** How far a tenant's history is sealed, and when the tenant was made. */
export interface Seal {
  created_at: number
  size: number
  root: string | null
  checkpoint: string | null
  sealed_at: number | null
  /** The `seq` of the tenant's last event. */
  latest: number
}

/** A row where the tenant is there; of size 0 where nothing of it is sealed. */
export function selectSeal({ db, actor }: Ctx) {
  const tenant = sql`${actor.tenantId}`
  return db.all<Seal>(sql`
    SELECT t.created_at, coalesce(s.size, 0) AS size, s.root, s.checkpoint, s.sealed_at,
      ${latestSeq(tenant)} AS latest
    FROM (SELECT ${madeAt(tenant)} AS created_at) t LEFT JOIN seals s ON s.tenant_id = ${tenant}
    WHERE t.created_at IS NOT NULL`)
}

/** How many events of the context's tenant are sealed. */
export function sealedSize({ actor }: Ctx): SQL {
  return sql`coalesce((SELECT size FROM seals WHERE tenant_id = ${actor.tenantId}), 0)`
}

/** The `seq` of an event: of a sealed one by its id, NULL where there is none; of any by its own number. */
export function placeOf({ actor }: Ctx, event: string): SQL {
  if (/^\d{1,15}$/.test(event)) return sql`CAST(${event} AS INTEGER)`
  return sql`(SELECT seq FROM sealed_events WHERE tenant_id = ${actor.tenantId} AND event_id = ${event})`
}

/** Which leaf is that of an event. */
export function leafAt(seq: SQL): SQL {
  return sql`(${seq} - 1)`
}

/** The tiles that have the right edge of a tree, and those above one of its leaves. */
export function selectTiles({ db, actor }: Ctx, size: SQL | number, index: SQL | number = size) {
  return db.all<Tile>(sql`
    SELECT t.level, t.place, t.hashes
    FROM (SELECT value AS level, ${size} >> 8 * value AS count, ${index} >> 8 * value AS entry FROM json_each('[0,1,2,3,4,5,6]')) l
      CROSS JOIN seal_tiles t
    WHERE t.tenant_id = ${actor.tenantId} AND t.level = l.level AND t.place IN (l.count - 1 >> 8, l.entry >> 8)`)
}

/** The tiles of leaves `from` to `to`. */
export function selectLeafTiles({ db, actor }: Ctx, from: number, to: number) {
  return db.all<Tile>(sql`
    SELECT level, place, hashes FROM seal_tiles
    WHERE tenant_id = ${actor.tenantId} AND level = 0 AND place BETWEEN ${Math.floor(from / 256)} AND ${Math.floor(to / 256)}
    ORDER BY place`)
}

/** What a step has sealed. */
export interface Step {
  id: string
  from: { size: number; root: string | null }
  to: { size: number; root: string; checkpoint: string }
  tiles: readonly Tile[]
}

/**
 * Seals events: the tree grows, where it still is as the step has found it. `sealed` returns a row where it was; else
 * another step came before, and nothing is changed.
 */
export function growTree(ctx: Ctx, { id, from, to, tiles }: Step) {
  const { db, actor, now } = ctx
  const isDone = sql`EXISTS (SELECT 1 FROM seals WHERE tenant_id = ${actor.tenantId} AND step_id = ${id})`
  return {
    sealed: db.all<{ size: number }>(sql`
      INSERT INTO seals (tenant_id, size, root, checkpoint, step_id, sealed_at)
      VALUES (${actor.tenantId}, ${to.size}, ${to.root}, ${to.checkpoint}, ${id}, ${now})
      ON CONFLICT DO UPDATE SET size = excluded.size, root = excluded.root, checkpoint = excluded.checkpoint,
        step_id = excluded.step_id, sealed_at = excluded.sealed_at
      WHERE seals.size = ${from.size} AND seals.root IS ${from.root}
      RETURNING size`),
    tiles: db.all(sql`
      INSERT INTO seal_tiles (tenant_id, level, place, hashes)
      SELECT ${actor.tenantId}, value ->> '$.level', value ->> '$.place', value ->> '$.hashes' FROM ${jsonEach(tiles)} WHERE ${isDone}
      ON CONFLICT DO UPDATE SET hashes = excluded.hashes`),
    places: indexEvents(ctx, from.size, to.size, isDone),
    done: noteSealed(ctx, sealedSize(ctx)),
  }
}

function indexEvents({ db, actor }: Ctx, from: number, to: number, condition: Condition): Statement {
  return db.all(sql`
    INSERT INTO sealed_events (tenant_id, event_id, seq)
    SELECT tenant_id, id, seq FROM events WHERE tenant_id = ${actor.tenantId} AND seq > ${from} AND seq <= ${to} AND ${condition}
    ON CONFLICT DO NOTHING`)
}
