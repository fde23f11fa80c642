import { sql, type SQL } from '../db/sql.ts'
import { recordFound } from '../approvals/history.store.ts'
import type { Ctx } from '../context.ts'
import type { Condition, Statement } from '../db/open-db.ts'

const state = sql`iif(is_active, 'active', 'inactive')`

/**
 * Records that a gate changes, or is deleted, ahead of what does it.
 *
 * @param how.condition under which it does
 * @param how.to what the gate is then; without it, active or not as it was
 */
export function recordGate(
  ctx: Ctx,
  id: string,
  data: object,
  { condition = sql`1`, to }: { condition?: Condition; to?: GateState },
): Statement {
  const found = sql`id = ${id} AND ${condition}`
  return recordFound(ctx, gatesFound(ctx, to === 'deleted' ? 'gate.deleted' : 'gate.updated', found, data, to))
}

/** Records that the gates which name a check will name it no more; of a thousand at the most. */
export function recordGatesOf(ctx: Ctx, checkId: string): Statement {
  const found = sql`EXISTS (SELECT 1 FROM json_each(gates.check_ids) WHERE value = ${checkId})`
  return recordFound(ctx, gatesFound(ctx, 'gate.updated', found, { removed_check: checkId }), 1_000)
}

/** What a gate is in its events. */
export type GateState = 'active' | 'inactive' | 'deleted'

function gatesFound(ctx: Ctx, type: string, found: Condition, data: object, to?: GateState): SQL {
  return sql`SELECT tenant_id, ${type} AS type, id AS resource_id, ${state} AS from_status, ${to ?? state} AS to_status,
    ${JSON.stringify(data)} AS data
    FROM gates WHERE tenant_id = ${ctx.actor.tenantId} AND deleted_at IS NULL AND ${found}`
}
