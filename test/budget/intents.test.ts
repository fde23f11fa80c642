import { env } from 'cloudflare:workers'
import { beforeAll, expect, test } from 'vitest'
import { expireDue } from '../../src/approvals/decide-due.ts'
import { systemContext } from '../../src/context.ts'
import { sql } from '../../src/db/sql.ts'
import { selectPage } from '../../src/dashboard/dashboard.store.ts'
import { families } from '../../src/families.ts'
import { endOverdueEntries } from '../../src/intents/outbox.ts'
import { isLong, middleHalfOf, middleOf, stored } from '../support/scale.ts'
import { storeRows } from '../support/stored-rows.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'

/* The cost budget of intents, their expiry and the dashboard, beside many stored approvals; counted, never timed. */

/** How many fall due in the same minute. */
const due = stored / 10
const instance = '497f6eca-6276-4993-bfeb-53cbbbba6f08'
const customer = '00000000-0000-4000-8000-000000000007'
let tenant: Tenant

/** Stores intents by SQL, due at `dueAt`: of every ten one is approved and waits in an outbox. */
async function store(dueAt: number) {
  const digest = '0'.repeat(64)
  await storeRows(stored, (rows) => [
    env.DB.prepare(
      `${rows} INSERT INTO approvals (id, tenant_id, kind, status, title, requester_id, subject_type, subject_id, created_at, updated_at, due_at, on_due, digest, votes_needed, decided_by, decided_at)
         SELECT printf('int_%08d', i), ?1, 'intent', iif(i % 10, 'pending', 'approved'), 'x', 'usr_service', 'instance:${instance}', printf('00000000-0000-4000-8000-%012d', i % 100), i, i, ?3, 'expire', ?2, 1, iif(i % 10, NULL, 'usr_z'), iif(i % 10, NULL, i) FROM n`,
    ).bind(tenant.id, digest, dueAt),
    env.DB.prepare(
      `${rows} INSERT INTO intents (approval_id, tenant_id, instance_id, approval_ref, customer_id, action, skill_slug, serialized_intent, approver_role)
         SELECT printf('int_%08d', i), ?1, '${instance}', printf('APR-%08d', i), printf('00000000-0000-4000-8000-%012d', i % 100), 'a', 's', '{}', 'customer' FROM n`,
    ).bind(tenant.id),
    env.DB.prepare(
      `${rows} INSERT INTO outbox (id, tenant_id, instance_id, approval_id, status, approved_at, execute_by)
         SELECT printf('out_%08d', i), ?1, 'another', printf('int_%08d', i), 'open', i, ?2 FROM n WHERE i % 10 = 0`,
    ).bind(tenant.id, dueAt),
  ])
}

const system = () => systemContext(env, 'system:maintenance', Date.now())

beforeAll(async () => {
  tenant = await newTenant()
  await store(Date.now() + 86_400_000)
  for (const role of ['member', 'service'] as const) await tenant.as(role)('/v1/approvals?limit=1')
}, 600_000)

test('a sweep with nothing due: one round trip, at most 5 rows, whatever is stored', async () => {
  for (const job of [expireDue, endOverdueEntries]) {
    const ctx = system()
    expect(await job(ctx)).toBe(0)
    expect(ctx.db.cost.queries).toBe(1)
    expect(ctx.db.cost.rowsRead).toBeLessThanOrEqual(5)
  }
})

test('ask and resolve: one round trip, at most 20 rows', async () => {
  const call = tenant.as('service')
  const base = `/internal/v1/instances/${instance}/approvals`
  const body = { action: 'a', skill_slug: 's', customer_id: customer, serialized_intent: {}, idempotency_key: 'budget' }
  const asked = await call(`${base}/request`, { method: 'POST', body })
  const resolution = {
    action: 'approve',
    approval_ref: asked.body.approval_ref,
    pin_verified: true,
    resolver_role: 'customer',
  }
  const resolved = await call(`${base}/resolve`, { method: 'POST', body: resolution })
  for (const { status, cost } of [asked, resolved]) {
    expect([status < 300, cost.queries]).toEqual([true, 1])
    expect(cost.rowsRead).toBeLessThanOrEqual(20)
  }
  const leased = await call(`/internal/v1/instances/${instance}/outbox/lease`, { method: 'POST' })
  expect([leased.body.entries.length, leased.cost.queries]).toEqual([1, 1])
})

const filters = [
  '',
  'status=pending',
  'status=approved',
  'status=rejected',
  'status=expired',
  'kind=intent',
  'kind=claim',
  'kind=intent&status=pending',
  `customer_id=${customer}`,
  `customer_id=${customer}&status=pending`,
  `customer_id=${customer}&status=expired`,
  `customer_id=${customer}&kind=intent`,
]

test.each(filters)(
  'the dashboard by %j, first page or by cursor, with its total: one round trip, at most 3 × page + 20 rows',
  async (filter) => {
    const limit = 50
    for (const query of [`limit=${limit}&${filter}`, `limit=${limit}&${filter}&cursor=${middleOf('int')}`]) {
      const { status, body, cost } = await tenant.as('member')(`/v1/approvals?${query}`)
      expect([status, cost.queries]).toEqual([200, 1])
      expect(cost.rowsRead).toBeLessThanOrEqual(3 * limit + 20)
      expect(body.approvals).toHaveLength(Math.min(limit, body.total))
    }
  },
)

test.each([
  ['intent', '/v1/approvals?customer_id='],
  ['intent', '/v1/approvals?status=pending&customer_id='],
  ['intent', `/internal/v1/instances/${instance}/approvals/pending?customer_id=`],
  ['change', '/api/v1/approvals?entityId='],
  ['change', '/api/v1/approvals?entityType='],
  ['change', '/api/v1/approvals?status=all&entityType='],
  ['result', '/v1/structuring/results?gate_id='],
  ['result', '/v1/structuring/results?status=pending&gate_id='],
])('a list of %ss reads nothing of what other families are about under the same name: %s', async (kind, list) => {
  const own = await newTenant()
  const name = crypto.randomUUID()
  const others = ['change', 'intent', 'result'].filter((other) => other !== kind)
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
     INSERT INTO approvals (id, tenant_id, kind, status, title, requester_id, subject_type, subject_id, created_at, updated_at, digest, votes_needed)
     SELECT ?2 || kind.value || i, ?1, kind.value, 'pending', 'x', 'usr_z', ?2, ?2, i, i, printf('%064d', 0), 1 FROM n, json_each(?3) AS kind`,
  )
    .bind(own.id, name, JSON.stringify(others))
    .run()
  await own.as('admin')(list + crypto.randomUUID())
  const { status, cost } = await own.as('admin')(list + name)
  expect(status).toBe(200)
  expect(cost.rowsRead).toBeLessThanOrEqual(5)
})

test.each(filters)('the dashboard by %j is planned by an index that gives the order', async (filter) => {
  const { customer_id: customerId, ...rest } = Object.fromEntries<any>(new URLSearchParams(filter).entries())
  const { query } = selectPage(tenant.ctx('member'), { customerId, ...rest }, { limit: 50, offset: 0, after: null })
  const { db } = tenant.ctx('member')
  const plan = await db.run(db.all<{ detail: string }>(sql`EXPLAIN QUERY PLAN ${query}`))
  const steps = plan.map(({ detail }) => detail)
  const found = steps.filter((step) => / a USING INDEX approvals_/.test(step))
  // Not only what everybody sees, also what is restricted: what one asked for, what one sent, what one may vote on.
  const areAll = customerId === undefined && rest.kind === undefined
  const parts = areAll ? 4 : 1
  // Over all kinds, what is pending is merged from each of them.
  const more = areAll && (rest.status ?? 'pending') === 'pending' ? families.length - 1 : 0
  // What the clock has ended, and no sweep has seen, joins the others of its status, sorted.
  const byClock = ['expired', 'rejected'].includes(rest.status)
  expect(found.length).toBe(parts * (byClock ? 2 : rest.status ? 1 : 5) + more)
  // The page itself is gone through when it has been found; so is the list of what the caller may vote as.
  expect(steps.filter((step) => /^SCAN (?!a$|\(subquery|mine EXISTS VIRTUAL TABLE)/.test(step))).toEqual([])
  if (!byClock) expect(steps.filter((step) => step.includes('TEMP B-TREE'))).toEqual([])
})

test('all that are due in the same minute are expired within three sweeps, each once, also when sweeps overlap', async () => {
  const { meta } = await env.DB.prepare(
    "UPDATE approvals SET due_at = ? WHERE tenant_id = ? AND kind = 'intent' AND created_at < ? AND status = 'pending'",
  )
    .bind(Date.now() - 1, tenant.id, Math.ceil((due / 9) * 10) + 1)
    .run()
  expect(meta.changes).toBeGreaterThanOrEqual(due)
  let expired = 0
  for (const atOnce of [isLong ? 1 : 2, 2, 2]) {
    const sweeps = Array.from({ length: atOnce }, system)
    const done = await Promise.all(sweeps.map(expireDue))
    // One that is alone takes so many that 100,000 fit three.
    if (atOnce === 1) expect(done).toEqual([40_000])
    for (const one of done) expired += one
    // Forty steps, each a look and a transaction.
    for (const { db } of sweeps) expect(db.cost.queries).toBeLessThanOrEqual(81)
  }
  expect(expired).toBe(meta.changes)
  const { results } = await env.DB.prepare(
    "SELECT count(*) AS events, count(DISTINCT resource_id) AS subjects FROM events WHERE tenant_id = ? AND type = 'intent.expired'",
  )
    .bind(tenant.id)
    .all()
  expect(results).toEqual([{ events: expired, subjects: expired }])
  expect((await tenant.as('member')('/v1/approvals?status=expired&limit=1')).body.total).toBe(expired)
}, 120_000)

test.each(['', 'kind=intent&', 'kind=intent&status=expired&', 'status=expired&'])(
  'the dashboard by %j of a time: not counted, and read no further than the page',
  async (filter) => {
    // Those that have expired are among the first.
    const count = filter.includes('expired') ? due : stored
    for (const place of ['', `&cursor=${middleOf('int', count)}`]) {
      const query = `${filter}limit=50&${middleHalfOf(count)}${place}`
      const { status, body, cost } = await tenant.as('member')(`/v1/approvals?${query}`)
      expect([status, body.total, cost.queries]).toEqual([200, null, 1])
      expect(body.approvals).toHaveLength(50)
      expect(cost.rowsRead).toBeLessThanOrEqual(3 * 50 + 20)
    }
  },
)
