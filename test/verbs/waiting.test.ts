import { expect, test } from 'vitest'
import { readInbox } from '../../src/desk/inbox.ts'
import { company, keyFor, post, refund, vote } from '../support/company.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'

/* What is listed as waiting for somebody: what they could decide, with the key that they have. */

/** What waits for somebody, whose key another may have made. */
async function waitingFor(tenant: Tenant, name: string, keyMadeBy: string | null, groups: string[] = []) {
  const ctx = tenant.ctx(name)
  const { rows } = await readInbox({ ...ctx, actor: { ...ctx.actor, keyMadeBy } }, { view: 'waiting', groups })
  return rows.map(({ id }) => id)
}

test('nothing waits for a key whose maker has asked for it', async () => {
  const tenant = await newTenant()
  const id = await refund(tenant.as('member'))
  expect(await waitingFor(tenant, 'reviewer', null)).toEqual([id])
  expect(await waitingFor(tenant, 'reviewer', 'usr_admin')).toEqual([id])
  expect(await waitingFor(tenant, 'reviewer', 'usr_member')).toEqual([])
})

test('under a policy nothing waits for a key whose maker has asked or voted', async () => {
  const { tenant, as, policy } = await company()
  await policy({ stages: [{ name: 'money', all: [{ group: 'grp_finance', approvals: 2 }] }] })
  const id = await refund(as('mia'))
  const groups = ['grp_finance']
  expect(await waitingFor(tenant, 'finn', 'usr_mia', groups)).toEqual([])
  expect(await waitingFor(tenant, 'finn', 'usr_fay', groups)).toEqual([id])
  expect(await vote(as('fay'), id)).toEqual([200, 'pending'])
  expect(await waitingFor(tenant, 'finn', null, groups)).toEqual([id])
  expect(await waitingFor(tenant, 'finn', 'usr_fay', groups)).toEqual([])
  expect(await waitingFor(tenant, 'fay', null, groups)).toEqual([])
})

test('nor does anything wait for the maker of a key that has voted on it', async () => {
  const { tenant, as, admin, policy } = await company()
  const all = [
    { group: 'grp_finance', approvals: 1 },
    { role: 'admin', approvals: 1 },
  ]
  await policy({ stages: [{ name: 'money', all }] })
  const id = await refund(as('mia'))
  expect(await waitingFor(tenant, 'admin', null)).toEqual([id])
  expect(await vote(await keyFor(admin, 'finn'), id)).toEqual([200, 'pending'])
  expect(await vote(admin, id)).toEqual([403, 'second_vote'])
  expect(await waitingFor(tenant, 'admin', null)).toEqual([])
})

test('the customer who is named for the last word has no vote in the stages, so nothing waits for them', async () => {
  const { tenant, as, policy } = await company()
  const stages = [{ name: 'money', all: [{ group: 'grp_finance', approvals: 1 }] }]
  await policy({ match: { kind: 'intent', action: 'refund' }, stages })
  const instance = `/internal/v1/instances/${crypto.randomUUID()}/approvals`
  const call = { action: 'refund', skill_slug: 'pay', customer_id: crypto.randomUUID(), serialized_intent: {} }
  const asked = { ...call, approver_role: 'customer', approver_person_id: 'usr_fay' }
  await post(tenant.as('agent', ['service']), `${instance}/request`, asked)
  const [{ id }] = (await as('finn')('/v1/approvals?kind=intent')).body.approvals
  expect(await vote(as('fay'), id)).toEqual([403, 'wrong_resolver'])
  const groups = ['grp_finance']
  expect(await waitingFor(tenant, 'fay', null, groups)).toEqual([])
  expect(await waitingFor(tenant, 'finn', null, groups)).toEqual([id])
})
