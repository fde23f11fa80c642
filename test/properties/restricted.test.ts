import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { pageAsOfNow, type ListFilter } from '../../src/approvals/list.store.ts'
import { defaultPolicy } from '../../src/approvals/policy.ts'
import { visible } from '../../src/approvals/restricted.store.ts'
import { statuses } from '../../src/approvals/states.ts'
import { selectTotal } from '../../src/approvals/tallies.store.ts'
import { roles, type Ctx } from '../../src/context.ts'
import type { PageRequest } from '../../src/db/page.ts'
import { sql } from '../../src/db/sql.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'
import { often } from '../support/scale.ts'

/*
 * Who sees what of kinds that may be restricted: lists, totals and single reads say the same, which is what the rule
 * says.
 */

const now = 1_000
const users = ['usr_a', 'usr_b', 'usr_c']
const things = ['one', 'two']
const instances = [crypto.randomUUID(), crypto.randomUUID()]
const salary = { kind: 'salary', policy: defaultPolicy(['coordinator']), restrictable: true }
const access = { kind: 'access', policy: defaultPolicy(['reviewer']), restrictable: true }
const plain = { kind: 'plain', policy: defaultPolicy(['coordinator']) }
const kinds = [salary, access, plain]
/** Who may vote under each version of a policy, stage by stage. */
const versions = {
  plv_1: [['group:x'], ['role:service', 'group:y']],
  plv_2: [['role:coordinator']],
  plv_3: [['role:admin', 'group:y'], ['role:member']],
} as const
type Version = keyof typeof versions

const row = fc.record({
  id: fc.uuid(),
  kind: fc.constantFrom(...kinds.map(({ kind }) => kind)),
  status: fc.constantFrom(...statuses),
  created_at: fc.integer({ min: 0, max: 30 }),
  requester_id: fc.constantFrom(...users),
  submitted_by: fc.option(fc.constantFrom(...users)),
  instance_id: fc.option(fc.constantFrom(...instances)),
  restricted: fc.boolean(),
  type: fc.constantFrom(...things),
  about: fc.constantFrom(...things),
  due_at: fc.option(fc.constantFrom(now - 1, now, now + 1)),
  policy_version_id: fc.option(fc.constantFrom<Version>('plv_1', 'plv_2', 'plv_3'), { freq: 2 }),
})
type Row = typeof row extends fc.Arbitrary<infer R> ? R : never

const rows = fc.sample(row, { numRuns: 600, seed: Math.floor(Math.random() * 2 ** 31) }).map((one) => ({
  ...one,
  restricted: one.restricted && one.kind !== 'plain',
  submitted_by: one.submitted_by === one.requester_id ? null : one.submitted_by,
}))
let tenant: Tenant

beforeAll(async () => {
  tenant = await newTenant()
  const ofFamily = kinds.flatMap(({ kind }) => [
    `INSERT INTO kinds VALUES ('${kind}')`,
    ...[
      ['requester', 'requester_id', 'restricted = 0'],
      ['subject_type', 'subject_type', 'restricted = 0'],
      ['type', 'type', 'restricted = 0'],
      ['instance', 'instance_id', 'instance_id IS NOT NULL'],
    ].map(
      ([by, column, where]) =>
        `CREATE INDEX approvals_of_${kind}_by_${by} ON approvals (tenant_id, ${column}, status, created_at, id) WHERE kind = '${kind}' AND ${where}`,
    ),
    ...['subject_type', 'type'].map(
      (by) =>
        `CREATE INDEX approvals_restricted_of_${kind}_by_${by} ON approvals (tenant_id, ${by}, status, created_at, id) WHERE kind = '${kind}' AND restricted = 1`,
    ),
  ])
  await env.DB.batch(ofFamily.map((statement) => env.DB.prepare(statement)))
  await env.DB.prepare(
    `INSERT INTO policy_versions (id, tenant_id, policy_id, version, body, created_at, created_by, capacities)
     SELECT ?1 || key, ?1, key, 1, '{}', 0, 'usr_z', value FROM json_each(?2)`,
  )
    .bind(tenant.id, JSON.stringify(versions))
    .run()
  await env.DB.prepare(
    `INSERT INTO approvals (id, tenant_id, kind, status, type, title, requester_id, submitted_by, instance_id, restricted, subject_type,
       subject_id, policy_version_id, created_at, updated_at, due_at, on_due, digest, votes_needed, decided_by, decided_at)
     SELECT value ->> 'id', ?1, value ->> 'kind', value ->> 'status', value ->> 'type', 'x', value ->> 'requester_id', value ->> 'submitted_by',
       value ->> 'instance_id', value ->> 'restricted', value ->> 'type', value ->> 'about',
       ?1 || (value ->> 'policy_version_id'), value ->> 'created_at', 0, value ->> 'due_at',
       iif(value ->> 'due_at' IS NULL, NULL, 'expire'), printf('%064d', 0), 1,
       iif(value ->> 'status' = 'pending', NULL, 'usr_z'), iif(value ->> 'status' = 'pending', NULL, 1)
     FROM json_each(?2)`,
  )
    .bind(tenant.id, JSON.stringify(rows))
    .run()
})

const viewer = fc.record({
  userId: fc.constantFrom(...users, 'usr_d'),
  roles: fc.subarray([...roles]),
  groups: fc.subarray(['x', 'y', 'z']),
  instanceId: fc.option(fc.constantFrom(...instances, crypto.randomUUID()), { freq: 4 }),
})
type Viewer = typeof viewer extends fc.Arbitrary<infer V> ? V : never

const as = (who: Viewer): Ctx => {
  const ctx = tenant.ctx('x', ['member'], now)
  // A key may have been stored in another case than approvals name the instance in.
  return { ...ctx, actor: { ...ctx.actor, ...who, instanceId: who.instanceId?.toUpperCase() ?? null } }
}

/** The rule, in words of its own. */
function sees({ userId, roles, groups, instanceId }: Viewer, one: Row): boolean {
  if (instanceId !== null) return one.instance_id === instanceId
  const decides = kinds.find(({ kind }) => kind === one.kind)!.policy.approver_roles
  const has = new Set([...roles.map((role) => `role:${role}`), ...groups.map((group) => `group:${group}`)])
  const voters: string[] | null = one.policy_version_id && versions[one.policy_version_id].flat()
  return (
    !one.restricted ||
    one.requester_id === userId ||
    one.submitted_by === userId ||
    roles.includes('admin') ||
    (voters ? voters.some((one) => has.has(one)) : decides.some((role) => roles.includes(role)))
  )
}

const statusNow = (one: Row) =>
  one.status === 'pending' && one.due_at !== null && one.due_at <= now ? 'expired' : one.status
const isOf = <T>(asked: T | undefined, actual: T) => asked === undefined || asked === actual
const maybe = <T>(...values: T[]) => fc.option(fc.constantFrom(...values), { nil: undefined })

const filter: fc.Arbitrary<ListFilter> = fc.oneof(
  fc.record({
    kinds: fc.constantFrom(kinds, [salary, plain], [access, salary], [salary]),
    areAll: fc.constant(false),
    status: maybe(...statuses),
  }),
  fc.record({ kinds: fc.constant(kinds), status: maybe(...statuses) }),
  fc.record({
    kinds: fc.constantFrom([salary] as const, [plain] as const),
    status: maybe(...statuses),
    requesterId: maybe(...users),
    type: maybe(...things),
    subjectType: maybe(...things),
    subjectId: maybe(...things),
  }),
)
const page: fc.Arbitrary<PageRequest> = fc.record({
  limit: fc.integer({ min: 1, max: 100 }),
  offset: fc.integer({ min: 0, max: 50 }),
  after: fc.constant(null),
})

test('a list has what its caller sees, in order, and nothing twice', () =>
  fc.assert(
    fc.asyncProperty(viewer, filter, page, async (who, asked, part) => {
      const ctx = as(who)
      const found = await ctx.db.run(
        ctx.db.all<{ id: string }>(
          sql`SELECT id FROM ${pageAsOfNow(ctx, asked, part)} a ORDER BY a.created_at DESC, a.id DESC`,
        ),
      )
      const expected = rows
        .filter((one) => sees(who, one) && asked.kinds.some(({ kind }) => kind === one.kind))
        .filter((one) => isOf(asked.status, statusNow(one)) && isOf(asked.requesterId, one.requester_id))
        .filter((one) => isOf(asked.type, one.type))
        .filter((one) => isOf(asked.subjectType, one.type) && isOf(asked.subjectId, one.about))
        .toSorted((one, other) => other.created_at - one.created_at || (one.id < other.id ? 1 : -1))
        .slice(part.offset, part.offset + part.limit + 1)
      expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id))
      return true
    }),
    { numRuns: often(300) },
  ))

test('a total counts what its caller sees', () =>
  fc.assert(
    fc.asyncProperty(viewer, fc.subarray(kinds, { minLength: 1 }), maybe(...statuses), async (who, among, status) => {
      const ctx = as(who)
      const [count] = await ctx.db.run(selectTotal(ctx, { kinds: among, status }))
      const seen = rows.filter((one) => sees(who, one) && among.some(({ kind }) => kind === one.kind))
      const expected = seen.filter((one) => isOf(status, one.status)).length
      expect(count?.total).toBe(who.instanceId === null ? expected : null)
      return true
    }),
    { numRuns: often(200) },
  ))

test('one is read by whoever sees it', () =>
  fc.assert(
    fc.asyncProperty(viewer, fc.constantFrom(...kinds), async (who, kind) => {
      const ctx = as(who)
      const found = await ctx.db.run(
        ctx.db.all<{ id: string }>(
          sql`SELECT id FROM approvals WHERE tenant_id = ${tenant.id} AND kind = ${kind.kind} AND ${visible(ctx, kind)}`,
        ),
      )
      const expected = rows.filter((one) => one.kind === kind.kind && sees(who, one)).map(({ id }) => id)
      expect(found.map(({ id }) => id).toSorted()).toEqual(expected.toSorted())
      return true
    }),
    { numRuns: often(100) },
  ))
