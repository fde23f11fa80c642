import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { ended, soon } from '../support/batches.ts'
import { newTenant, type Caller } from '../support/tenant.ts'

/* Nobody decides what they asked for: in whoever's name they asked, and in whoever's name they decide. */

const claims = '/api/v1/claims'
const batches = '/api/v1/approval-batches'
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()
const own = 'Coordinator may not approve their own claim'

async function submit(call: Caller, claimant_id?: string): Promise<string> {
  const body = { description: 'Train', amount: 100, currency: 'EUR', claimant_id }
  const { status, body: claim } = await call(claims, { method: 'POST', body })
  expect(status).toBe(201)
  return claim.claim_id
}

async function eventsOf(subject: string) {
  const { results } = await env.DB.prepare('SELECT type, actor_id, data FROM events WHERE resource_id = ? ORDER BY seq')
    .bind(subject)
    .all<{ type: string; actor_id: string; data: string }>()
  return results.map(({ data, ...event }) => ({ ...event, data: JSON.parse(data) }))
}

test('who submits a claim for somebody else has asked, and does not decide it', async () => {
  const tenant = await newTenant()
  const [ann, ben] = [tenant.as('ann', ['admin']), tenant.as('ben', ['coordinator'])]
  const id = await submit(ann, 'usr_member')
  for (const [decision, body] of Object.entries({ approve: {}, reject: { comment: 'no' } })) {
    const answer = await ann(`${claims}/${id}/${decision}`, { method: 'POST', body })
    expect(answer).toMatchObject({ status: 403, body: { code: 'self_approval' } })
    expect(answer.body.detail).toMatch(/^usr_ann asked for \S+ in the name of usr_member;/)
  }
  const shown = { claimant_id: 'usr_member', submitted_by: 'usr_ann', status: 'pending' }
  expect((await ann(`${claims}/${id}`)).body).toMatchObject(shown)
  expect((await ann(claims)).body.data).toMatchObject([shown])
  expect((await ann('/v1/approvals')).body.approvals).toMatchObject([
    { requester: 'usr_member', submitted_by: 'usr_ann' },
  ])
  expect(await eventsOf(id)).toEqual([
    { type: 'claim.submitted', actor_id: 'usr_ann', data: { on_behalf_of: 'usr_member' } },
  ])
  expect((await ben(`${claims}/${id}/approve`, { method: 'POST' })).body).toMatchObject({
    status: 'approved',
    submitted_by: 'usr_ann',
    decided_by: 'usr_ben',
  })
})

test('a claim of one’s own says that one submitted it oneself', async () => {
  const tenant = await newTenant()
  const id = await submit(tenant.as('member'))
  expect((await tenant.as('member')(`${claims}/${id}`)).body).toMatchObject({
    claimant_id: 'usr_member',
    submitted_by: 'usr_member',
  })
  expect((await eventsOf(id))[0]!.data).toEqual({})
})

test('a batch approves no claim that its coordinator, creator, starter or an amender asked for', async () => {
  const tenant = await newTenant()
  const hands = ['coordinator', 'creator', 'starter', 'amender'] as const
  const as = (name: string) => tenant.as(name, ['admin'])
  const asked = [
    ...(await Promise.all(hands.map((name) => submit(as(name))))),
    ...(await Promise.all(hands.map((name) => submit(as(name), 'usr_member')))),
  ]
  const others = [await submit(as('member')), await submit(as('other'), 'usr_member')]
  const { body: batch } = await as('creator')(batches, {
    method: 'POST',
    body: { claim_ids: [...asked, others[0]], coordinator_id: 'usr_coordinator', process_at: inAnHour() },
  })
  const amend = (body: object) => as('amender')(`${batches}/${batch.batch_id}`, { method: 'PUT', body })
  await amend({ claim_ids: [others[1]] })
  await amend({ comment: 'March' })
  await as('starter')(`${batches}/${batch.batch_id}/process`, { method: 'POST' })
  await as('latecomer')(`${batches}/${batch.batch_id}/process`, { method: 'POST' })
  const done = await ended(as('member'), batch.batch_id)
  expect(done.results.map((one: any) => one.error ?? one.decision)).toEqual([
    ...asked.map(() => own),
    'approved',
    'approved',
  ])
  const who = { coordinator_id: 'usr_coordinator', created_by: 'usr_creator' }
  expect(done).toMatchObject({ ...who, started_by: 'usr_starter' })
  expect((await as('member')(batches)).body.data).toMatchObject([who])
  for (const id of asked) expect((await as('member')(`${claims}/${id}`)).body.status).toBe('pending')

  expect((await eventsOf(others[0]!)).at(-1)).toEqual({
    type: 'claim.approved',
    actor_id: 'usr_coordinator',
    data: {
      decision_id: batch.batch_id,
      comment: 'March',
      on_behalf_of: 'usr_coordinator',
      created_by: 'usr_creator',
      started_by: 'usr_starter',
    },
  })
  const vote = await env.DB.prepare('SELECT voter_id, reported_by FROM votes WHERE approval_id = ? AND voided_at = 0')
    .bind(others[0])
    .first()
  expect(vote).toEqual({ voter_id: 'usr_coordinator', reported_by: 'usr_starter' })
  const history = await eventsOf(batch.batch_id)
  expect(history.map(({ type, actor_id }) => [type, actor_id])).toEqual([
    ['batch.scheduled', 'usr_creator'],
    ['batch.amended', 'usr_amender'],
    ['batch.amended', 'usr_amender'],
    ['batch.started', 'usr_starter'],
    ['batch.completed', 'system:batch-runner'],
  ])
  for (const { data } of history.slice(0, -1)) expect(data.coordinator_id).toBe('usr_coordinator')
})

test('a coordinator who starts the batch of another has nothing of their own approved by it', async () => {
  const tenant = await newTenant()
  const [ann, ben] = [tenant.as('ann', ['coordinator']), tenant.as('ben', ['coordinator'])]
  const [bens, members] = [await submit(ben), await submit(tenant.as('member'))]
  const { body: batch } = await ann(batches, {
    method: 'POST',
    body: { claim_ids: [bens, members], process_at: inAnHour() },
  })
  expect((await ann(`${batches}/${batch.batch_id}`)).body.started_by).toBeNull()
  await ben(`${batches}/${batch.batch_id}/process`, { method: 'POST' })
  const done = await ended(ann, batch.batch_id)
  expect(done.results.map((one: any) => one.error ?? one.decision)).toEqual([own, 'approved'])
  expect(done).toMatchObject({ created_by: 'usr_ann', started_by: 'usr_ben' })
})

test('a batch that its own time starts was started by nobody, and its coordinator’s vote is their own', async () => {
  const tenant = await newTenant()
  const id = await submit(tenant.as('member'))
  const batch = await soon(async (process_at) => {
    const body = { claim_ids: [id], process_at }
    const answer = await tenant.as('coordinator')(batches, { method: 'POST', body })
    return answer.status === 201 ? answer.body : undefined
  })
  expect(await ended(tenant.as('member'), batch.batch_id)).toMatchObject({ approved_count: 1, started_by: null })
  expect(
    await env.DB.prepare('SELECT reported_by FROM votes WHERE approval_id = ? AND voided_at = 0').bind(id).first(),
  ).toEqual({
    reported_by: null,
  })
})

test('what a key reports in the name of a person says so: in the answer, on the dashboard, in the history', async () => {
  const tenant = await newTenant()
  const service = tenant.as('service')
  const path = `/internal/v1/instances/${crypto.randomUUID()}/approvals`
  const body = { action: 'refund', skill_slug: 'payments', customer_id: crypto.randomUUID(), serialized_intent: {} }
  const { approval_ref } = (await service(`${path}/request`, { method: 'POST', body })).body
  expect((await service('/v1/approvals')).body.approvals).toMatchObject([{ reported_by: null }])
  const said = { action: 'approve', approval_ref, pin_verified: true, resolver_role: 'customer', resolved_by: ' ann ' }
  const report = () => service(`${path}/resolve`, { method: 'POST', body: said })
  const resolved = { resolved_by: 'ann', reported_by: 'usr_service' }
  expect((await report()).body).toMatchObject(resolved)
  expect((await report()).body).toMatchObject(resolved)
  const [item] = (await service('/v1/approvals')).body.approvals
  expect(item).toMatchObject({ decided_by: 'ann', reported_by: 'usr_service' })
  expect((await eventsOf(item.id)).at(-1)).toMatchObject({ actor_id: 'ann', data: { reported_by: 'usr_service' } })
  expect(
    await env.DB.prepare('SELECT reported_by FROM votes WHERE approval_id = ? AND voided_at = 0').bind(item.id).first(),
  ).toEqual({
    reported_by: 'usr_service',
  })
})

test.each(['system:expiry', ' system:expiry', 'SYSTEM:gate', '\u200bsystem:gate', '   '])(
  'no body names %j',
  async (name) => {
    const tenant = await newTenant()
    const [admin, service] = [tenant.as('admin'), tenant.as('service')]
    const claim = { description: 'x', amount: 1, currency: 'EUR', claimant_id: name }
    const intents = `/internal/v1/instances/${crypto.randomUUID()}/approvals`
    const asked = { action: 'a', skill_slug: 's', customer_id: crypto.randomUUID(), serialized_intent: {} }
    const said = { action: 'reject', approval_ref: 'APR-0000', pin_verified: true, resolver_role: 'customer' }
    for (const [call, path, body] of [
      [admin, claims, claim],
      [admin, `${claims}/bulk`, { claims: [claim] }],
      [admin, batches, { claim_ids: ['clm_1'], coordinator_id: name }],
      [service, `${intents}/request`, { ...asked, approver_person_id: name }],
      [service, `${intents}/resolve`, { ...said, resolved_by: name }],
      [service, `${intents}/resolve`, { ...said, resolver_person_id: name }],
    ] as const) {
      expect([path, (await call(path, { method: 'POST', body })).status]).toEqual([path, 422])
    }
  },
)
