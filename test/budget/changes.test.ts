import { env } from 'cloudflare:workers'
import { beforeAll, expect, test } from 'vitest'
import { middleHalf, middleOf, stored } from '../support/scale.ts'
import { storeRows } from '../support/stored-rows.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'

/* The cost budget of changes, beside many stored approvals, counted and never timed. */

const path = '/api/v1/approvals'
let tenant: Tenant

beforeAll(async () => {
  tenant = await newTenant()
  const digest = '0'.repeat(64)
  await storeRows(stored, (rows) => [
    env.DB.prepare(
      `${rows} INSERT INTO approvals (id, tenant_id, kind, status, title, requester_id, subject_type, subject_id, created_at, updated_at, digest, votes_needed, decided_by, decided_at)
         SELECT printf('approval_%08d', i), ?1, 'change', iif(i % 10, 'pending', 'approved'), 'x', 'usr_' || (i % 100), 'offer', 'of_' || (i % 1000), i, i, ?2, 1, iif(i % 10, NULL, 'usr_z'), iif(i % 10, NULL, i) FROM n`,
    ).bind(tenant.id, digest),
    env.DB.prepare(
      `${rows} INSERT INTO changes SELECT printf('approval_%08d', i), ?1, 'offer', 'of_' || (i % 1000), 'x', 'update', '{"a":1}', 'x', 1, 1 FROM n`,
    ).bind(tenant.id),
  ])
  await tenant.as('admin')('/api/v1/entities/offer/of_1', {
    method: 'PUT',
    body: { entityName: 'Offer', data: { a: 0 } },
  })
  for (const role of ['member', 'admin'] as const) await tenant.as(role)(`${path}/none`)
}, 600_000)

test('ask, read, resolve: one round trip each', async () => {
  const body = { entityType: 'offer', entityId: 'of_1', entityName: 'Offer', action: 'update', payload: { a: 1 } }
  const asked = await tenant.as('member')(path, { method: 'POST', body, headers: { 'Idempotency-Key': 'budget' } })
  const read = await tenant.as('member')(`${path}/${asked.body.id}`)
  const resolved = await tenant.as('admin')(`${path}/${asked.body.id}`, { method: 'POST', body: { action: 'approve' } })
  expect([asked.status, read.status, resolved.status]).toEqual([201, 200, 200])
  expect([asked.cost.queries, read.cost.queries, resolved.cost.queries]).toEqual([1, 1, 1])
  expect(asked.cost.rowsRead).toBeLessThanOrEqual(20)
  expect(read.cost.rowsRead).toBeLessThanOrEqual(10)
  expect(resolved.cost.rowsRead).toBeLessThanOrEqual(20)
})

test.each([
  '',
  'status=all',
  'status=withdrawn',
  'entityId=of_7',
  'entityId=of_7&status=all',
  'entityType=offer',
  'entityType=none',
  'requesterId=usr_7',
  'entityType=offer&entityId=of_7',
])('a page of changes by %j, first or by cursor: one round trip, at most 3 × page + 20 rows', async (filter) => {
  for (const limit of [1, 8, 50, 100]) {
    for (const query of [`limit=${limit}&${filter}`, `limit=${limit}&${filter}&cursor=${middleOf('approval')}`]) {
      const { status, cost } = await tenant.as('member')(`${path}?${query}`)
      expect([status, cost.queries]).toEqual([200, 1])
      expect(cost.rowsRead).toBeLessThanOrEqual(3 * limit + 20)
    }
  }
})

test('changes of a time are read no further than the page', async () => {
  const camel = middleHalf.replace('created_from', 'createdFrom').replace('created_before', 'createdBefore')
  for (const query of ['', '&status=all', `&cursor=${middleOf('approval')}`]) {
    const { status, body, cost } = await tenant.as('member')(`/api/v1/approvals?limit=50&${camel}${query}`)
    expect([status, body.length, cost.queries]).toEqual([200, 50, 1])
    expect(cost.rowsRead).toBeLessThanOrEqual(3 * 50 + 20)
  }
})
