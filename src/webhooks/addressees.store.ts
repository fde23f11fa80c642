import { sql } from '../db/sql.ts'
import type { Ctx } from '../context.ts'
import { jsonEach } from '../db/json.ts'
import type { Condition, Fragment, Statement } from '../db/open-db.ts'

/*
 * How families address single endpoints. A family imports nothing else from webhooks, which read the list of families.
 */

/**
 * Also sends what happens in this transaction to a certain endpoint, whatever events it asks for.
 *
 * @param found a SELECT of `tenant_id`, `resource_id` and `event_type`, of `endpoint_id`, which is null where there is
 *   none, and of `members`: a JSON object that the delivery carries beside the event
 */
export function addressEvents(ctx: Ctx, found: Fragment): Statement {
  return ctx.db.all(sql`
    INSERT INTO webhook_addressees (tenant_id, resource_id, event_type, endpoint_id, members)
    SELECT tenant_id, resource_id, event_type, endpoint_id, members FROM (${found}) WHERE endpoint_id IS NOT NULL`)
}

/** Whether all of these ids, no two of them equal, are those of webhook endpoints. */
export function areEndpoints(ctx: Ctx, ids: readonly string[]): Condition {
  return sql`(SELECT count(*) FROM (${known(ctx, ids)})) = ${ids.length}`
}

/** Which of these ids are webhook endpoints. */
export function selectKnownEndpoints(ctx: Ctx, ids: readonly string[]) {
  return ctx.db.all<{ id: string }>(known(ctx, ids))
}

function known(ctx: Ctx, ids: readonly string[]): Fragment {
  return sql`
    SELECT e.id FROM ${jsonEach(ids)} CROSS JOIN webhook_endpoints e
    WHERE e.id = value AND e.tenant_id = ${ctx.actor.tenantId} AND e.deleted_at IS NULL`
}
