import { env } from 'cloudflare:workers'
import { beforeAll, expect, test } from 'vitest'
import { advanceBatch, stepSize } from '../../src/claims/advance-batch.ts'
import { systemContext } from '../../src/context.ts'
import { maintain } from '../../src/maintenance/maintain.ts'
import { pokeBatches } from '../../src/claims/poke-batches.ts'
import { submitClaims } from '../support/batches.ts'
import { company } from '../support/company.ts'
import { idAt, isLong, middleHalf, middleOf, stored } from '../support/scale.ts'
import { storeRows } from '../support/stored-rows.ts'
import { newTenant, type Caller, type Tenant } from '../support/tenant.ts'

/* The cost budget, counted and never timed: round trips and rows read, beside many stored approvals. */

const trip = { description: 'Train to Bern', amount: 4250, currency: 'CHF' }
let tenant: Tenant

beforeAll(async () => {
  tenant = await newTenant()
  const digest = '0'.repeat(64)
  await storeRows(stored, (rows) => [
    env.DB.prepare(
      `${rows} INSERT INTO approvals (id, tenant_id, kind, status, title, requester_id, created_at, updated_at, digest, votes_needed, decided_by, decided_at)
         SELECT printf('clm_%08d', i), ?1, 'claim', iif(i % 10, 'pending', 'approved'), 'x', 'usr_' || (i % 100), i, i, ?2, 1, iif(i % 10, NULL, 'usr_z'), iif(i % 10, NULL, i) FROM n`,
    ).bind(tenant.id, digest),
    env.DB.prepare(
      `${rows} INSERT INTO claims (approval_id, tenant_id, description, amount, currency) SELECT printf('clm_%08d', i), ?1, 'x', 1, 'EUR' FROM n`,
    ).bind(tenant.id),
  ])
  // The next requests find the key in the isolate's cache, as all but one in thirty seconds do.
  for (const role of ['member', 'coordinator'] as const) await tenant.as(role)('/api/v1/claims/clm_none')
}, 600_000)

test('GET one: one round trip, at most 10 rows', async () => {
  const { cost } = await tenant.as('member')(`/api/v1/claims/${idAt('clm', stored / 2 + 1)}`)
  expect(cost.queries).toBe(1)
  expect(cost.rowsRead).toBeLessThanOrEqual(10)
})

test('create and decide: one round trip, at most 20 rows; a lost race no more than two', async () => {
  const made = await tenant.as('member')('/api/v1/claims', {
    method: 'POST',
    body: trip,
    headers: { 'Idempotency-Key': 'budget' },
  })
  const approve = (name: string) =>
    tenant.as(name, ['coordinator'])(`/api/v1/claims/${made.body.claim_id}/approve`, { method: 'POST' })
  await tenant.as('late', ['coordinator'])('/api/v1/claims/clm_none')
  const won = await approve('coordinator')
  for (const { status, cost } of [made, won]) {
    expect([status < 300, cost.queries]).toEqual([true, 1])
    expect(cost.rowsRead).toBeLessThanOrEqual(20)
  }
  const lost = await approve('late')
  expect(lost.status).toBe(409)
  expect(lost.cost.queries).toBeLessThanOrEqual(2)
})

test.each([
  '',
  'status=pending',
  'status=withdrawn',
  'claimant_id=usr_7',
  'claimant_id=usr_7&status=pending',
  'claimant_id=usr_nobody',
])(
  'a page of claims by %j, first or by cursor, with its total: one round trip, at most 3 × page + 20 rows',
  async (filter) => {
    const limit = 50
    const first = await tenant.as('member')(`/api/v1/claims?limit=${limit}&${filter}`)
    const answers = [first]
    const link = /<(.*)>/.exec(first.headers.get('Link') ?? '')?.[1]
    if (link) answers.push(await tenant.as('member')(new URL(link).pathname + new URL(link).search))
    answers.push(await tenant.as('member')(`/api/v1/claims?limit=${limit}&${filter}&cursor=${middleOf('clm')}`))
    for (const { status, cost } of answers) {
      expect([status, cost.queries]).toEqual([200, 1])
      expect(cost.rowsRead).toBeLessThanOrEqual(3 * limit + 20)
    }
    expect(first.body.data).toHaveLength(Math.min(limit, first.body.pagination.total))
  },
)

test('the total of every list is right without being counted', async () => {
  const total = async (filter: string) =>
    (await tenant.as('member')(`/api/v1/claims?limit=1&${filter}`)).body.pagination.total
  const counted = async (where: string) =>
    (await env.DB.prepare(`SELECT count(*) AS n FROM approvals WHERE tenant_id = ? AND ${where}`)
      .bind(tenant.id)
      .first<{ n: number }>())!.n
  expect(await total('')).toBe(await counted('1'))
  expect(await total('status=pending')).toBe(await counted("status = 'pending'"))
  expect(await total('claimant_id=usr_7&status=pending')).toBe(
    await counted("status = 'pending' AND requester_id = 'usr_7'"),
  )
})

/** What it costs to run a batch of all these claims, in steps. */
async function costOf(tenantId: string, coordinator: Caller, claim_ids: readonly string[], meanwhile?: () => unknown) {
  const process_at = new Date(Date.now() + 3_600_000).toISOString()
  const accepted = await coordinator('/api/v1/approval-batches', { method: 'POST', body: { claim_ids, process_at } })
  const { batch_id } = accepted.body
  await meanwhile?.()
  await env.DB.prepare('UPDATE batches SET process_at = 1 WHERE id = ?').bind(batch_id).run()
  let { queries, rowsRead } = accepted.cost
  let steps = 0
  for (let status = 'pending'; status !== 'completed'; steps += 1) {
    const ctx = systemContext(env, 'system:batch-runner', Date.now(), tenantId)
    status = (await advanceBatch(ctx, batch_id))!.status
    queries += ctx.db.cost.queries
    rowsRead += ctx.db.cost.rowsRead
  }
  const counted = 'SELECT approved_count FROM batches WHERE id = ?'
  const { approved_count } = (await env.DB.prepare(counted).bind(batch_id).first<{ approved_count: number }>())!
  return { steps, queries, rowsRead, approved_count }
}

test('a batch, of 10,000 claims in the long run: at most 3 round trips per 500 claims and 12 rows read per claim, all in all', async () => {
  const many = isLong ? 10_000 : 2 * stepSize
  const fresh = await newTenant()
  const ids = await submitClaims(fresh.as('member'), many)
  await fresh.as('coordinator')('/api/v1/claims/clm_none')
  const { steps, queries, rowsRead } = await costOf(fresh.id, fresh.as('coordinator'), ids)
  expect(steps).toBe(many / stepSize)
  expect(queries).toBeLessThanOrEqual(3 * (many / 500))
  expect(rowsRead / many).toBeLessThanOrEqual(12)
})

const financeOnce = { group: 'grp_finance', approvals: 1 }
const supportOnce = { group: 'grp_support', approvals: 1 }
const oneOf = (...approver_roles: string[]) => ({ required_approvals: 1, approver_roles })
const stages = (...all: object[]) => ({ stages: all.map((one, at) => ({ name: `${at}`, all: [one] })) })

/** What governs all claims or every second, what becomes of the coordinator, and whether those are approved. */
const combinations: [what: string, policy: object, more?: { change?: object; isHalf?: true; isApproved?: false }][] = [
  ['one requirement of a role that its coordinator has', oneOf('coordinator')],
  ['one of three roles', oneOf('coordinator', 'admin', 'reviewer')],
  ['one of a group that its coordinator is in', stages(financeOnce)],
  ['one, for half of them', stages(financeOnce), { isHalf: true }],
  ['one of a role that its coordinator loses', oneOf('coordinator'), { change: { roles: [] }, isApproved: false }],
  ['one, and its coordinator is disabled', stages(financeOnce), { change: { disabled: true }, isApproved: false }],
  ['one that its coordinator does not fulfil', stages(supportOnce), { isApproved: false }],
  ['the same for half of them', stages(supportOnce), { isHalf: true, isApproved: false }],
  ['two', { stages: [{ name: 'both', all: [financeOnce, supportOnce] }] }, { isApproved: false }],
  ['two stages', stages(financeOnce, supportOnce), { isApproved: false }],
]

// Whatever is stored beside them: the short run shows it.
test.skipIf(isLong).each(combinations)('the same where a policy governs them: %s', async (_, body, more = {}) => {
  const { change, isHalf = false, isApproved = true } = more
  const { tenant, admin, as, policy } = await company()
  await admin('/v1/people/usr_fay', { method: 'PATCH', body: { roles: ['coordinator'] } })
  const ungoverned = isHalf ? await submitClaims(as('mia'), stepSize / 2) : []
  // A tenant has many versions of its policies: what its coordinator fulfils of them is read once a step.
  const { id } = await policy({ name: 'Claims', match: { kind: 'claim' }, ...body })
  for (let n = 0; n < 20; n += 1) await admin(`/v1/policies/${id}`, { method: 'PATCH', body: { name: `Claims ${n}` } })
  const governed = await submitClaims(as('mia'), isHalf ? stepSize / 2 : stepSize)
  const ids = isHalf ? governed.flatMap((one, at) => [one, ungoverned[at]!]) : governed
  const fay = tenant.as('fay', ['coordinator'])
  const cost = await costOf(tenant.id, fay, ids, async () => {
    if (change) await admin('/v1/people/usr_fay', { method: 'PATCH', body: change })
  })
  expect([cost.steps, cost.approved_count]).toEqual([1, isApproved ? ids.length : ungoverned.length])
  expect(cost.queries).toBeLessThanOrEqual(3 * (ids.length / 500))
  expect(cost.rowsRead / ids.length).toBeLessThanOrEqual(12)
})

test('a sweep with nothing due: one round trip, at most 5 rows, whatever is pending', async () => {
  await maintain(env, Date.now())
  const ctx = systemContext(env, 'system:maintenance', Date.now())
  await pokeBatches(ctx)
  expect(ctx.db.cost.queries).toBe(1)
  expect(ctx.db.cost.rowsRead).toBeLessThanOrEqual(5)
})

test.each(['', 'status=pending&'])(
  'claims by %j of a time: not counted, and read no further than the page',
  async (filter) => {
    // A test before this one makes a group, after which keys are looked up again.
    await tenant.as('member')('/v1/me')
    for (const place of ['', `&cursor=${middleOf('clm')}`, '&page=3']) {
      const query = `${filter}limit=50&${middleHalf}${place}`
      const { status, body, cost } = await tenant.as('member')(`/api/v1/claims?${query}`)
      expect([status, body.data.length, body.pagination.total, cost.queries]).toEqual([200, 50, null, 1])
      expect(cost.rowsRead).toBeLessThanOrEqual(3 * 50 * (place === '&page=3' ? 3 : 1) + 20)
      for (const { created_at } of body.data) {
        expect(Date.parse(created_at)).toBeGreaterThanOrEqual(stored / 4)
        expect(Date.parse(created_at)).toBeLessThan((stored * 3) / 4)
      }
    }
  },
)

test('a claim by its external_ref: a handful of rows', async () => {
  const body = { ...trip, external_ref: 'ref-1' }
  const made = await tenant.as('member')('/api/v1/claims', { method: 'POST', body })
  for (const [filter, total] of [
    ['', 1],
    ['&status=pending', 1],
    ['&status=rejected', 0],
  ] as const) {
    const found = await tenant.as('member')(`/api/v1/claims?external_ref=ref-1${filter}`)
    expect(found.body.pagination.total).toBe(total)
    expect(found.body.data.map((one: any) => one.claim_id)).toEqual(total === 1 ? [made.body.claim_id] : [])
    expect(found.cost.rowsRead).toBeLessThanOrEqual(20)
  }
})
