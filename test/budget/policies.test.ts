import { env } from 'cloudflare:workers'
import { beforeAll, expect, inject, test } from 'vitest'
import { storeRows } from '../support/stored-rows.ts'
import { newTenant, type Caller } from '../support/tenant.ts'

/* What policies cost in a tenant of many people; counted, never timed. */

const isLong = inject('isLong')
const people = 10_000
const members = 1_000
let admin: Caller

beforeAll(async () => {
  const tenant = await newTenant()
  admin = tenant.as('admin')
  await admin('/v1/me')
  await storeRows(people, (rows) => [
    env.DB.prepare(
      `${rows} INSERT INTO people (tenant_id, id, name, roles, groups, created_at, updated_at)
       SELECT ?, printf('usr_%05d', i), 'x', '["member"]', iif(i < ${members}, '["grp_big"]', '[]'), i, i FROM n`,
    ).bind(tenant.id),
  ])
  await storeRows(members, (rows) => [
    env.DB.prepare(
      `${rows} INSERT INTO groups (tenant_id, id, name, member_ids, created_at, updated_at)
       SELECT ?, 'grp_big', 'x', json_group_array(printf('usr_%05d', i)), 0, 0 FROM n`,
    ).bind(tenant.id),
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
  // Whoever changes a group looks keys up again.
  await admin('/v1/me')
  const after = await admin('/v1/policies?limit=50')
  expect([after.cost.queries, after.body.data[0].infeasible]).toEqual([2, 'peer'])
  expect(after.cost.rowsRead).toBeLessThanOrEqual(3 * 50 + 20 + 100)
})

test('a change of one person marks a tenant that has policies by one row', async () => {
  const one = await admin('/v1/people/usr_09999', { method: 'PATCH', body: { roles: ['reviewer'] } })
  expect([one.status, one.cost.queries]).toEqual([200, 2])
  expect(one.cost.rowsWritten).toBeLessThanOrEqual(12)
})

test('simulate looks at 100,000 approvals in one call, in a page of 1,000 for each query, and goes on after them', async () => {
  const { tenant_id } = (await env.DB.prepare('SELECT tenant_id FROM groups WHERE id = ?').bind('grp_big').first())!
  await env.DB.prepare('UPDATE policies SET deleted_at = 1').run()
  const count = isLong ? 100_500 : 5_500
  await storeRows(count, (rows) => [
    env.DB.prepare(
      `${rows} INSERT INTO approvals (id, tenant_id, kind, status, type, title, requester_id, created_at, updated_at, votes_needed, digest)
          SELECT printf('req_%08d', i), ?, 'request', 'pending', 'refund', 'x', printf('usr_%05d', i % 100), i, i, 1, printf('%064d', i) FROM n`,
    ).bind(tenant_id),
    env.DB.prepare(
      `${rows} INSERT INTO requests (approval_id, tenant_id, details, ref_scope, redeem_within)
          SELECT printf('req_%08d', i), ?, json_object('amount', i, 'note', 'a note as it is written'), '', 1 FROM n`,
    ).bind(tenant_id),
  ])
  const match = { kind: 'request', where: [{ field: '/amount', op: '>=', value: count / 2 }] }
  const body = { policy: { name: 'Big', match, stages }, since: '1970-01-01T00:00:00Z' }
  const { status, body: said, cost } = await admin('/v1/policies/simulate', { method: 'POST', body })
  const most = Math.min(count, 100_000)
  expect([status, said.considered]).toEqual([200, most])
  expect(said).toMatchObject({ matched: count / 2, asked_more: count / 2 })
  expect(cost.queries).toBeLessThanOrEqual(most / 1_000 + 3)
  expect(cost.rowsRead).toBeLessThanOrEqual(most * 4)
  if (!isLong) return expect(said.next).toBeNull()
  const rest = await admin('/v1/policies/simulate', { method: 'POST', body: { ...body, cursor: said.next } })
  expect(rest.body).toMatchObject({ considered: 500, matched: 0, next: null })
}, 600_000)
