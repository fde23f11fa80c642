import { sql, type SQL } from '../db/sql.ts'
import type { Ctx } from '../context.ts'
import { jsonEach } from '../db/json.ts'
import type { Condition, Statement } from '../db/open-db.ts'
import { behind, carried, newestFirst, type PageRequest } from '../db/page.ts'
import type { checks } from './gates.table.ts'

/** A check as stored. `config` is JSON text. */
export type Check = Omit<typeof checks.$inferSelect, 'tenant_id' | 'deleted_at'>

/** The members of a check that can be changed; undefined ones stay. */
export type CheckChange = Partial<
  Pick<Check, 'name' | 'description' | 'severity' | 'config' | 'is_active' | 'sort_order'>
>

const c = sql`c`
const columns = sql`c.id, c.name, c.description, c.type, c.severity, c.is_active, c.sort_order, c.created_at, c.updated_at`

/** Inserts a check. */
export function insertCheck(ctx: Ctx, check: Check): Statement {
  return ctx.db.all(sql`
    INSERT INTO checks (id, tenant_id, name, description, type, severity, config, is_active, sort_order, created_at, updated_at)
    VALUES (${check.id}, ${ctx.actor.tenantId}, ${check.name}, ${check.description}, ${check.type}, ${check.severity}, ${check.config},
      ${check.is_active}, ${check.sort_order}, ${check.created_at}, ${check.updated_at})`)
}

/** Changes a check that exists, if the condition holds. Returns a row if it did. */
export function updateCheck(ctx: Ctx, id: string, change: CheckChange, condition: Condition = sql`1`) {
  return ctx.db.all<{ id: string }>(sql`
    UPDATE checks SET ${changed(change)}, updated_at = ${ctx.now} WHERE ${own(ctx, id)} AND ${condition} RETURNING id`)
}

/**
 * Deletes a check as far as anyone can see, and takes it out of the gates that name it. Its row stays for the results
 * that it has judged. `removed` returns a row if there was one.
 */
export function removeCheck(ctx: Ctx, id: string) {
  return {
    removed: ctx.db.all<{ id: string }>(sql`
      UPDATE checks SET deleted_at = ${ctx.now}, updated_at = ${ctx.now} WHERE ${own(ctx, id)} RETURNING id`),
    gates: ctx.db.all(sql`
      UPDATE gates SET updated_at = ${ctx.now}, check_ids = (
        SELECT json_group_array(value ORDER BY key) FROM json_each(gates.check_ids) WHERE value <> ${id})
      WHERE tenant_id = ${ctx.actor.tenantId} AND deleted_at IS NULL
        AND EXISTS (SELECT 1 FROM json_each(gates.check_ids) WHERE value = ${id})`),
  }
}

/** One check. */
export function selectCheck(ctx: Ctx, id: string) {
  return ctx.db.all<Check>(sql`
    SELECT ${columns}, c.config FROM checks c WHERE c.id = ${id} AND c.tenant_id = ${ctx.actor.tenantId} AND c.deleted_at IS NULL`)
}

/** Newest first. */
export function selectChecks(ctx: Ctx, page: PageRequest) {
  const list = (part: PageRequest) => sql`
    FROM checks c
    WHERE c.tenant_id = ${ctx.actor.tenantId} AND c.deleted_at IS NULL AND ${behind(page, c)} ${newestFirst(part, c)}`
  return ctx.db.all<Check>(
    sql`SELECT ${columns}, ${carried(sql`c.config`, page, sql`c.id`, list)} AS config ${list(page)}`,
  )
}

/** Which of these ids are checks, and how large their configs are. */
export function selectKnownChecks(ctx: Ctx, ids: readonly string[]) {
  return ctx.db.all<{ id: string; bytes: number }>(sql`
    SELECT c.id, octet_length(c.config) AS bytes FROM ${jsonEach(ids)} CROSS JOIN checks c
    WHERE c.id = value AND c.tenant_id = ${ctx.actor.tenantId} AND c.deleted_at IS NULL`)
}

function own(ctx: Ctx, id: string): SQL {
  return sql`id = ${id} AND tenant_id = ${ctx.actor.tenantId} AND deleted_at IS NULL`
}

/** `name = ?, …` for the members that are set; the row's own name where none is. */
export function changed(change: object): SQL {
  const set = Object.entries(change).filter(([, value]) => value !== undefined)
  if (set.length === 0) return sql`name = name`
  return sql.join(
    set.map(([name, value]) => sql`${sql.identifier(name)} = ${value}`),
    sql`, `,
  )
}
