import { sql, type SQL } from '../db/sql.ts'
import type { Ctx } from '../context.ts'
import { jsonEach } from '../db/json.ts'
import type { Condition, Fragment, Statement } from '../db/open-db.ts'
import { behind, newestFirst, type PageRequest } from '../db/page.ts'
import type { people } from './access.table.ts'
import { roomyGroups } from './groups.store.ts'
import type { KnownAs } from './known-as.ts'
import { keepsAnAdminKey, keysOf } from './last-admin.store.ts'

/** A person as stored. `roles` and `groups` are JSON text. */
export type Person = Omit<typeof people.$inferSelect, 'tenant_id'>

const p = sql`p`
const columns = sql`p.id, p.name, p.email, p.kind, p.roles, p.groups, p.disabled, p.version, p.write_id, p.created_at, p.updated_at,
  p.deleted_at, p.issuer, p.subject, p.claimed_at`

/** Inserts a person whose id, and whose subject if they have one, is free, into groups that all have room. */
export function insertPerson(ctx: Ctx, person: Person): Statement {
  const {
    id,
    name,
    email,
    kind,
    roles,
    groups,
    disabled,
    write_id,
    created_at,
    updated_at,
    issuer,
    subject,
    claimed_at,
  } = person
  return ctx.db.all(sql`
    INSERT INTO people (tenant_id, id, name, email, kind, roles, groups, disabled, write_id, created_at, updated_at, issuer, subject,
      claimed_at)
    SELECT ${ctx.actor.tenantId}, ${id}, ${name}, ${email}, ${kind}, ${roles}, ${groups}, ${disabled}, ${write_id}, ${created_at},
      ${updated_at}, ${issuer}, ${subject}, ${claimed_at}
    WHERE NOT EXISTS (SELECT 1 FROM people WHERE tenant_id = ${ctx.actor.tenantId} AND id = ${id})
      AND ${roomyGroups(ctx, JSON.parse(groups) as string[])}
    ON CONFLICT DO NOTHING`)
}

/**
 * Writes a person as they are to be, where they are still in the version `seen` and the groups that they join have
 * room.
 *
 * @param losesAdmin whether their keys administer nothing any more; then others must
 */
export function updatePerson(ctx: Ctx, seen: Person, next: Person, joined: readonly string[], losesAdmin: boolean) {
  return ctx.db.all(sql`
    UPDATE people SET name = ${next.name}, email = ${next.email}, kind = ${next.kind}, roles = ${next.roles}, groups = ${next.groups},
      disabled = ${next.disabled}, deleted_at = ${next.deleted_at}, claimed_at = ${next.claimed_at}, version = version + 1,
      write_id = ${next.write_id}, updated_at = ${ctx.now}
    WHERE ${own(ctx, seen.id)} AND version = ${seen.version} AND ${roomyGroups(ctx, joined)}
      AND ${losesAdmin ? keepsAnAdminKey(ctx, keysOf(seen.id)) : sql`1`}`)
}

/** Says who a person is to an identity provider, where nobody is yet. */
export function updateSubject(ctx: Ctx, { id, write_id }: Written, known: KnownAs): Statement {
  const { issuer, subject } = known
  return ctx.db.all(sql`
    UPDATE people SET issuer = ${issuer}, subject = ${subject}, version = version + 1, write_id = ${write_id}, updated_at = ${ctx.now}
    WHERE ${own(ctx, id)} AND issuer IS NULL AND NOT EXISTS (SELECT 1 FROM people p WHERE ${called(ctx, known)})`)
}

type Written = Pick<Person, 'id' | 'write_id'>

/** One row where there is, or was, a person of this id; else none. */
export function selectWhetherStored({ db, actor }: Ctx, id: string) {
  return db.all<{ found: 1 }>(sql`SELECT 1 AS found FROM people WHERE tenant_id = ${actor.tenantId} AND id = ${id}`)
}

/** Whether this write has been made of a person. */
export function wrotePerson(ctx: Ctx, { id, write_id }: Written): Condition {
  return sql`EXISTS (SELECT 1 FROM people WHERE tenant_id = ${ctx.actor.tenantId} AND id = ${id} AND write_id = ${write_id})`
}

/** How many groups a person may be in. */
export const mostGroups = 100

/** Whether all of these are people who have room for one more group. */
export function roomyPeople(ctx: Ctx, ids: readonly string[]): Condition {
  if (ids.length === 0) return sql`1`
  return sql`(SELECT count(*) FROM ${jsonEach(ids)} CROSS JOIN people p
    WHERE p.tenant_id = ${ctx.actor.tenantId} AND p.id = value AND p.deleted_at IS NULL
      AND json_array_length(p.groups) < ${mostGroups}) = ${ids.length}`
}

/** Which of these ids are people's, and in how many groups they are. */
export function selectKnownPeople(ctx: Ctx, ids: readonly string[]) {
  return ctx.db.all<{ id: string; groups: number }>(sql`
    SELECT p.id, json_array_length(p.groups) AS groups FROM ${jsonEach(ids)} CROSS JOIN people p
    WHERE p.tenant_id = ${ctx.actor.tenantId} AND p.id = value AND p.deleted_at IS NULL`)
}

/** Puts people into a group, and takes others out of it, where the condition holds. */
export function regroupPeople(
  ctx: Ctx,
  groupId: string,
  { joined, left }: { joined: readonly string[]; left: readonly string[] },
  condition: Condition,
): Statement[] {
  const update = (ids: readonly string[], groups: SQL) =>
    ctx.db.all(sql`
      UPDATE people SET groups = ${groups}, version = version + 1, updated_at = ${ctx.now}
      WHERE tenant_id = ${ctx.actor.tenantId} AND id IN (SELECT value FROM ${jsonEach(ids)}) AND ${condition}`)
  return [
    ...(joined.length > 0 ? [update(joined, sql`json_insert(groups, '$[#]', ${groupId})`)] : []),
    ...(left.length > 0
      ? [
          update(
            left,
            sql`(SELECT json_group_array(value ORDER BY key) FROM json_each(people.groups) WHERE value <> ${groupId})`,
          ),
        ]
      : []),
  ]
}

/** One person, by id. */
export function selectPerson(ctx: Ctx, id: string) {
  return ctx.db.all<Person>(sql`
    SELECT ${columns} FROM people p WHERE p.tenant_id = ${ctx.actor.tenantId} AND p.id = ${id} AND p.deleted_at IS NULL`)
}

/** Who this is to an identity provider, also where they are disabled, deleted or erased. */
export function selectSubject(ctx: Ctx, known: KnownAs) {
  return ctx.db.all<Person>(sql`SELECT ${columns} FROM people p WHERE ${called(ctx, known)}`)
}

/** Those of these people who are not disabled. */
export function selectEnabled(ctx: Ctx, ids: readonly string[]) {
  return ctx.db.all<{ id: string }>(sql`
    SELECT p.id FROM ${jsonEach(ids)} CROSS JOIN people p
    WHERE p.tenant_id = ${ctx.actor.tenantId} AND p.id = value AND p.disabled = 0`)
}

/** The groups of a person whom an identity provider calls so, as a subquery. */
export function groupsOfSubject(ctx: Ctx, known: KnownAs): Fragment {
  return sql`SELECT e.value FROM people p CROSS JOIN json_each(p.groups) e WHERE ${called(ctx, known)}`
}

/** Newest first. */
export function selectPeople(ctx: Ctx, page: PageRequest) {
  return ctx.db.all<Person>(sql`
    SELECT ${columns} FROM people p INDEXED BY people_by_tenant
    WHERE p.tenant_id = ${ctx.actor.tenantId} AND p.deleted_at IS NULL AND ${behind(page, p)} ${newestFirst(page, p)}`)
}

function called(ctx: Ctx, { issuer, subject, forgotten }: KnownAs): SQL {
  return sql`p.tenant_id = ${ctx.actor.tenantId} AND p.issuer = ${issuer} AND p.subject IN (${subject}, ${forgotten})`
}

function own(ctx: Ctx, id: string): SQL {
  return sql`tenant_id = ${ctx.actor.tenantId} AND id = ${id} AND deleted_at IS NULL`
}

/** How an identity provider knows somebody, if one does, and if they are not erased yet. */
export function selectKnownAs({ db, actor }: Ctx, id: string) {
  return db.all<{ issuer: string; subject: string }>(sql`
    SELECT issuer, subject FROM people
    WHERE tenant_id = ${actor.tenantId} AND id = ${id} AND issuer IS NOT NULL AND subject NOT GLOB 'sha256:*'`)
}

/**
 * Takes away what a deleted person was called, but for their id, and how a provider of identities knows them.
 *
 * @param known how one does: then so much of it stays that they are not taken for somebody new
 */
export function forgetPerson({ db, actor, now }: Ctx, id: string, known: KnownAs | null): Statement {
  const subject = known ? sql`${known.forgotten}` : sql`subject`
  return db.all(sql`
    UPDATE people SET name = id, email = NULL, subject = ${subject}, version = version + 1, updated_at = ${now}
    WHERE tenant_id = ${actor.tenantId} AND id = ${id} AND deleted_at IS NOT NULL`)
}
