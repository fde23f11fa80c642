import { sql } from '../db/sql.ts'
import type { Ctx } from '../context.ts'
import type { Condition, Fragment } from '../db/open-db.ts'

/** Later than any key expires, in milliseconds. */
const never = sql.raw(String(Number.MAX_SAFE_INTEGER))

/**
 * Whether the tenant still has an admin key when those that `lost` names are gone: one that may be used now, and at
 * least as long as any of them could have been. So the last one never goes, nor leaves one behind that soon expires.
 *
 * @param lost which of the keys `k`
 */
export function keepsAnAdminKey(ctx: Ctx, lost: Fragment): Condition {
  const until = sql`coalesce(k.expires_at, ${never})`
  return sql`(SELECT coalesce(max(iif(${lost}, 0, ${until})) >= max(iif(${lost}, ${until}, 0)), 1)
    FROM api_keys k CROSS JOIN people p ON p.tenant_id = k.tenant_id AND p.id = k.person_id
    WHERE k.tenant_id = ${ctx.actor.tenantId} AND k.revoked_at IS NULL AND instr(k.roles, '"admin"') AND k.instance_id IS NULL
      AND ${until} > ${ctx.now} AND p.disabled = 0 AND instr(p.roles, '"admin"'))`
}

/** The keys `k` of one person. */
export function keysOf(personId: string): Fragment {
  return sql`k.person_id = ${personId}`
}

/** The key `k` with this id. */
export function keyCalled(id: string): Fragment {
  return sql`k.id = ${id}`
}
