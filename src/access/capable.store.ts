import { sql, type SQL } from '../db/sql.ts'
import { roles, type Ctx, type Role } from '../context.ts'
import { jsonEach } from '../db/json.ts'

/** Some of the people who have a role, or are in a group: ids, as a JSON array. */
export interface Some {
  name: string
  people: string
}

/** An index of each role, by which a few who have it are found. */
const indexes: Record<Role, string> = {
  member: 'people_who_are_members',
  coordinator: 'people_who_are_coordinators',
  reviewer: 'people_who_are_reviewers',
  admin: 'people_who_are_admins',
  service: 'people_who_are_services',
}

/** Of each role the first few who have it and are not disabled. Reads no others. */
export function selectSomeOfRoles(ctx: Ctx, atMost: number) {
  const terms = roles.map((role): SQL => {
    const found = sql.raw(`INDEXED BY ${indexes[role]} WHERE disabled = 0 AND instr(roles, '"${role}"')`)
    return sql`SELECT ${role} AS name, (SELECT json_group_array(id) FROM (
      SELECT id FROM people ${found} AND tenant_id = ${ctx.actor.tenantId} LIMIT ${atMost})) AS people`
  })
  return ctx.db.all<Some>(sql.join(terms, sql` UNION ALL `))
}

/** Some of the members of a group. */
export interface SomeOfGroup extends Some {
  /** Some of those for whom somebody can ask, with or without a role: ids, as a JSON array. */
  askers: string
  /** Whether tokens fill it (1), so that there may be others tomorrow. */
  filled_by_oidc: number
}

/**
 * Of each of these groups that is there the first few members who are not disabled and have a role, without which
 * nobody can vote; and the first few with or without one. Reads no people but these, and those who are left out.
 */
export function selectSomeOfGroups(ctx: Ctx, ids: readonly string[], atMost: number) {
  const { tenantId } = ctx.actor
  const some = (condition: SQL) => sql`(SELECT json_group_array(id) FROM (
      SELECT p.id FROM json_each(g.member_ids) m CROSS JOIN people p
      WHERE p.tenant_id = ${tenantId} AND p.id = m.value AND p.disabled = 0 AND ${condition} LIMIT ${atMost}))`
  return ctx.db.all<SomeOfGroup>(sql`
    SELECT g.id AS name, g.filled_by_oidc, ${some(sql`p.roles <> '[]'`)} AS people, ${some(sql`TRUE`)} AS askers
    FROM ${jsonEach(ids)} wanted CROSS JOIN groups g
    WHERE g.tenant_id = ${tenantId} AND g.id = wanted.value AND g.deleted_at IS NULL`)
}

/** What these people, and these groups, are called. */
export function selectNames(ctx: Ctx, people: readonly string[], groups: readonly string[]) {
  const { tenantId } = ctx.actor
  return ctx.db.all<{ what: 'person' | 'group'; id: string; name: string }>(sql`
    SELECT 'person' AS what, p.id, p.name FROM ${jsonEach(people)} wanted CROSS JOIN people p
    WHERE p.tenant_id = ${tenantId} AND p.id = wanted.value
    UNION ALL SELECT 'group', g.id, g.name FROM ${jsonEach(groups)} wanted CROSS JOIN groups g
    WHERE g.tenant_id = ${tenantId} AND g.id = wanted.value`)
}
