import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { newTenant, type Caller, type Tenant } from '../support/tenant.ts'

const usual = { channel: null, allow_self_approval: false, allow_edit: false, restricted: false, expires: null }
const stages = [
  { name: 'peer', all: [{ group: 'grp_support', approvals: 1 }] },
  { name: 'money', all: [{ group: 'grp_finance', approvals: 2 }] },
]
const big = { field: '/amount', op: '>', value: 1000 }

/** A tenant with support (Sam, Sue) and finance (Fay, Finn), and members Mia and Max who ask. */
async function company(): Promise<{ tenant: Tenant; admin: Caller; mia: Caller; max: Caller }> {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  for (const [id, names] of [
    ['support', ['sam', 'sue']],
    ['finance', ['fay', 'finn']],
  ] as const) {
    for (const name of names) await admin('/v1/people', { method: 'POST', body: { id: `usr_${name}`, name } })
    const member_ids = names.map((name) => `usr_${name}`)
    await admin('/v1/groups', { method: 'POST', body: { id: `grp_${id}`, name: id, member_ids } })
  }
  const [mia, max] = [tenant.as('mia', ['member']), tenant.as('max', ['member'])]
  await Promise.all([mia('/v1/me'), max('/v1/me')])
  return { tenant, admin, mia, max }
}

const refund = (by: Caller, details: object, type = 'refund') =>
  by('/v1/requests', { method: 'POST', body: { type, title: 'Refund', details } })
const evaluate = (admin: Caller, body: object | string) => admin('/v1/policies/evaluate', { method: 'POST', body })
const since = '2020-01-01T00:00:00Z'
const simulate = (admin: Caller, policy: object, more: object = {}) =>
  admin('/v1/policies/simulate', { method: 'POST', body: { policy: { name: 'New', ...policy }, since, ...more } })

test('evaluate says which policy would hold, and who could vote, by group and role', async () => {
  const { admin } = await company()
  const match = { kind: 'request', type: 'refund', where: [big] }
  const made = await admin('/v1/policies', { method: 'POST', body: { name: 'Big', match, stages } })
  const asking = { kind: 'request', type: 'refund', requester_id: 'usr_fay', document: { amount: 1000.5 } }
  expect((await evaluate(admin, asking)).body).toEqual({
    policy: { id: made.body.id, name: 'Big', version_id: expect.stringMatching(/^pov_/) },
    needs: null,
    stages: [
      {
        name: 'peer',
        all: [
          {
            approvals: 1,
            of: [
              {
                group: { id: 'grp_support', name: 'support' },
                people: [
                  { id: 'usr_sam', name: 'sam' },
                  { id: 'usr_sue', name: 'sue' },
                ],
              },
            ],
          },
        ],
      },
      {
        name: 'money',
        all: [
          {
            approvals: 2,
            of: [{ group: { id: 'grp_finance', name: 'finance' }, people: [{ id: 'usr_finn', name: 'finn' }] }],
          },
        ],
      },
    ],
    ...usual,
    infeasible: 'money',
  })
  expect((await evaluate(admin, { ...asking, requester_id: 'usr_mia' })).body.infeasible).toBeNull()
  await admin('/v1/people/usr_finn', { method: 'PATCH', body: { roles: [] } })
  const { body } = await evaluate(admin, { ...asking, requester_id: 'usr_mia' })
  expect([body.stages[1].all[0].of[0].people, body.infeasible]).toEqual([[{ id: 'usr_fay', name: 'fay' }], 'money'])
})

test('evaluate: where no policy is for it, what the kind takes; digits beyond a double count', async () => {
  const { admin } = await company()
  const where = [{ field: '/amount', op: '>', value: 9007199254740992 }]
  await admin('/v1/policies', { method: 'POST', body: { name: 'Big', match: { kind: 'request', where }, stages } })
  const asked = (amount: string) => evaluate(admin, `{"kind":"request","type":"x","document":{"amount":${amount}}}`)
  const small = await asked('9007199254740992')
  expect(small.body).toMatchObject({ policy: null, stages: [{ all: [{ approvals: 1 }] }] })
  expect(small.body.stages[0].all[0].of.map(({ role }: any) => role)).toEqual(['reviewer', 'coordinator', 'admin'])
  expect((await asked('9007199254740993')).body.policy.name).toBe('Big')
})

test('evaluate: an intent says itself who decides where no policy does, and a customer has the last word where one does', async () => {
  const { admin } = await company()
  const said = async (more: object) => {
    const { body } = await evaluate(admin, { kind: 'intent', action: 'refund', ...more })
    const roles = body.stages.flatMap(({ all }: any) => all.flatMap(({ of }: any) => of.map(({ role }: any) => role)))
    return [body.policy?.name ?? null, roles, body.channel?.approver_role ?? null, body.infeasible]
  }
  const owner = { approver_role: 'owner' }
  expect(await said({})).toEqual([null, [], 'customer', null])
  expect(await said(owner)).toEqual([null, ['admin'], 'owner', null])
  expect(await said({ ...owner, approver_person_id: 'usr_sam' })).toEqual([null, [], 'owner', null])
  const policy = { name: 'Refunds', match: { kind: 'intent', action: 'refund' } }
  const short = { required_approvals: 1, approver_roles: ['member'] }
  expect((await admin('/v1/policies', { method: 'POST', body: { ...policy, ...short } })).status).toBe(201)
  expect(await said({})).toEqual(['Refunds', ['member'], 'customer', null])
  expect(await said(owner)).toEqual(['Refunds', ['member'], null, null])
  const wrong = await evaluate(admin, { kind: 'claim', ...owner })
  expect(wrong.body.errors).toMatchObject([{ pointer: '/approver_role', message: 'applies only to the kind intent' }])
})

test('a customer who is named has the last word, and fills no stage: evaluate and simulate know that', async () => {
  const { tenant, admin } = await company()
  const one = [{ name: 'peer', all: [{ group: 'grp_support', approvals: 2 }] }]
  const match = { kind: 'intent', action: 'refund' }
  const made = await admin('/v1/policies', { method: 'POST', body: { name: 'Refunds', match, stages: one } })
  expect(made.status).toBe(201)
  const said = async (more: object) => {
    const { body } = await evaluate(admin, { kind: 'intent', action: 'refund', ...more })
    return [body.stages[0].all[0].of[0].people.map(({ id }: any) => id), body.infeasible]
  }
  const both = [['usr_sam', 'usr_sue'], null]
  expect(await said({ approver_person_id: 'usr_sam' })).toEqual([['usr_sue'], 'peer'])
  expect(await said({ approver_person_id: 'usr_mia' })).toEqual(both)
  expect(await said({})).toEqual(both)
  // An owner’s call is decided by the stages, whoever is named.
  expect(await said({ approver_role: 'owner', approver_person_id: 'usr_sam' })).toEqual(both)
  await tenant.as('service')('/v1/me')
  const path = `/internal/v1/instances/${crypto.randomUUID()}/approvals/request`
  const call = { action: 'refund', skill_slug: 's', customer_id: crypto.randomUUID(), serialized_intent: {} }
  for (const approver_person_id of ['usr_sam', 'usr_mia', null]) {
    const asked = await tenant.as('service')(path, { method: 'POST', body: { ...call, approver_person_id } })
    expect(asked.status).toBe(201)
  }
  expect((await simulate(admin, { id: made.body.id, match, stages: one })).body).toMatchObject({
    matched: 3,
    infeasible: 1,
  })
})

test('simulate compares with whom intents name, and counts the last word of a customer', async () => {
  const { tenant, admin } = await company()
  await tenant.as('service')('/v1/me')
  const path = `/internal/v1/instances/${crypto.randomUUID()}/approvals/request`
  for (const approver_role of ['customer', 'owner']) {
    const call = { action: 'refund', skill_slug: 's', customer_id: crypto.randomUUID(), serialized_intent: {} }
    const asked = await tenant.as('service')(path, { method: 'POST', body: { ...call, approver_role } })
    expect(asked.status).toBe(201)
  }
  const match = { kind: 'intent', action: 'refund' }
  const by = (role: string) => simulate(admin, { match, required_approvals: 1, approver_roles: [role] })
  expect((await by('admin')).body).toMatchObject({ matched: 2, asked_more: 1, asked_others: 0 })
  expect((await by('member')).body).toMatchObject({ matched: 2, asked_more: 1, asked_others: 1 })
})

test('evaluate says what an asking lacks; and what belongs to another kind is a fault', async () => {
  const { admin } = await company()
  const match = { kind: 'claim', where: [{ field: '/expense_type', op: '==', value: 'travel' }] }
  await admin('/v1/policies', { method: 'POST', body: { name: 'Travel', match, stages } })
  const { body } = await evaluate(admin, { kind: 'claim', currency: 'EUR', amount: 5 })
  expect(body.needs).toEqual({
    field: '/expense_type',
    condition: 0,
    detail: 'The policy "Travel" compares /expense_type with a string, but it is missing.',
  })
  expect((await evaluate(admin, { kind: 'claim', expense_type: 'travel' })).body.policy.name).toBe('Travel')
  const wrong = await evaluate(admin, { kind: 'claim', action: 'x', amount: 0 })
  expect(wrong.body.errors.map(({ pointer }: any) => pointer).sort()).toEqual(['/action', '/amount'])
})

test('simulate counts what would have been asked of whom, and writes nothing', async () => {
  const { tenant, admin, mia, max } = await company()
  const one = { kind: 'request', type: 'refund' }
  const lax = { name: 'Lax', priority: 50, match: one, required_approvals: 4, approver_roles: ['member'] }
  await admin('/v1/policies', { method: 'POST', body: { ...lax, match: { ...one, where: [{ ...big, value: 5000 }] } } })
  const ids: string[] = []
  for (const [by, amount] of [
    [mia, 900],
    [mia, 1001],
    [max, 6000],
    [tenant.as('fay', ['member']), 2000],
  ] as const) {
    ids.push((await refund(by, { amount })).body.id)
  }
  await refund(mia, { amount: 9999 }, 'other')
  const before = await env.DB.prepare('SELECT count(*) AS n FROM events WHERE tenant_id = ?').bind(tenant.id).first('n')
  const policy = { priority: 10, match: { ...one, where: [big] }, stages, expires: { after_hours: 5, then: 'reject' } }
  const { status, body } = await simulate(admin, policy)
  expect([status, body]).toMatchObject([
    200,
    {
      considered: 5,
      matched: 3,
      asked_more: 2,
      asked_less: 1,
      asked_others: 0,
      clock_changed: 3,
      infeasible: 1,
      needs_member: 0,
      infeasible_stage: null,
      next: null,
    },
  ])
  expect(body.examples).toMatchObject({ asked_less: [ids[2]], asked_more: [ids[3], ids[1]], infeasible: [ids[3]] })
  expect(body.instead_of).toHaveLength(2)
  expect(body.instead_of).toEqual(
    expect.arrayContaining([
      { policy: null, count: 2 },
      { policy: { id: expect.any(String), name: 'Lax' }, count: 1 },
    ]),
  )
  expect(await env.DB.prepare('SELECT count(*) AS n FROM events WHERE tenant_id = ?').bind(tenant.id).first('n')).toBe(
    before,
  )
  expect((await admin('/v1/policies')).body.data).toHaveLength(1)
})

test('simulate: another in the place of one that holds; what it is not for any more counts, too', async () => {
  const { admin, mia } = await company()
  const match = { kind: 'request', type: 'refund' }
  await refund(mia, { amount: 5 })
  const made = await admin('/v1/policies', { method: 'POST', body: { name: 'Old', match, stages } })
  const narrower = { id: made.body.id, match: { ...match, where: [big] }, stages }
  expect((await simulate(admin, narrower)).body).toMatchObject({ considered: 1, matched: 0, asked_less: 1 })
  const swapped = { id: made.body.id, match, stages: stages.toReversed() }
  expect((await simulate(admin, swapped)).body).toMatchObject({ matched: 1, asked_others: 1, asked_more: 0 })
  const nobodys = await simulate(admin, { ...swapped, id: 'pol_nobody' })
  expect(nobodys).toMatchObject({ status: 422, body: { errors: [{ pointer: '/policy/id' }] } })
})

test('simulate: it counts as others what is asked of others, and not what is written differently', async () => {
  const { admin, mia } = await company()
  const match = { kind: 'request', type: 'refund' }
  await refund(mia, {})
  const short = { required_approvals: 2, approver_roles: ['member', 'admin'] }
  const othersThan = async (made: object, policy: object) => {
    const { id } = (await admin('/v1/policies', { method: 'POST', body: { name: 'Now', match, ...made } })).body
    const { body } = await simulate(admin, { id, match, ...policy })
    await admin(`/v1/policies/${id}`, { method: 'DELETE' })
    return [body.matched, body.asked_more, body.asked_less, body.asked_others]
  }
  const stage = (name: string, ...all: object[]) => ({ name, all })
  const [support, finance] = ['grp_support', 'grp_finance'].map((group) => ({ group, approvals: 1 }))
  const members = { role: 'member', approvals: 1 }
  const two = { stages: [stage('a', support!, finance!)] }
  expect(await othersThan(short, { ...short, approver_roles: ['admin', 'member'] })).toEqual([1, 0, 0, 0])
  expect(
    await othersThan({ ...short, approver_roles: ['member'] }, { stages: [stage('x', members, members)] }),
  ).toEqual([1, 0, 0, 0])
  expect(await othersThan(two, { stages: [stage('b', finance!, support!)] })).toEqual([1, 0, 0, 0])
  expect(await othersThan(two, { stages: [stage('a', support!), stage('b', finance!)] })).toEqual([1, 0, 0, 1])
  expect(await othersThan(two, { stages: [stage('a', support!, members)] })).toEqual([1, 0, 0, 1])
  expect(await othersThan(short, { ...short, approver_roles: ['admin'] })).toEqual([1, 0, 0, 1])
})

test('simulate: what lacks a member, requesters by group, every kind, and facts that are large', async () => {
  const { tenant, admin, mia } = await company()
  await refund(mia, {})
  await refund(mia, { amount: 2000, text: 'x'.repeat(20_000) })
  const claim = { description: 'Taxi', amount: 5000, currency: 'EUR' }
  await tenant.as('sam', ['member'])('/api/v1/claims', { method: 'POST', body: claim })
  const needing = await simulate(admin, { match: { kind: 'request', where: [big] }, stages })
  expect(needing.body).toMatchObject({ considered: 2, matched: 1, needs_member: 1 })
  const ofSupport = await simulate(admin, { match: { requester_group: 'grp_support' }, stages })
  expect(ofSupport.body).toMatchObject({ considered: 3, matched: 1, infeasible: 0 })
  const money = await simulate(admin, { match: { kind: 'claim', currency: 'EUR', min_amount: 5000 }, stages })
  expect(money.body).toMatchObject({ considered: 1, matched: 1 })
})

test('simulate refuses what is no policy, groups that are not there, and cursors of others', async () => {
  const { admin } = await company()
  const wrong = await simulate(admin, { match: { type: 'x' }, stages }, { since: 'yesterday' })
  expect(wrong.body.errors.map(({ pointer }: any) => pointer).sort()).toEqual(['/policy/match/type', '/since'])
  const nobody = [{ name: 'x', all: [{ group: 'grp_x', approvals: 1 }] }]
  expect((await simulate(admin, { stages: nobody })).body).toMatchObject({
    errors: [{ pointer: '/policy/stages/0/all/0/group' }],
  })
  const ofRequests = { match: { kind: 'request' }, stages }
  for (const [policy, cursor] of [
    [{ stages }, ':'],
    [{ stages }, 'zzz'],
    [{ stages }, 'zzz:1758000000000:req_x'],
    [ofRequests, 'claim'],
    [ofRequests, 'claim:1758000000000:clm_x'],
  ] as const) {
    const { status, body } = await simulate(admin, policy, { cursor })
    const fault = { pointer: '/cursor', message: 'must be a cursor from `next`' }
    expect([cursor, status, body.errors]).toMatchObject([cursor, 422, [fault]])
  }
  expect((await simulate(admin, ofRequests, { cursor: 'request:1758000000000:req_x' })).status).toBe(200)
  const infeasible = [{ name: 'x', all: [{ group: 'grp_finance', approvals: 3 }] }]
  expect((await simulate(admin, { stages: infeasible })).body).toMatchObject({ infeasible_stage: 'x' })
})
