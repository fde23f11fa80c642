import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { company, no, peerThenMoney, post, refund, vote } from '../support/company.ts'

/* Whom something waits for is kept beside it, so that an inbox finds it. */

async function audienceOf(id: string): Promise<string[]> {
  const { results } = await env.DB.prepare('SELECT capacity, due FROM audience WHERE id = ? ORDER BY capacity')
    .bind(id)
    .all<{ capacity: string; due: number }>()
  const { due_at } = (await env.DB.prepare('SELECT due_at FROM approvals WHERE id = ?')
    .bind(id)
    .first<{ due_at: number | null }>())!
  for (const one of results) expect(one.due).toBe(due_at ?? Number.MAX_SAFE_INTEGER)
  return results.map(({ capacity }) => capacity)
}

test('it is whoever the open stage names, stage by stage, until it is decided', async () => {
  const { admin, as, policy } = await company()
  await policy({ stages: peerThenMoney })
  const id = await refund(as('mia'))
  expect(await audienceOf(id)).toEqual(['group:grp_support'])
  await vote(as('sam'), id)
  expect(await audienceOf(id)).toEqual(['group:grp_finance', 'role:admin'])
  await vote(as('fay'), id)
  expect(await audienceOf(id)).toEqual(['group:grp_finance', 'role:admin'])
  expect(await vote(admin, id)).toEqual([200, 'approved'])
  expect(await audienceOf(id)).toEqual([])
})

test('an amendment asks whom the policy names that is for it now, by its clock', async () => {
  const { as, policy } = await company()
  const match = { kind: 'request', type: 'refund', where: [{ field: '/amount', op: '>', value: 1_000 }] }
  const money = [{ name: 'money', all: [{ group: 'grp_finance', approvals: 1 }] }]
  await policy({ match, stages: money, expires: { after_hours: 1, then: 'expire' } })
  await policy({ name: 'Others', priority: 200, stages: peerThenMoney })
  const id = await refund(as('mia'), { details: { amount: 10 } })
  const amend = (amount: number) => as('mia')(`/v1/requests/${id}`, { method: 'PATCH', body: { details: { amount } } })
  expect((await amend(2_000)).status).toBe(200)
  expect(await audienceOf(id)).toEqual(['group:grp_finance'])
  expect((await amend(2_001)).status).toBe(200)
  expect(await audienceOf(id)).toEqual(['group:grp_finance'])
  expect((await amend(11)).status).toBe(200)
  expect(await audienceOf(id)).toEqual(['group:grp_support'])
  expect((await as('mia')(`/v1/requests/${id}`, { method: 'DELETE' })).status).toBeLessThan(300)
  expect(await audienceOf(id)).toEqual([])
})

test('it is nobody of many either, when a no has decided', async () => {
  const { admin, as, policy } = await company()
  const groups = Array.from({ length: 7 }, (_, n) => `grp_${n}`)
  for (const id of groups)
    await post(admin, '/v1/groups', { id, name: id, member_ids: ['usr_sam', 'usr_sue', 'usr_fay'] })
  const two = groups.slice(0, 6).map((group) => ({ group, approvals: 1 }))
  const people = ['usr_1', 'usr_2', 'usr_3', 'usr_4', 'usr_5', 'usr_6', 'usr_7']
  for (const id of people) await post(admin, '/v1/people', { id, name: id, roles: ['member'], groups })
  await policy({ stages: [{ name: 'all', all: two }] })
  const id = await refund(as('mia'))
  expect(await audienceOf(id)).toEqual(groups.slice(0, 6).map((group) => `group:${group}`))
  expect(await no(as('sam'), id)).toEqual([200, 'rejected'])
  expect(await audienceOf(id)).toEqual([])
})
