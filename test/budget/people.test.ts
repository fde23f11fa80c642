import { env } from 'cloudflare:workers'
import { beforeAll, expect, test } from 'vitest'
import { middleOf, storedOthers } from '../support/scale.ts'
import { storeRows } from '../support/stored-rows.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'

/* What people, groups and keys cost beside many; counted, never timed. */

let tenant: Tenant
const pages = 50

beforeAll(async () => {
  tenant = await newTenant()
  await tenant.as('admin')('/v1/me')
  await storeRows(storedOthers, (rows) =>
    [
      `INSERT INTO people (tenant_id, id, name, roles, created_at, updated_at)
        SELECT ?, printf('usr_%08d', i), 'x', '["member"]', i, i FROM n`,
      `INSERT INTO groups (tenant_id, id, name, created_at, updated_at)
        SELECT ?, printf('grp_%08d', i), 'x', i, i FROM n`,
      `INSERT INTO api_keys (hash, id, tenant_id, person_id, name, roles, created_at, created_by)
        SELECT printf('%064d', i), printf('key_%08d', i), ?, printf('usr_%08d', i), 'x', '["member"]', i, 'x' FROM n`,
    ].map((insert) => env.DB.prepare(`${rows} ${insert}`).bind(tenant.id)),
  )
}, 600_000)

test.each([
  ['/v1/people', 'usr'],
  ['/v1/groups', 'grp'],
  ['/v1/api-keys', 'key'],
])('%s: one is a handful of rows, a page what it shows, at any depth', async (path, prefix) => {
  const admin = tenant.as('admin')
  const one = await admin(`${path}/${prefix}_00000007`)
  expect([one.status, one.cost.queries]).toEqual([200, 1])
  expect(one.cost.rowsRead).toBeLessThanOrEqual(10)
  for (const query of ['', `&cursor=${middleOf(prefix, storedOthers)}`]) {
    const { status, body, cost } = await admin(`${path}?limit=${pages}${query}`)
    expect([status, body.data.length, cost.queries]).toEqual([200, pages, 1])
    expect(cost.rowsRead).toBeLessThanOrEqual(3 * pages + 20)
  }
})

test('creating one is one round trip, and few rows', async () => {
  const admin = tenant.as('admin')
  const member = 'usr_00000007'
  for (const [path, body] of [
    ['/v1/people', { name: 'Ada', groups: ['grp_00000007'] }],
    ['/v1/groups', { name: 'A', member_ids: [member] }],
    ['/v1/api-keys', { person_id: member, name: 'Laptop', roles: ['member'] }],
  ] as const) {
    await admin('/v1/me')
    const { status, cost } = await admin(path, { method: 'POST', body, headers: { 'Idempotency-Key': path } })
    expect([path, status, cost.queries]).toEqual([path, 201, 1])
    expect(cost.rowsRead).toBeLessThanOrEqual(20)
    expect(cost.rowsWritten).toBeLessThanOrEqual(12)
  }
})

test('who one is, and whether an admin key stays, is read in a handful of rows', async () => {
  const admin = tenant.as('admin')
  await admin('/v1/people')
  const me = await admin('/v1/me')
  expect([me.cost.queries, me.cost.rowsRead <= 10]).toEqual([1, true])
  const [key] = (await admin(`/v1/api-keys?limit=1&cursor=${btoa('[1,""]').replace(/=+$/, '')}`)).body.data
  const kept = await admin(`/v1/api-keys/${key.id}`, { method: 'DELETE' })
  expect([kept.status, kept.cost.queries]).toEqual([409, 1])
  expect(kept.cost.rowsRead).toBeLessThanOrEqual(20)
})
