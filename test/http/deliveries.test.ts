import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { Validator } from '@cfworker/json-schema'
import { expect, test, vi } from 'vitest'
import { advanceBatch } from '../../src/claims/advance-batch.ts'
import { systemContext } from '../../src/context.ts'
import { maintain } from '../../src/maintenance/maintain.ts'
import { eventTypes } from '../../src/webhooks/event-types.ts'
import { ended, submitClaims } from '../support/batches.ts'
import { heldResult, invoiceGate } from '../support/gates.ts'
import { lapse } from '../support/lapse.ts'
import { overSocket } from '../support/over-socket.ts'
import { openApi, schemasAlone } from '../support/promised.ts'
import { arrived, logged, newReceiver } from '../support/receiver.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'

const upkeep = () => maintain({ ...env, LOG_REQUESTS: 'off' }, Date.now())
const types = (received: { body: any }[]) => received.map(({ body }) => body.type)

/** Moves the next attempts at an endpoint to now, as if the time had passed, and lets its sender go on. */
async function later(endpointId: string) {
  const pending = "UPDATE webhook_deliveries SET next_attempt_at = 1 WHERE endpoint_id = ? AND status = 'pending'"
  await env.DB.prepare(pending).bind(endpointId).run()
  await upkeep()
}

/** Does everything once of which there is an event. */
async function everything(tenant: Tenant, many: string[]) {
  const [member, coordinator, admin] = [tenant.as('member'), tenant.as('coordinator'), tenant.as('admin')]
  const post = (call: typeof member, path: string, body?: object) => call(path, { method: 'POST', body })
  const ids = await submitClaims(member, 4)
  await post(coordinator, `/api/v1/claims/${ids[0]}/reject`, { comment: 'No' })
  await member(`/api/v1/claims/${ids[1]}`, { method: 'DELETE' })
  const batch = await post(coordinator, '/api/v1/approval-batches', { claim_ids: [ids[2]] })
  await ended(coordinator, batch.body.batch_id)
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString()
  const scheduled = async (claim_ids: unknown[]) =>
    (await post(coordinator, '/api/v1/approval-batches', { claim_ids, process_at: inAnHour })).body.batch_id
  const cancelled = await scheduled([ids[3]])
  await coordinator(`/api/v1/approval-batches/${cancelled}`, { method: 'DELETE' })
  // One step of it is taken here, where its runner would take the next at once.
  const stopped = await scheduled(many)
  await advanceBatch(
    systemContext(env, 'system:batch-runner', Date.parse(inAnHour), tenant.id),
    stopped,
    many.length - 1,
  )
  await coordinator(`/api/v1/approval-batches/${stopped}`, { method: 'DELETE' })

  const change = { entityType: 'offer', entityName: 'Offer', action: 'create', payload: {} }
  for (const [entityId, action] of [
    ['a', 'approve'],
    ['b', 'reject'],
  ]) {
    const { body } = await post(member, '/api/v1/approvals', { ...change, entityId })
    await post(admin, `/api/v1/approvals/${body.id}`, { action, comments: 'x' })
  }
  const mine = await post(member, '/api/v1/approvals', { ...change, entityId: 'c' })
  await member(`/api/v1/approvals/${mine.body.id}`, { method: 'DELETE' })

  const agent = `/internal/v1/instances/${crypto.randomUUID()}`
  const service = tenant.as('service')
  const intent = { action: 'a', skill_slug: 's', customer_id: crypto.randomUUID(), serialized_intent: {} }
  for (const action of ['approve', 'approve', 'reject', null]) {
    const { body } = await post(service, `${agent}/approvals/request`, intent)
    const resolution = { action, approval_ref: body.approval_ref, pin_verified: true, resolver_role: 'customer' }
    if (action) await post(service, `${agent}/approvals/resolve`, resolution)
  }
  const [entry] = (await post(service, `${agent}/outbox/lease`, { max: 1 })).body.entries
  await post(service, `${agent}/outbox/${entry.outbox_id}/ack`, {
    lease_token: entry.lease_token,
    outcome: 'succeeded',
  })
  await env.DB.batch([
    env.DB.prepare(
      "UPDATE approvals SET due_at = 1 WHERE tenant_id = ? AND kind = 'intent' AND status = 'pending'",
    ).bind(tenant.id),
    env.DB.prepare("UPDATE outbox SET execute_by = 1 WHERE tenant_id = ? AND status = 'open'").bind(tenant.id),
  ])

  const gate = await invoiceGate(admin)
  for (const verb of ['approve', 'reject']) {
    const id = await heldResult(service, gate)
    await post(tenant.as('reviewer'), `/v1/structuring/approvals/${id}/${verb}`)
  }
  // A policy may let any of them expire.
  const late = await post(member, '/api/v1/approvals', { ...change, entityId: 'd' })
  const due = [...(await submitClaims(member, 1)), late.body.id, await heldResult(service, gate)]
  await env.DB.prepare(
    "UPDATE approvals SET due_at = 1, on_due = 'expire' WHERE id IN (SELECT value FROM json_each(?))",
  )
    .bind(JSON.stringify(due))
    .run()
  await everythingOfRequests(tenant)
  await upkeep()
}

async function everythingOfRequests(tenant: Tenant) {
  const [member, reviewer] = [tenant.as('member'), tenant.as('reviewer')]
  const path = '/v1/requests'
  const post = (call: typeof member, to: string, body: object) => call(`${path}${to}`, { method: 'POST', body })
  const ask = async () =>
    (await post(member, '', { type: 'x', title: 'x', expires_in_hours: 1 })).body as { id: string; digest: string }
  const approved = async () => {
    const { id, digest } = await ask()
    await post(reviewer, `/${id}/approve`, { digest })
    return { id, digest }
  }
  const [done, revoked, late, rejected, withdrawn] = [
    await approved(),
    await approved(),
    await approved(),
    await ask(),
    await ask(),
  ]
  await post(member, `/${done.id}/redeem`, { digest: done.digest })
  await post(member, `/${done.id}/outcome`, { outcome: 'succeeded' })
  await post(reviewer, `/${revoked.id}/revoke`, { comment: 'x' })
  await member(`${path}/${rejected.id}`, { method: 'PATCH', body: { title: 'y' } })
  await post(reviewer, `/${rejected.id}/reject`, { comment: 'x' })
  await member(`${path}/${withdrawn.id}`, { method: 'DELETE' })
  await env.DB.prepare('UPDATE approvals SET due_at = 1 WHERE id = ?')
    .bind((await ask()).id)
    .run()
  await lapse(late.id)
}

test('every type of event is emitted, in the order in which it happened, and arrives signed', async () => {
  const tenant = await newTenant()
  const many = await submitClaims(tenant.as('member'), 60)
  const receiver = await newReceiver(tenant)
  const seen = new Set<string>()
  receiver.answer = ({ body }) => void seen.add(body.type)
  await everything(tenant, many)
  const { results } = await env.DB.prepare(
    'SELECT type FROM events WHERE tenant_id = ? AND type IN (SELECT value FROM json_each(?)) ORDER BY seq LIMIT -1 OFFSET ?',
  )
    .bind(tenant.id, JSON.stringify(eventTypes), many.length)
    .all<{ type: string }>()
  const received = await arrived(receiver, results.length)
  expect([...seen].sort()).toEqual(eventTypes.toSorted())
  expect(types(received)).toEqual(results.map(({ type }) => type))
  expect(new Set(received.map(({ id }) => id)).size).toBe(received.length)
})

test('what arrives is what the OpenAPI document says', async () => {
  const tenant = await newTenant()
  const receiver = await newReceiver(tenant)
  await submitClaims(tenant.as('member'), 1)
  await tenant.as('admin')(`/v1/webhook-endpoints/${receiver.id}/test`, { method: 'POST' })
  const { webhooks } = (await openApi()) as any
  const { schema } = webhooks.event.post.requestBody.content['application/json']
  const validator = new Validator({ ...schema, components: await schemasAlone() }, '2020-12', false)
  for (const { body } of await arrived(receiver, 2)) expect(validator.validate(body).errors).toEqual([])
})

test('the body says what happened, to what, by whom', async () => {
  const tenant = await newTenant()
  const receiver = await newReceiver(tenant, { event_types: ['claim.rejected'] })
  const [id] = await submitClaims(tenant.as('member'), 1)
  await tenant.as('coordinator')(`/api/v1/claims/${id}/reject`, { method: 'POST', body: { comment: 'No receipt' } })
  const [received] = await arrived(receiver, 1)
  expect(received!.body).toEqual({
    type: 'claim.rejected',
    timestamp: expect.stringMatching(/Z$/),
    data: {
      id,
      kind: 'claim',
      status: 'rejected',
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      approved_digest: null,
      restricted: false,
      previous_status: 'pending',
      actor_id: 'usr_coordinator',
      event_id: expect.stringMatching(/^evt_/),
      title: 'Claim 0',
      requester_id: 'usr_member',
      subject: null,
      url: `https://approvals.example.com/a/${id}`,
      details: { decision_id: expect.any(String), comment: 'No receipt' },
    },
  })
})

test('of a request it says where its requester goes on; not where the request is restricted, unless an admin lets it', async () => {
  const tenant = await newTenant()
  const told = async (restricted: boolean, include_restricted: boolean) => {
    const receiver = await newReceiver(tenant, { event_types: ['request.created'], include_restricted })
    const body = { type: 'refund', title: 'A refund', state: 'thread_17', restricted }
    await tenant.as('member')('/v1/requests', { method: 'POST', body })
    return (await arrived(receiver, 1))[0]!.body.data.state
  }
  expect(await told(false, false)).toBe('thread_17')
  expect(await told(true, false)).toBeUndefined()
  expect(await told(true, true)).toBe('thread_17')
})

test('what was asked is told as it was then, however it has been amended since: in the log, repeated, replayed', async () => {
  const tenant = await newTenant()
  const [member, admin] = [tenant.as('member'), tenant.as('admin')]
  const receiver = await newReceiver(tenant, {}, () => new Response(null, { status: 500 }))
  const subject = (id: string) => ({ type: 'invoice', id })
  const asked = { type: 'refund', title: 'Refund 10 EUR to A', subject: subject('a') }
  const { id, digest } = (await member('/v1/requests', { method: 'POST', body: asked })).body
  const [first] = await arrived(receiver, 1)
  const amend = (body: object) => member(`/v1/requests/${id}`, { method: 'PATCH', body })
  await amend({ details: { to: 'B' } })
  await amend({ title: 'Refund 9000 EUR to B', subject: subject('b') })
  await arrived(receiver, 3)
  await admin(`/v1/webhook-deliveries/${first!.id}/replay`, { method: 'POST' })
  receiver.answer = () => {}
  await later(receiver.id)
  await logged(tenant, receiver, (all) => all.every(({ status }) => status === 'succeeded'))
  const told = new Map(receiver.received.map((one) => [one.id, one.body]))
  expect(told.size).toBe(3)
  for (const one of receiver.received) expect(one.body).toEqual(told.get(one.id))
  expect([...told.values()].map(({ data }) => [data.title, data.subject])).toEqual([
    [asked.title, asked.subject],
    [asked.title, asked.subject],
    ['Refund 9000 EUR to B', subject('b')],
  ])
  expect(first!.body.data).toMatchObject({ title: asked.title, digest })
  const { body } = await admin(`/v1/webhook-deliveries/${first!.id}`)
  expect(JSON.parse(body.body)).toEqual(first!.body)
})

test('an endpoint is told what it has asked for, from its registration on, and nothing of another tenant', async () => {
  const [tenant, other] = [await newTenant(), await newTenant()]
  await submitClaims(tenant.as('member'), 2)
  const receiver = await newReceiver(tenant, { event_types: ['claim.withdrawn', 'change.requested'] })
  const all = await newReceiver(other)
  const [id] = await submitClaims(tenant.as('member'), 2)
  await tenant.as('member')(`/api/v1/claims/${id}`, { method: 'DELETE' })
  await submitClaims(other.as('member'), 1)
  await Promise.all([arrived(receiver, 1), arrived(all, 1)])
  await upkeep()
  expect(types(receiver.received)).toEqual(['claim.withdrawn'])
  expect(types(all.received)).toEqual(['claim.submitted'])
})

test('the first attempts of many are in order, and a delivery that fails holds up none behind it', async () => {
  const tenant = await newTenant()
  const receiver = await newReceiver(tenant)
  const ids: string[] = []
  receiver.answer = ({ body }) => (body.data.id === ids[3] ? new Response('busy', { status: 503 }) : undefined)
  ids.push(...(await submitClaims(tenant.as('member'), 60)))
  const received = await arrived(receiver, 60)
  expect(received.map(({ body }) => body.data.id)).toEqual(ids)
  const [failed] = await logged(
    tenant,
    receiver,
    (log) => log.filter(({ status }) => status === 'succeeded').length === 59,
  ).then((log) => log.filter(({ status }) => status === 'pending'))
  expect(failed.attempts).toEqual([
    {
      at: expect.any(String),
      duration_ms: expect.any(Number),
      response_status: 503,
      response_body: 'busy',
      error: null,
    },
  ])
  const wait = Date.parse(failed.next_attempt_at) - Date.parse(failed.attempts[0].at)
  expect(wait).toBeGreaterThanOrEqual(5_000)
  receiver.answer = () => {}
  await later(receiver.id)
  const again = (await arrived(receiver, 61))[60]!
  expect(again).toMatchObject({ id: failed.id, body: received[3]!.body })
  expect(again.id).toBe(received[3]!.id)
})

test('events that an endpoint has not asked for, however many, do not hold up the one that it has', async () => {
  const tenant = await newTenant()
  const receiver = await newReceiver(tenant, { event_types: ['batch.started'] })
  await submitClaims(tenant.as('member'), 1)
  await env.DB.batch([
    env.DB.prepare('UPDATE webhook_endpoints SET taken_seq = taken_seq - 1 WHERE id = ?').bind(receiver.id),
    env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2200)
       INSERT INTO events (tenant_id, seq, id, type, resource_id, actor_id, at, to_status, salt)
       SELECT ?1, (SELECT max(seq) FROM events WHERE tenant_id = ?1) + i, 'evt_' || i, iif(i = 2100, 'batch.started', 'claim.submitted'), 'x',
         'usr_x', 1, 'x', 'x' FROM n`,
    ).bind(tenant.id),
  ])
  await upkeep()
  expect(types(await arrived(receiver, 1))).toEqual(['batch.started'])
})

test('an endpoint that is disabled, or moved, in the middle of many is sent no more, or elsewhere', async () => {
  const tenant = await newTenant()
  const change = (id: string, body: object) =>
    tenant.as('admin')(`/v1/webhook-endpoints/${id}`, { method: 'PATCH', body })
  const [stopped, moved, target] = [
    await newReceiver(tenant),
    await newReceiver(tenant),
    await newReceiver(tenant, { event_types: ['batch.started'] }),
  ]
  stopped.answer = async () => void (stopped.received.length === 5 && (await change(stopped.id, { enabled: false })))
  target.secret = moved.secret
  moved.answer = async () => void (moved.received.length === 5 && (await change(moved.id, { url: target.url })))
  await submitClaims(tenant.as('member'), 40)
  await arrived(target, 35)
  const log = await logged(tenant, stopped, (all) => all.every(({ status }) => status !== 'pending'))
  expect([stopped.received.length, moved.received.length, log.length]).toEqual([5, 5, 40])
})

test('an endpoint that hangs delays no other', async () => {
  const tenant = await newTenant()
  let release = () => {}
  const hanging = new Promise<Response>((resolve) => (release = () => resolve(new Response(null, { status: 204 }))))
  const slow = await newReceiver(tenant, {}, () => hanging)
  const quick = await newReceiver(tenant)
  await submitClaims(tenant.as('member'), 30)
  await arrived(quick, 30)
  expect(slow.received).toHaveLength(1)
  release()
  await arrived(slow, 30)
})

test.each([
  [
    'a redirect',
    () => new Response(null, { status: 302, headers: { Location: 'https://elsewhere.example.com/' } }),
    302,
  ],
  ['an error', () => new Response('broken', { status: 500 }), 500],
  ['no connection', () => Promise.reject(new TypeError('Network connection lost')), null],
])(
  '%s is a failure that is tried again, ten times in all, and then has failed until it is replayed',
  async (_, answer, status) => {
    const tenant = await newTenant()
    const receiver = await newReceiver(tenant, {}, answer as never)
    await submitClaims(tenant.as('member'), 1)
    for (let tries = 1; tries <= 10; tries += 1) {
      const [delivery] = await logged(tenant, receiver, ([one]) => one?.attempt_count === tries)
      expect(delivery.attempts.at(-1).response_status).toBe(status)
      expect([tries, delivery.status]).toEqual([tries, tries < 10 ? 'pending' : 'failed'])
      if (tries < 10) await later(receiver.id)
    }
    await later(receiver.id)
    expect(receiver.received).toHaveLength(10)
    receiver.answer = () => {}
    const [{ id }] = await logged(tenant, receiver, () => true)
    const replayed = await tenant.as('admin')(`/v1/webhook-deliveries/${id}/replay`, { method: 'POST' })
    expect(replayed).toMatchObject({ status: 200, body: { id, status: 'pending' } })
    await logged(tenant, receiver, ([one]) => one.status === 'succeeded' && one.attempt_count === 11)
    expect(new Set(receiver.received.map((one) => one.id))).toEqual(new Set([id]))
  },
)

test('Retry-After is honoured', async () => {
  const tenant = await newTenant()
  const receiver = await newReceiver(
    tenant,
    {},
    () => new Response(null, { status: 429, headers: { 'Retry-After': '3600' } }),
  )
  await submitClaims(tenant.as('member'), 1)
  const [delivery] = await logged(tenant, receiver, ([one]) => one?.attempt_count === 1)
  const wait = Date.parse(delivery.next_attempt_at) - Date.parse(delivery.attempts[0].at)
  expect(wait).toBeGreaterThanOrEqual(3_600_000)
})

test('a receiver that asks to be left alone is, with everything, until an admin touches the endpoint or the time has come', async () => {
  const tenant = await newTenant()
  const receiver = await newReceiver(
    tenant,
    {},
    () => new Response(null, { status: 503, headers: { 'Retry-After': '600' } }),
  )
  await submitClaims(tenant.as('member'), 5)
  await logged(tenant, receiver, (log) => log.some((one) => one.attempt_count === 1))
  await submitClaims(tenant.as('member'), 1)
  await upkeep()
  expect(receiver.received).toHaveLength(1)
  const path = `/v1/webhook-endpoints/${receiver.id}`
  const { paused_until } = (await tenant.as('admin')(path)).body
  expect(Math.round((Date.parse(paused_until) - Date.now()) / 60_000)).toBe(10)
  receiver.answer = () => {}
  const touched = await tenant.as('admin')(path, { method: 'PATCH', body: { description: 'mended' } })
  expect(touched.body.paused_until).toBeNull()
  await arrived(receiver, 6)
})

// Whose alarm is set when is seen only inside.
test.skipIf(overSocket)('what has failed waits for its time, and for no first attempt behind it', async () => {
  const tenant = await newTenant()
  let release = () => {}
  const hanging = new Promise<Response>((resolve) => (release = () => resolve(new Response(null, { status: 204 }))))
  const receiver = await newReceiver(tenant, {}, ({ body }) =>
    body.data.title === 'Claim 0' ? new Response(null, { status: 500 }) : hanging,
  )
  await submitClaims(tenant.as('member'), 2)
  await arrived(receiver, 2)
  const sender = env.WEBHOOK_SENDER.getByName(`${receiver.id}/repeated`)
  const [, failed] = await logged(tenant, receiver, ([, one]) => one?.attempt_count === 1)
  const alarm = () => runInDurableObject(sender, (_, { storage }) => storage.getAlarm())
  await vi.waitFor(async () => expect(await alarm()).toBe(Date.parse(failed.next_attempt_at)))
  release()
})

test('a repeated attempt that hangs does not hold up what happens meanwhile', async () => {
  const tenant = await newTenant()
  const receiver = await newReceiver(tenant, {}, () => new Response(null, { status: 500 }))
  await submitClaims(tenant.as('member'), 3)
  await logged(tenant, receiver, (log) => log.length === 3 && log.every((one) => one.attempt_count === 1))
  let release = () => {}
  const hanging = new Promise<Response>((resolve) => (release = () => resolve(new Response(null, { status: 204 }))))
  receiver.answer = ({ body }) => (body.data.title === 'Claim 1' ? hanging : undefined)
  await later(receiver.id)
  await arrived(receiver, 5)
  const [id] = await submitClaims(tenant.as('member'), 1)
  await vi.waitFor(() => expect(receiver.received.at(-1)!.body.data.id).toBe(id))
  release()
})

test('a 410 of the URL before says nothing about the present one', async () => {
  const tenant = await newTenant()
  const [before, after] = [await newReceiver(tenant), await newReceiver(tenant, { event_types: ['batch.started'] })]
  after.secret = before.secret
  before.answer = async () => {
    const body = { url: after.url }
    await tenant.as('admin')(`/v1/webhook-endpoints/${before.id}`, { method: 'PATCH', body })
    return new Response(null, { status: 410 })
  }
  await submitClaims(tenant.as('member'), 2)
  await arrived(after, 1)
  expect((await tenant.as('admin')(`/v1/webhook-endpoints/${before.id}`)).body).toMatchObject({
    enabled: true,
    url: after.url,
  })
})

test('a replay during the last attempt is not lost when that fails', async () => {
  const tenant = await newTenant()
  const receiver = await newReceiver(tenant, {}, () => new Response(null, { status: 500 }))
  await submitClaims(tenant.as('member'), 1)
  const [{ id }] = await logged(tenant, receiver, ([one]) => one?.attempt_count === 1)
  await env.DB.prepare('UPDATE webhook_deliveries SET tries = 9 WHERE id = ?').bind(id).run()
  receiver.answer = async () => {
    receiver.answer = () => {}
    await tenant.as('admin')(`/v1/webhook-deliveries/${id}/replay`, { method: 'POST' })
    return new Response(null, { status: 500 })
  }
  await later(receiver.id)
  const [delivery] = await logged(tenant, receiver, ([one]) => one.status === 'succeeded')
  expect(delivery.attempts.map((one: any) => one.response_status)).toEqual([500, 500, 204])
})

test('what happened while an endpoint was enabled is in its log, also where it was disabled before it was sent', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  let release = () => {}
  const hanging = new Promise<Response>((resolve) => (release = () => resolve(new Response(null, { status: 204 }))))
  const receiver = await newReceiver(tenant, {}, () => hanging)
  await submitClaims(tenant.as('member'), 2_500)
  await arrived(receiver, 1)
  const path = `/v1/webhook-endpoints/${receiver.id}`
  await admin(path, { method: 'PATCH', body: { enabled: false } })
  await submitClaims(tenant.as('member'), 10)
  release()
  await upkeep()
  const count = async () => {
    const all =
      'SELECT status, count(*) AS n FROM webhook_deliveries WHERE endpoint_id = ? GROUP BY status ORDER BY status'
    return (await env.DB.prepare(all).bind(receiver.id).all()).results
  }
  await vi.waitFor(
    async () =>
      expect(await count()).toEqual([
        { status: 'failed', n: 2_499 },
        { status: 'succeeded', n: 1 },
      ]),
    { timeout: 20_000 },
  )
  await admin(path, { method: 'PATCH', body: { enabled: true } })
  const [id] = await submitClaims(tenant.as('member'), 1)
  await vi.waitFor(() => expect(receiver.received.at(-1)!.body.data.id).toBe(id))
  expect(receiver.received).toHaveLength(2)
})

test('what happened is told by the types that were asked for then', async () => {
  const tenant = await newTenant()
  const receiver = await newReceiver(tenant, { event_types: ['claim.submitted'] })
  const seq = 'UPDATE webhook_endpoints SET taken_seq = 0 WHERE id = ?'
  await submitClaims(tenant.as('member'), 3)
  await arrived(receiver, 3)
  await env.DB.batch([
    env.DB.prepare('DELETE FROM webhook_deliveries WHERE endpoint_id = ?').bind(receiver.id),
    env.DB.prepare(seq).bind(receiver.id),
  ])
  const body = { event_types: ['batch.started'] }
  await tenant.as('admin')(`/v1/webhook-endpoints/${receiver.id}`, { method: 'PATCH', body })
  await arrived(receiver, 6)
})

test("another tenant's change of an endpoint does nothing", async () => {
  const [tenant, other] = [await newTenant(), await newTenant()]
  const receiver = await newReceiver(tenant, {}, () => new Response(null, { status: 500 }))
  await submitClaims(tenant.as('member'), 5)
  await logged(tenant, receiver, (log) => log.length === 5 && log.every((one) => one.attempt_count === 1))
  const before = await logged(tenant, receiver, () => true)
  const disable = (id: string) =>
    other.as('admin')(`/v1/webhook-endpoints/${id}`, { method: 'PATCH', body: { enabled: false } })
  await disable('whe_nobody')
  const [theirs, nobodys] = [await disable(receiver.id), await disable('whe_nobody')]
  expect([theirs.status, theirs.cost.rowsWritten]).toEqual([404, 0])
  expect(theirs.cost.queries).toBe(nobodys.cost.queries)
  expect(await logged(tenant, receiver, () => true)).toEqual(before)
})

test('410 disables the endpoint; what waited for it has failed', async () => {
  const tenant = await newTenant()
  const receiver = await newReceiver(tenant, {}, () => new Response('gone', { status: 410 }))
  await submitClaims(tenant.as('member'), 30)
  const log = await logged(
    tenant,
    receiver,
    (all) => all.length === 30 && all.every(({ status }) => status === 'failed'),
  )
  const { body } = await tenant.as('admin')(`/v1/webhook-endpoints/${receiver.id}`)
  expect(body).toMatchObject({ enabled: false, disabled_reason: 'gone' })
  expect([log.at(-1).attempts[0].response_status, receiver.received.length]).toEqual([410, 1])
  await submitClaims(tenant.as('member'), 1)
  expect(await logged(tenant, receiver, () => true)).toHaveLength(30)
})

test('410 ends what waits for a repetition as well', async () => {
  const tenant = await newTenant()
  const receiver = await newReceiver(tenant, {}, () => new Response(null, { status: 500 }))
  await submitClaims(tenant.as('member'), 3)
  await logged(tenant, receiver, (log) => log.length === 3 && log.every((one) => one.attempt_count === 1))
  receiver.answer = () => new Response(null, { status: 410 })
  await submitClaims(tenant.as('member'), 1)
  await logged(tenant, receiver, (log) => log.length === 4 && log.every(({ status }) => status === 'failed'))
})

test('of a long answer 4 KiB are read and kept, and the rest is not waited for', async () => {
  const tenant = await newTenant()
  let cancelled = false
  const endless = () =>
    new ReadableStream({
      pull: (stream) => stream.enqueue(new TextEncoder().encode('x'.repeat(1_000))),
      cancel: () => void (cancelled = true),
    })
  const receiver = await newReceiver(tenant, {}, () => new Response(endless()))
  await submitClaims(tenant.as('member'), 1)
  const [delivery] = await logged(tenant, receiver, ([one]) => one?.status === 'succeeded')
  expect([delivery.attempts[0].response_body, cancelled]).toEqual(['x'.repeat(4_096), true])
})

test('a URL that was stored is looked at again before each delivery', async () => {
  const tenant = await newTenant()
  const receiver = await newReceiver(tenant)
  // The local server allows its own machine.
  const loopback = overSocket ? [] : ['http://127.0.0.1:9/']
  for (const url of ['https://10.0.0.1/', ...loopback, 'https://metadata.google.internal/']) {
    await env.DB.prepare('UPDATE webhook_endpoints SET url = ? WHERE id = ?').bind(url, receiver.id).run()
    await submitClaims(tenant.as('member'), 1)
    const [delivery] = await logged(tenant, receiver, ([one]) => one?.status === 'failed')
    expect(delivery.attempts[0]).toMatchObject({ response_status: null, error: expect.stringMatching(/^the URL must/) })
    await env.DB.prepare('DELETE FROM webhook_deliveries WHERE endpoint_id = ?').bind(receiver.id).run()
  }
  expect(receiver.received).toEqual([])
})

test('what was never announced, the relay of the next minute delivers', async () => {
  const tenant = await newTenant()
  const receiver = await newReceiver(tenant)
  await env.DB.prepare(
    "INSERT INTO events (id, tenant_id, seq, type, resource_id, actor_id, at, to_status, salt) SELECT 'evt_quiet', ?1, coalesce((SELECT max(seq) FROM events WHERE tenant_id = ?1), 0) + 1, 'claim.submitted', 'clm_x', 'usr_x', 5, 'pending', 'x'",
  )
    .bind(tenant.id)
    .run()
  await upkeep()
  const [received] = await arrived(receiver, 1)
  expect(received).toMatchObject({
    id: `msg_quiet_${receiver.id.slice(4)}`,
    body: { timestamp: '1970-01-01T00:00:00.005Z' },
  })
})

test('taking events twice makes one delivery of each, and sends it once', async () => {
  const tenant = await newTenant()
  const receiver = await newReceiver(tenant)
  await submitClaims(tenant.as('member'), 5)
  await arrived(receiver, 5)
  await logged(tenant, receiver, (log) => log.every(({ status }) => status === 'succeeded'))
  await env.DB.prepare('UPDATE webhook_endpoints SET taken_seq = 0 WHERE id = ?').bind(receiver.id).run()
  await upkeep()
  // First attempts are in order: whatever were sent again would have come before this one.
  const [last] = await submitClaims(tenant.as('member'), 1)
  const received = await arrived(receiver, 6)
  expect(received[5]!.body.data.id).toBe(last)
  expect(await logged(tenant, receiver, (log) => log.every(({ status }) => status === 'succeeded'))).toHaveLength(6)
  expect(receiver.received).toHaveLength(6)
})

test('what a gate sets off is delivered once, to the endpoint that it names, whatever that has asked for', async () => {
  const tenant = await newTenant()
  const [named, all] = [await newReceiver(tenant, { event_types: ['batch.started'] }), await newReceiver(tenant)]
  const action = (receiver: { id: string }) => ({ type: 'webhook', endpoint_id: receiver.id })
  const gate = await invoiceGate(tenant.as('admin'), { on_approve: action(named), on_reject: action(all) })
  const decide = async (verb: string) => {
    const id = await heldResult(tenant.as('service'), gate)
    const items = (await tenant.as('reviewer')(`/v1/structuring/approvals/pending?result_id=${id}`)).body.data
    await Promise.all(
      [id, ...items.map((item: any) => item.id), id].map((one, n) =>
        tenant.as(`r${n}`, ['reviewer'])(`/v1/structuring/approvals/${one}/${verb}`, { method: 'POST' }),
      ),
    )
    return id
  }
  const approved = await decide('approve')
  const rejected = await decide('reject')
  const passed = await tenant.as('service')('/v1/structuring/results', {
    method: 'POST',
    body: { gate_id: gate, data: { invoice: 'x', total: 1 } },
  })
  await Promise.all([arrived(named, 2), arrived(all, 5)])
  await upkeep()
  const told = ({ received }: typeof named) =>
    received.map(({ body: { type, data } }) => [type, data.id, data.gate_action ?? null])
  expect(told(named)).toEqual([
    ['result.approved', approved, 'on_approve'],
    ['result.approved', passed.body.id, 'on_approve'],
  ])
  expect(told(all)).toEqual([
    ['result.queued', approved, null],
    ['result.approved', approved, null],
    ['result.queued', rejected, null],
    ['result.rejected', rejected, 'on_reject'],
    ['result.approved', passed.body.id, null],
  ])
})

test('an endpoint that a gate names is not deleted', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const receiver = await newReceiver(tenant)
  const gate = await invoiceGate(admin, { on_reject: { type: 'webhook', endpoint_id: receiver.id } })
  const remove = () => admin(`/v1/webhook-endpoints/${receiver.id}`, { method: 'DELETE' })
  expect(await remove()).toMatchObject({ status: 409, body: { code: 'endpoint_in_use', gates: [gate] } })
  await admin(`/v1/structuring/gates/${gate}`, { method: 'PATCH', body: { on_reject: { type: 'none' } } })
  expect((await remove()).status).toBe(200)
})

test('an automatic approval sets off what a person’s would', async () => {
  const tenant = await newTenant()
  const receiver = await newReceiver(tenant, { event_types: ['batch.started'] })
  const gate = await invoiceGate(tenant.as('admin'), {
    on_approve: { type: 'webhook', endpoint_id: receiver.id },
    auto_approve_after_hours: 1,
  })
  const id = await heldResult(tenant.as('service'), gate)
  await env.DB.prepare('UPDATE approvals SET due_at = 1 WHERE id = ?').bind(id).run()
  await Promise.all([upkeep(), upkeep()])
  const [received] = await arrived(receiver, 1)
  await upkeep()
  expect(received!.body.data).toMatchObject({ id, actor_id: 'system:auto-approve', gate_action: 'on_approve' })
  expect(receiver.received).toHaveLength(1)
})

test('so does a rejection by the clock of a policy', async () => {
  const tenant = await newTenant()
  const receiver = await newReceiver(tenant, { event_types: ['batch.started'] })
  const admin = tenant.as('admin')
  for (const name of ['r1', 'r2', 'r3']) await tenant.as(name, ['reviewer'])('/v1/me')
  const who = { match: { kind: 'result' }, required_approvals: 2, approver_roles: ['reviewer'] }
  const policy = { name: 'In an hour', ...who, expires: { after_hours: 1, then: 'reject' } }
  expect((await admin('/v1/policies', { method: 'POST', body: policy })).status).toBe(201)
  const gate = await invoiceGate(admin, { on_reject: { type: 'webhook', endpoint_id: receiver.id } })
  const id = await heldResult(tenant.as('service'), gate)
  await env.DB.prepare('UPDATE approvals SET due_at = 1 WHERE id = ?').bind(id).run()
  await Promise.all([upkeep(), upkeep()])
  const [received] = await arrived(receiver, 1)
  await upkeep()
  expect(received!.body.data).toMatchObject({ id, actor_id: 'system:auto-reject', gate_action: 'on_reject' })
  expect(receiver.received).toHaveLength(1)
})

test('the log is listed by status and in pages; old entries are removed by the upkeep', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const receiver = await newReceiver(tenant)
  await submitClaims(tenant.as('member'), 5)
  await logged(tenant, receiver, (log) => log.length === 5 && log.every(({ status }) => status === 'succeeded'))
  const at = `/v1/webhook-endpoints/${receiver.id}/deliveries`
  expect((await admin(`${at}?status=failed`)).body.data).toEqual([])
  expect((await admin(`${at}?status=lost`)).status).toBe(422)
  const first = await admin(`${at}?status=succeeded&limit=3`)
  const next = /<https?:\/\/[^/]+(.*)>/.exec(first.headers.get('Link')!)![1]!
  const second = await admin(next)
  expect(new Set([...first.body.data, ...second.body.data].map(({ id }) => id)).size).toBe(5)
  const month = 31 * 86_400_000
  await env.DB.prepare('UPDATE webhook_deliveries SET finished_at = finished_at - ? WHERE id = ?')
    .bind(month, first.body.data[0].id)
    .run()
  await upkeep()
  expect((await admin(at)).body.data).toHaveLength(4)
})
