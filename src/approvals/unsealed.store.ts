import { sql, type SQL } from '../db/sql.ts'
import type { Ctx } from '../context.ts'
import type { Statement } from '../db/open-db.ts'

/*
 * Which tenants have events that are not sealed: what lets cron find them without asking every tenant. Whoever records
 * something notes it in the same transaction; where it is noted already, that costs no write.
 */

/** Notes that the context's tenant has something to seal, if the statement before it has recorded anything. */
export function toBeSealed({ actor, now }: Ctx): SQL {
  return sql`
    INSERT INTO unsealed_tenants (tenant_id, since) SELECT ${actor.tenantId}, ${now} WHERE changes() > 0 ON CONFLICT DO NOTHING`
}

/** The same for all tenants of which a SELECT has something, as `tenant_id`. */
export function toBeSealedOf({ now }: Ctx, found: SQL): SQL {
  return sql`
    INSERT INTO unsealed_tenants (tenant_id, since) SELECT DISTINCT tenant_id, ${now} FROM (${found}) WHERE 1 ON CONFLICT DO NOTHING`
}

/** Takes the context's tenant off the list, if `size` of its events are all there are. */
export function noteSealed({ db, actor }: Ctx, size: SQL): Statement {
  return db.all(sql`
    DELETE FROM unsealed_tenants WHERE tenant_id = ${actor.tenantId}
      AND coalesce((SELECT max(seq) FROM events WHERE tenant_id = ${actor.tenantId}), 0) <= ${size}`)
}

/** Tenants that have something to seal, those first that have waited longest. */
export function selectUnsealed({ db }: Ctx, limit: number) {
  return db.all<{ tenant_id: string }>(sql`SELECT tenant_id FROM unsealed_tenants ORDER BY since LIMIT ${limit}`)
}
