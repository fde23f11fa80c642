import { env } from 'cloudflare:workers'
import { beforeAll, expect, test } from 'vitest'
import { newTenant, type Caller } from '../support/tenant.ts'

/* What policies cost in a tenant of many people; counted, never timed. */

const people = 10_000
const members = 1_000
let admin: Caller

beforeAll(async () => {
  const tenant = await newTenant()
  admin = tenant.as('admin')
  await admin('/v1/me')
  const rows = 'WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2)'
  const insert = (text: string, count: number) => env.DB.prepare(`${rows} ${text}`).bind(tenant.id, count)
  await env.DB.batch([
    insert(
      `INSERT INTO people (tenant_id, id, name, roles, groups, created_at, updated_at)
        SELECT ?1, printf('usr_%05d', i), 'x', '["member"]', iif(i < ${members}, '["grp_big"]', '[]'), i, i FROM n`,
      people,
    ),
    insert(
      `INSERT INTO groups (tenant_id, id, name, member_ids, created_at, updated_at)
        SELECT ?1, 'grp_big', 'x', json_group_array(printf('usr_%05d', i)), 0, 0 FROM n`,
      members,
    ),
  ])
}, 60_000)

const stages = [
  { name: 'peer', all: [{ group: 'grp_big', approvals: 9 }] },
  { name: 'boss', all: [{ role: 'admin', approvals: 1 }] },
]

test('whether people can fulfil a policy is known by a few of each group and role, in two round trips', async () => {
  const { status, cost } = await admin('/v1/policies', { method: 'POST', body: { name: 'A', stages } })
  expect([status, cost.queries]).toEqual([201, 2])
  expect(cost.rowsRead).toBeLessThanOrEqual(100)
  expect(cost.rowsWritten).toBeLessThanOrEqual(12)
})

test('a page of policies is one round trip; two where people have changed since somebody looked', async () => {
  for (let n = 0; n < 50; n += 1) await admin('/v1/policies', { method: 'POST', body: { name: `${n}`, stages } })
  await env.DB.prepare('DELETE FROM unchecked_policies').run()
  const page = await admin('/v1/policies?limit=50')
  expect([page.body.data.length, page.cost.queries]).toEqual([50, 1])
  expect(page.cost.rowsRead).toBeLessThanOrEqual(3 * 50 + 20)
  const left = await admin('/v1/groups/grp_big', { method: 'PATCH', body: { member_ids: ['usr_00001'] } })
  expect(left.status).toBe(200)
  const after = await admin('/v1/policies?limit=50')
  expect([after.cost.queries, after.body.data[0].infeasible]).toEqual([2, 'peer'])
  expect(after.cost.rowsRead).toBeLessThanOrEqual(3 * 50 + 20 + 100)
})

test('a change of one person marks a tenant that has policies by one row', async () => {
  const one = await admin('/v1/people/usr_09999', { method: 'PATCH', body: { roles: ['reviewer'] } })
  expect([one.status, one.cost.queries]).toEqual([200, 2])
  expect(one.cost.rowsWritten).toBeLessThanOrEqual(12)
})
