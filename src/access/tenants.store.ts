import { sql, type SQL } from '../db/sql.ts'
import type { Ctx } from '../context.ts'
import type { Statement } from '../db/open-db.ts'

/** Inserts the context's tenant, unless it is there; it is called as its id is. */
export function insertTenant(ctx: Ctx): Statement {
  const { tenantId } = ctx.actor
  return ctx.db.all(sql`
    INSERT INTO tenants (id, name, created_at) VALUES (${tenantId}, ${tenantId}, ${ctx.now}) ON CONFLICT DO NOTHING`)
}

/** The context's tenant, if there is one of its name. */
export function selectTenant(ctx: Ctx) {
  return ctx.db.all<{ id: string }>(sql`SELECT id FROM tenants WHERE id = ${ctx.actor.tenantId}`)
}

/** Every tenant, by id; or the one of a key. */
export function selectTenants(ctx: Ctx, keyId?: string) {
  const which = keyId === undefined ? sql`1` : sql`id = (SELECT tenant_id FROM api_keys WHERE id = ${keyId})`
  return ctx.db.all<{ id: string }>(sql`SELECT id FROM tenants WHERE ${which} ORDER BY id`)
}

/** Gives the context's tenant a time zone, by its IANA name. @returns one row, or none where there is no such tenant */
export function updateTimeZone(ctx: Ctx, timeZone: string) {
  return ctx.db.all<{ id: string }>(sql`
    UPDATE tenants SET time_zone = ${timeZone} WHERE id = ${ctx.actor.tenantId} RETURNING id`)
}

/** When a tenant was made: with its id, what tells it from any other, also from an earlier one of that id. */
export function madeAt(tenantId: SQL): SQL {
  return sql`(SELECT created_at FROM tenants WHERE id = ${tenantId})`
}
