import { expect, test } from 'vitest'
import { company, no, peerThenMoney, post, refund, said, staff, vote, type Company } from '../support/company.ts'
import type { Caller } from '../support/tenant.ts'

/* What is restricted under a policy: whoever may vote on it sees it, whoever else decides such without one does not. */

const at = (id: string, more = '') => `/v1/approvals/${id}${more}`
const lists = ['/v1/requests', '/v1/requests?type=refund', '/v1/approvals', '/v1/approvals?kind=request']

/** What somebody is shown of requests: by each list, and how many the total says. */
async function shown(by: Caller, query = ''): Promise<string[]> {
  const found: string[][] = []
  for (const path of lists) {
    const { body } = await by(`${path}${path.includes('?') ? '&' : '?'}${query}`)
    found.push((body.data ?? body.approvals).map(({ id }: { id: string }) => id))
  }
  const totals = [
    (await by(`/v1/requests?${query}`)).body.pagination.total,
    (await by(`/v1/approvals?${query}`)).body.total,
  ]
  expect(found).toEqual(found.map(() => found[0]))
  expect(totals).toEqual([found[0]!.length, found[0]!.length])
  return found[0]!
}

/** Whether there is such an approval for somebody, wherever they look for it. */
async function isThere(by: Caller, id: string): Promise<boolean> {
  const looks = [at(id), at(id, '/explain'), at(id, '/events'), at(id, '/decision'), `/v1/requests/${id}`]
  const answers = await Promise.all(looks.map((path) => by(path)))
  const statuses = new Set(answers.map(({ status }) => status))
  expect(statuses.size).toBe(1)
  return statuses.has(200)
}

/** Everybody by name: two who decide requests without a policy, one who does not, and who is in the groups. */
function everybody({ tenant, admin, as }: Company): Record<string, Caller> {
  const deciders = (['reviewer', 'coordinator'] as const).map((role) => [role, tenant.as(role)] as const)
  const members = [...staff.support, ...staff.finance, 'mia', 'max'].map((name) => [name, as(name)] as const)
  return { admin, ...Object.fromEntries([...deciders, ...members]) }
}

const restricted = { restricted: true }

test('whoever may vote in any stage sees it, with who asked and admins, and nobody else', async () => {
  const office = await company()
  await office.policy({
    stages: [peerThenMoney[0], { name: 'money', all: [{ group: 'grp_finance', approvals: 1 }] }],
    ...restricted,
  })
  const id = await refund(office.as('mia'))
  const sent = await refund(office.tenant.as('agent', ['service']), { requester_id: 'usr_mia' })
  const open = await refund(office.as('mia'), { type: 'other' })
  for (const [name, by] of Object.entries(everybody(office))) {
    const sees = !['reviewer', 'coordinator', 'max'].includes(name)
    expect([name, await isThere(by, id)]).toEqual([name, sees])
    const all = sees ? [open, sent, id] : [open]
    expect([name, await by('/v1/requests').then(({ body }) => body.data.map((one: any) => one.id))]).toEqual([
      name,
      all,
    ])
    expect((await by('/v1/requests')).body.pagination.total).toBe(all.length)
    expect((await by('/v1/approvals')).body.total).toBe(all.length)
  }
  expect(
    await office.tenant
      .as('agent', ['service'])('/v1/requests')
      .then(({ body }) => body.data.map((one: any) => one.id)),
  ).toEqual([open, sent])
  expect(await vote(office.tenant.as('reviewer'), id)).toEqual([404, 'not_found'])
  expect(await no(office.as('max'), id)).toEqual([404, 'not_found'])
  expect(await vote(office.as('sam'), id)).toEqual([200, 'pending'])
  expect(await vote(office.as('fay'), id)).toEqual([200, 'approved'])
  expect(await isThere(office.as('sue'), id)).toBe(true)
})

test('without a policy whoever decides the kind sees it; with one, lists and totals follow', async () => {
  const office = await company()
  const { as, tenant, admin, policy } = office
  const [reviewer, fay] = [tenant.as('reviewer'), as('fay')]
  const before = await refund(as('mia'), restricted)
  await policy({ stages: [{ name: 'money', all: [{ group: 'grp_finance', approvals: 1 }] }] })
  const under = await refund(as('mia'), restricted)
  const own = await refund(tenant.as('reviewer'), restricted)
  expect(await shown(reviewer)).toEqual([own, before])
  expect(await shown(fay)).toEqual([own, under])
  expect(await shown(as('mia'))).toEqual([under, before])
  expect(await shown(as('max'))).toEqual([])
  expect(await shown(admin)).toEqual([own, under, before])
  // Amended, it falls under the policy that is for it now.
  expect(said(await as('mia')(`/v1/requests/${before}`, { method: 'PATCH', body: { title: 'Another' } }))).toEqual([
    200,
    'pending',
  ])
  expect(await shown(reviewer)).toEqual([own])
  expect(await shown(fay)).toEqual([own, under, before])
  // And when it is decided it stays with them.
  expect(await vote(fay, under)).toEqual([200, 'approved'])
  expect(await shown(fay, 'status=approved')).toEqual([under])
  expect(await shown(fay, 'status=pending')).toEqual([own, before])
  expect(await shown(reviewer, 'status=approved')).toEqual([])
})

test('what becomes restricted by an amendment is gone for those who may not vote on it', async () => {
  const office = await company()
  const { as, tenant, policy } = office
  const where = [{ field: '/amount', op: '>', value: 1000 }]
  const match = { kind: 'request', type: 'refund', where }
  await policy({ match, stages: [{ name: 'money', all: [{ group: 'grp_finance', approvals: 1 }] }], ...restricted })
  const id = await refund(as('mia'), { details: { amount: 10 } })
  for (const by of [tenant.as('reviewer'), as('fay'), as('max')]) expect(await shown(by)).toEqual([id])
  await as('mia')(`/v1/requests/${id}`, { method: 'PATCH', body: { details: { amount: 5000 } } })
  for (const by of [tenant.as('reviewer'), as('max')]) expect(await shown(by)).toEqual([])
  for (const by of [as('fay'), as('mia')]) expect(await shown(by)).toEqual([id])
  // What was restricted once stays so, also where no policy is for it any more.
  await as('mia')(`/v1/requests/${id}`, { method: 'PATCH', body: { details: { amount: 10 } } })
  expect(await shown(as('fay'))).toEqual([])
  expect(await shown(tenant.as('reviewer'))).toEqual([id])
})

test('what an amendment restricts keeps its reference only if no other restricted one of its requester has it', async () => {
  const { as, policy } = await company()
  const where = [{ field: '/secret', op: '==', value: true }]
  const match = { kind: 'request', type: 'refund', where }
  await policy({ match, stages: [{ name: 'money', all: [{ group: 'grp_finance', approvals: 1 }] }], ...restricted })
  const [open, secret] = [{ secret: false }, { secret: true }].map((details) => ({ external_ref: 'run-42', details }))
  const first = await refund(as('mia'), secret)
  const second = await refund(as('mia'), open)
  const amended = (by: Caller, id: string) =>
    by(`/v1/requests/${id}`, { method: 'PATCH', body: { details: { secret: true } } })
  const existing = [{ external_ref: 'run-42', request_id: first }]
  for (const _ of [1, 2]) {
    const answer = await amended(as('mia'), second)
    expect(answer).toMatchObject({ status: 409, body: { code: 'duplicate_external_ref', existing } })
  }
  expect((await as('mia')(`/v1/requests/${second}`)).body).toMatchObject({ revision: 1, details: { secret: false } })
  // Nobody else has that among theirs.
  await refund(as('max'), { ...secret, external_ref: 'run-43' })
  const theirs = await refund(as('mia'), { ...open, external_ref: 'run-43' })
  expect((await amended(as('mia'), theirs)).body).toMatchObject({ restricted: true, revision: 2 })
})

test('whoever joins the group sees it, whoever leaves does not; a reference finds it for them only', async () => {
  const { as, tenant, admin, policy } = await company()
  await policy({ stages: [{ name: 'money', all: [{ group: 'grp_finance', approvals: 1 }] }], ...restricted })
  const id = await refund(as('mia'), { external_ref: 'run-42' })
  const found = async (by: Caller) => (await by('/v1/requests?external_ref=run-42')).body.data.map((one: any) => one.id)
  const isIn = (groups: string[]) => admin('/v1/people/usr_sam', { method: 'PATCH', body: { groups } })
  expect([await shown(as('sam')), await found(as('sam'))]).toEqual([[], []])
  await isIn(['grp_finance'])
  expect([await shown(as('sam')), await found(as('sam'))]).toEqual([[id], [id]])
  await isIn([])
  expect([await shown(as('sam')), await found(as('sam'))]).toEqual([[], []])
  expect([await found(as('mia')), await found(admin), await found(tenant.as('reviewer'))]).toEqual([[id], [id], []])
})

test('who waits for the decision is told it, whoever else is not', async () => {
  const { as, tenant, policy } = await company()
  await policy({ stages: [{ name: 'money', all: [{ group: 'grp_finance', approvals: 1 }] }], ...restricted })
  const id = await refund(as('mia'))
  const wait = (by: Caller) => by(at(id, '/decision?wait=20'))
  const told = Promise.all([as('mia'), as('finn'), tenant.as('reviewer'), as('max')].map(wait))
  expect((await post(as('fay'), at(id, '/approve'))).status).toBe(200)
  expect((await told).map(({ status }) => status)).toEqual([200, 200, 404, 404])
})
