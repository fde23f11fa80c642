import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { expireDue } from '../../src/approvals/decide-due.ts'
import { systemContext } from '../../src/context.ts'
import { middleHalf, middleOf, stored } from '../support/scale.ts'
import { storeRows } from '../support/stored-rows.ts'
import { newTenant, type Answer, type Tenant } from '../support/tenant.ts'

/* What is restricted costs those nothing who do not see it, and those who do no more than what is not; counted. */

/** Nearly all of it is restricted, all of others'; every tenth waits. */
let crowded: Tenant
/** With the same in it, but for what is restricted. */
let empty: Tenant
/** All that is restricted in it is under a policy, by which a group votes. */
let governed: Tenant
const own = 300
const ofGroup = 3_000

beforeAll(async () => {
  const [before, after] = [await newTenant(), await newTenant()]
  ;[crowded, empty] = [await newTenant(), await newTenant()]
  const last = await newTenant()
  const store = async (tenant: Tenant, count: number, restricted: 0 | 1) => {
    const isGoverned = tenant === governed && restricted === 1
    const id = `printf('req_%08d', i) || '${restricted && !isGoverned ? '' : tenant.id}'`
    await storeRows(count, (rows) => [
      env.DB.prepare(
        `${rows} INSERT INTO approvals (id, tenant_id, kind, status, type, title, requester_id, submitted_by, restricted, created_at,
           policy_version_id, updated_at, due_at, on_due, digest, votes_needed, decided_by, decided_at)
         SELECT ${id}, ?1, 'request', iif(i % 10, 'rejected', 'pending'), 'raise', 'x', 'usr_' || (i % 100), iif(i % 2, 'usr_agent', NULL),
           ${restricted}, i, ${isGoverned ? "'plv_big'" : 'NULL'}, i, iif(i % 20, NULL, 1), iif(i % 20, NULL, 'expire'), printf('%064d', 0), 1, iif(i % 10, 'usr_z', NULL),
           iif(i % 10, i, NULL) FROM n`,
      ).bind(tenant.id),
      env.DB.prepare(
        `${rows} INSERT INTO requests (approval_id, tenant_id, ref_scope, redeem_within) SELECT ${id}, ?1, '', 1 FROM n`,
      ).bind(tenant.id),
    ])
  }
  await store(crowded, stored, 1)
  governed = await newTenant()
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO policy_versions (id, tenant_id, policy_id, version, body, created_at, created_by, capacities)
       VALUES ('plv_big', ?1, 'pol_big', 1, '{}', 0, 'usr_z', '[["group:grp_x"],["role:admin"]]')`,
    ).bind(governed.id),
    env.DB.prepare(
      `INSERT INTO people (tenant_id, id, name, roles, groups, created_at, updated_at)
       VALUES (?1, 'usr_voter', 'x', '["member"]', '["grp_x"]', 0, 0)`,
    ).bind(governed.id),
  ])
  await store(governed, ofGroup, 1)
  // An index that ends costs a row less: others have some before and behind.
  for (const one of [before, after, crowded, empty, last]) await store(one, own, 0)
  for (const one of [crowded, empty]) {
    for (const role of ['member', 'service', 'reviewer', 'coordinator', 'admin'] as const)
      await one.as(role)('/v1/requests/req_none')
    await one.as('agent', ['service'])('/v1/requests/req_none')
  }
}, 600_000)

const queries = ['', 'status=pending', 'status=rejected', 'status=expired', 'limit=100'].flatMap((query) => [
  `/v1/requests?${query}`,
  `/v1/approvals?${query}`,
])
const narrowed = ['type=raise', 'requester_id=usr_7', 'type=raise&status=pending', middleHalf].map(
  (query) => `/v1/requests?${query}`,
)
const deep = [`/v1/requests?cursor=${middleOf('req')}`, `/v1/approvals?cursor=${middleOf('req')}`]

describe.each([...queries, ...narrowed, ...deep])('GET %s', (list) => {
  test('reads for a stranger what it reads where nothing is restricted', async () => {
    for (const role of ['member', 'service'] as const) {
      const [there, elsewhere] = [await crowded.as(role)(list), await empty.as(role)(list)]
      const said = ({ status, cost, body }: Answer) => [status, cost, body.total ?? body.pagination?.total]
      expect(said(there)).toEqual(said(elsewhere))
    }
  })

  test('reads at most three rows for each on a page and twenty for who sees it, in one round trip', async () => {
    const limit = list.includes('limit=100') ? 100 : list.startsWith('/v1/approvals') ? 50 : 20
    const viewers = [
      ...(['reviewer', 'coordinator', 'admin'] as const).map((role) => crowded.as(role)),
      // Of what one has sent for many, that for one user is looked for.
      ...(list.includes('requester_id') ? [] : [crowded.as('agent', ['service'])]),
    ]
    for (const viewer of viewers) {
      const { status, cost } = await viewer(list)
      expect([status, cost.queries]).toEqual([200, 1])
      // Until they are swept, all that have expired are sorted.
      if (!list.includes('expired')) expect(cost.rowsRead).toBeLessThanOrEqual(3 * limit + 20)
    }
  })
})

test.each(queries.filter((query) => !query.includes('expired')))(
  'under a policy GET %s reads no more for who votes, for admins, and for who decides the kind and does not vote',
  async (list) => {
    const limit = list.includes('limit=100') ? 100 : list.startsWith('/v1/approvals') ? 50 : 20
    for (const [viewer, sees] of [
      [governed.as('voter', ['member']), ofGroup],
      [governed.as('admin'), ofGroup],
      [governed.as('reviewer'), 0],
    ] as const) {
      await viewer('/v1/requests/req_none')
      const { status, cost, body } = await viewer(list)
      expect([status, cost.queries]).toEqual([200, 1])
      expect(cost.rowsRead).toBeLessThanOrEqual(3 * limit + 20)
      if (!list.includes('status')) expect(body.total ?? body.pagination.total).toBe(sees)
    }
  },
)

test('asking and deciding write as many rows as of what is not, in one round trip', async () => {
  const call = (body: object) => ({ method: 'POST', body, headers: { 'Idempotency-Key': crypto.randomUUID() } })
  const asked = { type: 'raise', title: 'A raise', external_ref: '', subject: { type: 'person', id: 'ada' } }
  const costs = async (restricted: boolean) => {
    await crowded.as('member')('/v1/requests', call({ ...asked, restricted, external_ref: `first ${restricted}` }))
    const body = { ...asked, restricted, external_ref: `second ${restricted}` }
    const made = await crowded.as('member')('/v1/requests', call(body))
    const approved = await crowded.as('reviewer')(`/v1/requests/${made.body.id}/approve`, { method: 'POST', body: {} })
    expect([made.status, approved.status, made.cost.queries, approved.cost.queries]).toEqual([201, 200, 1, 1])
    return [made.cost.rowsWritten, approved.cost.rowsWritten]
  }
  const [plain, restricted] = [await costs(false), await costs(true)]
  expect(restricted).toEqual(plain)
})

test('a sweep with nothing due reads at most 5 rows, in one round trip', async () => {
  const later = Date.now() + 86_400_000
  await env.DB.prepare("UPDATE approvals SET due_at = ? WHERE due_at = 1 AND status = 'pending'").bind(later).run()
  const ctx = systemContext(env, 'system:maintenance', Date.now())
  expect(await expireDue(ctx)).toBe(0)
  expect(ctx.db.cost.queries).toBe(1)
  expect(ctx.db.cost.rowsRead).toBeLessThanOrEqual(5)
})
