import { sql, type SQL } from '../db/sql.ts'
import type { Ctx } from '../context.ts'
import { jsonEach } from '../db/json.ts'
import type { Fragment } from '../db/open-db.ts'

/*
 * What a person is at the moment at which a statement runs, whatever an isolate remembers of them.
 */

/**
 * Somebody who exists and is not disabled, with the roles they have (`has_roles`) and the groups they are in
 * (`in_groups`), JSON arrays: a table for a FROM clause.
 */
export function personNow(tenantId: SQL, personId: SQL): Fragment {
  return sql`(SELECT p.roles AS has_roles, p.groups AS in_groups FROM people p WHERE p.tenant_id = ${tenantId} AND p.id = ${personId} AND p.disabled = 0)`
}

/** The groups (JSON arrays) of those of these people who are there. */
export function selectGroupsOf(ctx: Ctx, ids: readonly string[]) {
  return ctx.db.all<{ id: string; groups: string }>(sql`
    SELECT id, groups FROM people
    WHERE tenant_id = ${ctx.actor.tenantId} AND id IN (SELECT value FROM ${jsonEach(ids)}) AND disabled = 0`)
}
