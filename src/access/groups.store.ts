import { sql, type SQL } from '../db/sql.ts'
import type { Ctx } from '../context.ts'
import { jsonEach } from '../db/json.ts'
import type { Condition, Fragment, Statement } from '../db/open-db.ts'
import { behind, newestFirst, type PageRequest } from '../db/page.ts'
import type { groups } from './access.table.ts'

/** A group as stored. `member_ids` is JSON text. */
export type Group = Omit<typeof groups.$inferSelect, 'tenant_id'>

/** How many members a group may have. */
export const mostMembers = 1_000

const g = sql`g`
const columns = sql`g.id, g.name, g.member_ids, g.version, g.write_id, g.created_at, g.updated_at, g.deleted_at,
  g.filled_by_oidc`

/** Inserts a group whose id is free, where the condition holds. */
export function insertGroup(ctx: Ctx, group: Group, condition: Condition): Statement {
  const { id, name, member_ids, write_id, created_at, updated_at, filled_by_oidc } = group
  return ctx.db.all(sql`
    INSERT INTO groups (tenant_id, id, name, member_ids, write_id, created_at, updated_at, filled_by_oidc)
    SELECT ${ctx.actor.tenantId}, ${id}, ${name}, ${member_ids}, ${write_id}, ${created_at}, ${updated_at}, ${filled_by_oidc}
    WHERE NOT EXISTS (SELECT 1 FROM groups WHERE tenant_id = ${ctx.actor.tenantId} AND id = ${id}) AND ${condition}`)
}

/** Writes a group as it is to be, where it is still in the version `seen` and the condition holds. */
export function updateGroup(ctx: Ctx, seen: Group, next: Group, condition: Condition): Statement {
  return ctx.db.all(sql`
    UPDATE groups SET name = ${next.name}, member_ids = ${next.member_ids}, deleted_at = ${next.deleted_at},
      filled_by_oidc = ${next.filled_by_oidc}, version = version + 1, write_id = ${next.write_id}, updated_at = ${ctx.now}
    WHERE tenant_id = ${ctx.actor.tenantId} AND id = ${seen.id} AND deleted_at IS NULL AND version = ${seen.version} AND ${condition}`)
}

/** Whether this write has been made of a group. */
export function wroteGroup(ctx: Ctx, { id, write_id }: Pick<Group, 'id' | 'write_id'>): Condition {
  return sql`EXISTS (SELECT 1 FROM groups WHERE tenant_id = ${ctx.actor.tenantId} AND id = ${id} AND write_id = ${write_id})`
}

/** Whether all of these are groups that have room for one more member. */
export function roomyGroups(ctx: Ctx, ids: readonly string[]): Condition {
  if (ids.length === 0) return sql`1`
  return sql`(SELECT count(*) FROM ${jsonEach(ids)} CROSS JOIN groups g
    WHERE g.tenant_id = ${ctx.actor.tenantId} AND g.id = value AND g.deleted_at IS NULL
      AND json_array_length(g.member_ids) < ${mostMembers}) = ${ids.length}`
}

/** Which of these ids are groups', and how many members they have. */
export function selectKnownGroups(ctx: Ctx, ids: readonly string[]) {
  return ctx.db.all<{ id: string; members: number }>(sql`
    SELECT g.id, json_array_length(g.member_ids) AS members FROM ${jsonEach(ids)} CROSS JOIN groups g
    WHERE g.tenant_id = ${ctx.actor.tenantId} AND g.id = value AND g.deleted_at IS NULL`)
}

/** Of these groups, those that tokens fill, and how many members they have. */
export function selectFilledGroups(ctx: Ctx, ids: readonly string[], others: Fragment) {
  return ctx.db.all<{ id: string; members: number }>(sql`
    SELECT g.id, json_array_length(g.member_ids) AS members
    FROM (SELECT value FROM ${jsonEach(ids)} UNION ${others}) CROSS JOIN groups g
    WHERE g.tenant_id = ${ctx.actor.tenantId} AND g.id = value AND g.filled_by_oidc AND g.deleted_at IS NULL`)
}

/** Puts a person into groups, and takes them out of others, where the condition holds. */
export function regroupPerson(
  ctx: Ctx,
  personId: string,
  { joined, left }: { joined: readonly string[]; left: readonly string[] },
  condition: Condition,
): Statement[] {
  const update = (ids: readonly string[], members: SQL) =>
    ctx.db.all(sql`
      UPDATE groups SET member_ids = ${members}, version = version + 1, updated_at = ${ctx.now}
      WHERE tenant_id = ${ctx.actor.tenantId} AND id IN (SELECT value FROM ${jsonEach(ids)}) AND ${condition}`)
  const others = sql`(SELECT json_group_array(value ORDER BY key) FROM json_each(groups.member_ids) WHERE value <> ${personId})`
  return [
    ...(joined.length > 0 ? [update(joined, sql`json_insert(member_ids, '$[#]', ${personId})`)] : []),
    ...(left.length > 0 ? [update(left, others)] : []),
  ]
}

/** One group, by id. */
export function selectGroup(ctx: Ctx, id: string) {
  return ctx.db.all<Group>(sql`
    SELECT ${columns} FROM groups g WHERE g.tenant_id = ${ctx.actor.tenantId} AND g.id = ${id} AND g.deleted_at IS NULL`)
}

/** What some groups are called, also those that are gone. @param ids a SELECT of their ids */
export function selectGroupNames(ctx: Ctx, ids: SQL) {
  return ctx.db.all<{ id: string; name: string }>(sql`
    SELECT id, name FROM groups WHERE tenant_id = ${ctx.actor.tenantId} AND id IN (${ids})`)
}

/** The same for groups whose ids are known. */
export function selectGroupsNamed(ctx: Ctx, ids: readonly string[]) {
  return selectGroupNames(ctx, sql`SELECT value FROM ${jsonEach(ids)}`)
}

/** Newest first. */
export function selectGroups(ctx: Ctx, page: PageRequest) {
  return ctx.db.all<Group>(sql`
    SELECT ${columns} FROM groups g INDEXED BY groups_by_tenant
    WHERE g.tenant_id = ${ctx.actor.tenantId} AND g.deleted_at IS NULL AND ${behind(page, g)} ${newestFirst(page, g)}`)
}
