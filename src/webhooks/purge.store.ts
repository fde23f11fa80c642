import { sql, type SQL } from '../db/sql.ts'
import type { Ctx } from '../context.ts'

/** A row if there is anything to remove. */
export function selectWhetherPurgeable(ctx: Ctx, before: number) {
  return ctx.db.all<{ purgeable: 1 }>(sql`
    SELECT 1 AS purgeable WHERE EXISTS (SELECT 1 FROM webhook_deliveries WHERE finished_at < ${before})
      OR EXISTS (SELECT 1 FROM webhook_endpoints WHERE deleted_at IS NOT NULL)`)
}

/** Removes deliveries that ended before `before`, and those to deleted endpoints. Returns a row for each. */
export function purgeDeliveries(ctx: Ctx, before: number, limit: number) {
  const gone = (which: SQL) =>
    ctx.db.all<{ gone: 1 }>(sql`DELETE FROM webhook_deliveries WHERE id IN (${which}) RETURNING 1 AS gone`)
  return {
    old: gone(sql`SELECT id FROM webhook_deliveries WHERE finished_at < ${before} LIMIT ${limit}`),
    orphaned: gone(sql`SELECT d.id FROM webhook_endpoints e CROSS JOIN webhook_deliveries d
      WHERE e.deleted_at IS NOT NULL AND d.endpoint_id = e.id LIMIT ${limit}`),
  }
}
