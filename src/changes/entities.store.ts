import { sql } from '../db/sql.ts'
import { recordFound } from '../approvals/history.store.ts'
import type { Ctx } from '../context.ts'
import { carried, type PageRequest } from '../db/page.ts'
import type { entities, entityVersions } from './changes.table.ts'
import { jsonEach } from '../db/json.ts'

export type Entity = Omit<typeof entities.$inferSelect, 'tenant_id'>
export type EntityVersion = Omit<typeof entityVersions.$inferSelect, 'tenant_id' | 'write_id'>

/** An entity's address in a tenant. */
export interface EntityKey {
  entity_type: string
  entity_id: string
}

const entityColumns = sql`entity_type, entity_id, entity_name, version, updated_at, updated_by, approval_id`

/** What is stored under the address now. */
export function selectEntity(ctx: Ctx, key: EntityKey) {
  return ctx.db.all<Entity>(sql`
    SELECT ${entityColumns}, data FROM entities
    WHERE tenant_id = ${ctx.actor.tenantId} AND entity_type = ${key.entity_type} AND entity_id = ${key.entity_id}`)
}

/** Last changed first. */
export function selectEntities(ctx: Ctx, entityType: string, page: PageRequest) {
  const list = ({ limit, after }: PageRequest) => sql`
    FROM entities
    WHERE tenant_id = ${ctx.actor.tenantId} AND entity_type = ${entityType}
      AND ${after ? sql`(updated_at, entity_id) < (${after.created_at}, ${after.id})` : sql`1`}
    ORDER BY updated_at DESC, entity_id DESC LIMIT ${limit + 1}`
  const data = carried(sql`data`, page, sql`entity_id`, list)
  return ctx.db.all<Entity>(sql`SELECT ${entityColumns}, ${data} AS data ${list(page)}`)
}

/** Last first; a deleted entity keeps its versions. */
export function selectVersions(ctx: Ctx, key: EntityKey, page: PageRequest) {
  const list = ({ limit, after }: PageRequest) => sql`
    FROM entity_versions
    WHERE tenant_id = ${ctx.actor.tenantId} AND entity_type = ${key.entity_type} AND entity_id = ${key.entity_id}
      AND ${after ? sql`version < ${after.created_at}` : sql`1`}
    ORDER BY version DESC LIMIT ${limit + 1}`
  const data = carried(sql`data`, page, sql`version`, list)
  return ctx.db.all<EntityVersion>(sql`
    SELECT entity_type, entity_id, version, action, entity_name, requested_by, approved_by, approval_id, created_at, ${data} AS data
    ${list(page)}`)
}

/** What has to be there for an entity to be stored: without either, whatever there is. */
export interface Expected {
  /** Versions, one of which must be the present one; `*` for any, as long as there is one. */
  versions?: readonly string[] | '*' | null
  /** Whether there must be none. */
  isNew?: boolean
}

/**
 * Stores an entity as given, if it differs from what is there and that is as expected: a version, as of which the
 * entity then is, and an event.
 */
export function writeEntity(
  ctx: Ctx,
  entity: EntityKey & { entity_name: string; data: string },
  { versions, isNew }: Expected,
  writeId: string,
) {
  const { tenantId, userId } = ctx.actor
  const here = sql`tenant_id = ${tenantId} AND entity_type = ${entity.entity_type} AND entity_id = ${entity.entity_id}`
  const same = isNew ? sql`1` : sql`entity_name = ${entity.entity_name} AND data = json(${entity.data})`
  const seen = versions
    ? sql`EXISTS (SELECT 1 FROM entities WHERE ${here} AND (${versions === '*' ? 1 : 0}
        OR CAST(version AS TEXT) IN (SELECT value FROM ${jsonEach(versions === '*' ? [] : versions)})))`
    : sql`1`
  return {
    version: ctx.db.all<{ version: number }>(sql`
      INSERT INTO entity_versions (tenant_id, entity_type, entity_id, version, action, entity_name, data, requested_by, approved_by,
        write_id, created_at)
      SELECT ${tenantId}, ${entity.entity_type}, ${entity.entity_id},
        coalesce((SELECT max(version) FROM entity_versions WHERE ${here}), 0) + 1, 'set', ${entity.entity_name}, json(${entity.data}),
        ${userId}, ${userId}, ${writeId}, ${ctx.now}
      WHERE ${seen} AND NOT EXISTS (SELECT 1 FROM entities WHERE ${here} AND ${same})
      RETURNING version`),
    event: recordFound(
      ctx,
      sql`SELECT tenant_id, 'entity.set' AS type, entity_type || '/' || entity_id AS resource_id, NULL AS from_status,
        'stored' AS to_status, json_object('version', version) AS data
        FROM entity_versions WHERE write_id = ${writeId}`,
    ),
  }
}
