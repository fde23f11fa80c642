import { sql, type SQL } from '../db/sql.ts'
import type { Ctx } from '../context.ts'
import { jsonEach } from '../db/json.ts'
import type { Condition, Fragment, Reference, Statement } from '../db/open-db.ts'
import type { PageRequest } from '../db/page.ts'
import type { policies, policyVersions } from './policies.table.ts'

/** A version of a policy, to be stored. */
export type PolicyVersion = Omit<typeof policyVersions.$inferSelect, 'tenant_id' | 'created_at' | 'created_by'>

/** A policy as it is now. `body` is a `PolicyBody` as JSON, in the version `body_version`. */
export type StoredPolicy = Omit<typeof policies.$inferSelect, 'tenant_id'> & { body: string; body_version: number }

/** How many policies a tenant may have. */
export const mostPolicies = 200

const columns = sql`p.id, p.name, p.priority, p.version_id, p.infeasible, p.version, p.write_id, p.created_at, p.updated_at, p.deleted_at,
  v.body, v.version AS body_version`

/** Keeps a version of a policy, where the condition holds. */
export function insertVersion(ctx: Ctx, version: PolicyVersion, condition: Condition): Statement {
  const {
    id,
    policy_id,
    version: number,
    body,
    name,
    capacities,
    sole_roles,
    sole_group,
    allow_self_approval,
  } = version
  return ctx.db.all(sql`
    INSERT INTO policy_versions (id, tenant_id, policy_id, version, body, created_at, created_by, name, capacities, sole_roles,
      sole_group, allow_self_approval)
    SELECT ${id}, ${ctx.actor.tenantId}, ${policy_id}, ${number}, ${body}, ${ctx.now}, ${ctx.actor.userId}, ${name}, ${capacities},
      ${sole_roles}, ${sole_group}, ${allow_self_approval}
    WHERE ${condition}`)
}

/** Who may vote in a stage of a policy version, from 0: see `approvals.open_to`. NULL behind the last. */
export function openTo(versionId: SQL, stage: number): Fragment {
  return sql`(SELECT capacities -> ${sql.raw(String(stage))} FROM policy_versions WHERE id = ${versionId})`
}

/** The groups that the policy of an approval asks: a SELECT of their ids. */
export function groupsAskedOn(id: Reference): SQL {
  return sql`SELECT substr(c.value, 7) FROM policy_versions v, json_each(v.capacities) s, json_each(s.value) c
    WHERE v.id = (SELECT policy_version_id FROM approvals WHERE id = ${id}) AND c.value LIKE 'group:%'`
}

/** Whether the tenant may have one more policy. */
export function hasRoomForPolicy({ actor }: Ctx): Condition {
  return sql`(SELECT count(*) FROM policies WHERE tenant_id = ${actor.tenantId} AND deleted_at IS NULL) < ${mostPolicies}`
}

/** Whether a policy is still in this version of its row. */
export function isPolicyAt({ actor }: Ctx, { id, version }: Pick<StoredPolicy, 'id' | 'version'>): Condition {
  return sql`EXISTS (SELECT 1 FROM policies
    WHERE tenant_id = ${actor.tenantId} AND id = ${id} AND version = ${version} AND deleted_at IS NULL)`
}

/** Inserts a policy whose version is kept. */
export function insertPolicy(ctx: Ctx, policy: StoredPolicy): Statement {
  const { id, name, priority, version_id, write_id, created_at, updated_at } = policy
  return ctx.db.all(sql`
    INSERT INTO policies (tenant_id, id, name, priority, version_id, write_id, created_at, updated_at)
    SELECT ${ctx.actor.tenantId}, ${id}, ${name}, ${priority}, ${version_id}, ${write_id}, ${created_at}, ${updated_at}
    WHERE EXISTS (SELECT 1 FROM policy_versions WHERE id = ${version_id})`)
}

/** Writes a policy as it is to be, where its row is still in the version `seen`. Returns a row where it was. */
export function updatePolicy(ctx: Ctx, seen: StoredPolicy, next: StoredPolicy) {
  return ctx.db.all<{ id: string }>(sql`
    UPDATE policies SET name = ${next.name}, priority = ${next.priority}, version_id = ${next.version_id}, infeasible = ${next.infeasible},
      deleted_at = ${next.deleted_at}, version = version + 1, write_id = ${next.write_id}, updated_at = ${ctx.now}
    WHERE tenant_id = ${ctx.actor.tenantId} AND id = ${seen.id} AND version = ${seen.version} AND deleted_at IS NULL
    RETURNING id`)
}

/** Whether this write has been made of a policy. */
export function wrotePolicy({ actor }: Ctx, { id, write_id }: Pick<StoredPolicy, 'id' | 'write_id'>): Condition {
  return sql`EXISTS (SELECT 1 FROM policies WHERE tenant_id = ${actor.tenantId} AND id = ${id} AND write_id = ${write_id})`
}

/** Says that the tenant's policies have changed, where the condition holds: what isolates remember of them is old. */
export function turnPage({ db, actor }: Ctx, condition: Condition): Statement {
  return db.all(sql`
    INSERT INTO policy_books (tenant_id, revision) SELECT ${actor.tenantId}, 1 WHERE ${condition}
    ON CONFLICT DO UPDATE SET revision = revision + 1`)
}

/** One policy, by id. */
export function selectPolicy(ctx: Ctx, id: string) {
  return ctx.db.all<StoredPolicy>(sql`
    SELECT ${columns} FROM policies p JOIN policy_versions v ON v.id = p.version_id
    WHERE p.tenant_id = ${ctx.actor.tenantId} AND p.id = ${id} AND p.deleted_at IS NULL`)
}

/**
 * In the order in which they are asked. A page begins behind a policy, wherever that is by now; where it is gone, where
 * it was.
 */
export function selectPolicies(ctx: Ctx, { limit, after }: PageRequest) {
  const priority = sql`(SELECT priority FROM policies WHERE tenant_id = ${ctx.actor.tenantId} AND id = ${after?.id ?? ''})`
  const behind = after
    ? sql`(p.priority, p.created_at, p.id) > (${priority}, ${after.created_at}, ${after.id})`
    : sql`1`
  return ctx.db.all<StoredPolicy>(
    inOrder(ctx.actor.tenantId, sql`${behind} ORDER BY p.priority, p.created_at, p.id LIMIT ${limit + 1}`),
  )
}

/** All of a tenant's policies, in their order. */
export function selectAllPolicies(ctx: Ctx) {
  return ctx.db.all<StoredPolicy>(inOrder(ctx.actor.tenantId, sql`1 ORDER BY p.priority, p.created_at, p.id`))
}

function inOrder(tenantId: string, rest: SQL): SQL {
  return sql`SELECT ${columns} FROM policies p INDEXED BY policies_in_order CROSS JOIN policy_versions v
    WHERE v.id = p.version_id AND p.tenant_id = ${tenantId} AND p.deleted_at IS NULL AND ${rest}`
}

/** A row where people or groups have changed since it was last looked whether they can fulfil the tenant's policies. */
export function selectWhetherUnchecked(ctx: Ctx) {
  return ctx.db.all<{ changed_at: number }>(sql`
    SELECT changed_at FROM unchecked_policies WHERE tenant_id = ${ctx.actor.tenantId}`)
}

/** Tenants whose people have changed before a time, and have not been looked at since. */
export function selectUnchecked(ctx: Ctx, before: number, limit: number) {
  return ctx.db.all<{ tenant_id: string; changed_at: number }>(sql`
    SELECT tenant_id, changed_at FROM unchecked_policies WHERE changed_at < ${before} LIMIT ${limit}`)
}

/** Notes which policies are infeasible, under the id of this write; none that has been written meanwhile. */
export function noteFeasibility(
  ctx: Ctx,
  found: readonly Pick<StoredPolicy, 'id' | 'version' | 'infeasible'>[],
  writeId: string,
): Statement {
  return ctx.db.all(sql`
    UPDATE policies SET infeasible = f.value ->> '$.infeasible', write_id = ${writeId}
    FROM ${jsonEach(found)} AS f
    WHERE policies.tenant_id = ${ctx.actor.tenantId} AND policies.id = f.value ->> '$.id' AND policies.version = f.value ->> '$.version'`)
}

/** Of the policies that this write has noted those that are infeasible, as `recordFound` takes them. */
export function foundInfeasible({ actor }: Ctx, writeId: string): SQL {
  return sql`SELECT tenant_id, 'policy.infeasible' AS type, id AS resource_id, 'active' AS from_status, 'active' AS to_status,
    json_object('name', name, 'stage', infeasible, 'policy_version_id', version_id) AS data
    FROM policies WHERE tenant_id = ${actor.tenantId} AND write_id = ${writeId} AND infeasible IS NOT NULL`
}

/** Says that it has been looked, unless people have changed since. */
export function markChecked(ctx: Ctx, { tenant_id, changed_at }: { tenant_id: string; changed_at: number }): Statement {
  return ctx.db.all(sql`DELETE FROM unchecked_policies WHERE tenant_id = ${tenant_id} AND changed_at = ${changed_at}`)
}
