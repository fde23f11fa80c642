import { env } from 'cloudflare:workers'
import { beforeAll, expect, test } from 'vitest'
import { systemContext } from '../../src/context.ts'
import type { Db } from '../../src/db/open-db.ts'
import { deliverDue } from '../../src/webhooks/deliver-due.ts'
import { purgeWebhooks, relayWebhooks } from '../../src/webhooks/relay.ts'
import { submitClaims } from '../support/batches.ts'
import { arrived, logged, newReceiver, type Receiver } from '../support/receiver.ts'
import { middleHalfOf, middleOf, storedOthers } from '../support/scale.ts'
import { storeRows } from '../support/stored-rows.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'

/* What webhooks cost, beside many deliveries that wait for their time; counted, never timed. */

let tenant: Tenant
let receiver: Receiver

const system = () => systemContext(env, 'system:webhooks', Date.now(), tenant.id)

beforeAll(async () => {
  tenant = await newTenant()
  receiver = await newReceiver(tenant)
  await submitClaims(tenant.as('member'), 1)
  await arrived(receiver, 1)
  await logged(tenant, receiver, ([one]) => one.status === 'succeeded')
  await storeRows(storedOthers, (rows) => [
    env.DB.prepare(
      `${rows} INSERT INTO webhook_deliveries (id, tenant_id, endpoint_id, event_seq, event_type, status, next_attempt_at, created_at)
       SELECT printf('msg_%08d', i), ?1, ?2, (SELECT max(seq) FROM events WHERE tenant_id = ?1), 'claim.submitted', 'pending', ?3, i FROM n`,
    ).bind(tenant.id, receiver.id, Date.now() + 86_400_000),
  ])
}, 600_000)

test('a sweep with nothing due: one round trip, at most 5 rows', async () => {
  for (const job of [relayWebhooks, purgeWebhooks]) {
    const ctx = system()
    expect(await job(ctx)).toBe(0)
    expect(ctx.db.cost.queries).toBe(1)
    expect(ctx.db.cost.rowsRead).toBeLessThanOrEqual(5)
  }
})

test('a sender with nothing due: two round trips, a handful of rows', async () => {
  const ctx = system()
  expect(await deliverDue(ctx, receiver.id, 'first')).toBeNull()
  const repeated = system()
  expect(await deliverDue(repeated, receiver.id, 'repeated')).toBeGreaterThan(Date.now())
  for (const { db } of [ctx, repeated]) {
    expect(db.cost.queries).toBe(2)
    expect(db.cost.rowsRead).toBeLessThanOrEqual(20)
  }
})

test('many deliveries to a receiver that is nearer than the database: twenty to a round trip, some fifteen rows each, in order and once', async () => {
  const many = 250
  const busy = await newTenant()
  const near = await newReceiver(busy)
  const { id } = near
  const ids = await submitClaims(busy.as('member'), many)
  await arrived(near, many)
  await logged(busy, near, (log) => log.every(({ status }) => status === 'succeeded'))
  await env.DB.batch([
    env.DB.prepare('DELETE FROM webhook_deliveries WHERE endpoint_id = ?').bind(id),
    env.DB.prepare('UPDATE webhook_endpoints SET taken_seq = taken_seq - ? WHERE id = ?').bind(many, id),
  ])
  near.received.length = 0
  const ctx = systemContext(env, 'system:webhooks', Date.now(), busy.id)
  const { db } = ctx
  const far: Db = {
    ...db,
    async batch(transaction) {
      // What is read meanwhile is not to be what has been sent and is not recorded yet.
      await new Promise((done) => setTimeout(done, 'attempts' in transaction ? 100 : 20))
      return db.batch(transaction)
    },
  }
  expect(await deliverDue({ ...ctx, db: far }, id, 'first')).toBeNull()
  expect(near.received.map(({ body }) => body.data.id)).toEqual(ids)
  const { results } = await env.DB.prepare('SELECT status FROM webhook_deliveries WHERE endpoint_id = ?').bind(id).all()
  expect(results).toEqual(Array.from({ length: many }, () => ({ status: 'succeeded' })))
  expect(db.cost.queries).toBeLessThanOrEqual(many / 20)
  expect(db.cost.rowsRead).toBeLessThanOrEqual(many * 16)
})

test('who writes pays nothing for endpoints', async () => {
  const claim = { description: 'x', amount: 1, currency: 'EUR' }
  const silent = await newTenant()
  await silent.as('member')('/api/v1/claims')
  await submitClaims(silent.as('member'), 1)
  const submit = (one: Tenant) => one.as('member')('/api/v1/claims', { method: 'POST', body: claim })
  const [with_, without] = [await submit(tenant), await submit(silent)]
  expect(with_.cost).toEqual({ ...without.cost, rowsRead: with_.cost.rowsRead })
  expect(with_.cost.rowsRead).toBeLessThanOrEqual(without.cost.rowsRead + 2)
  await arrived(receiver, 2)
})

test('register, read, change, list, log, replay: one round trip, or one and what it takes to wake the sender', async () => {
  const admin = tenant.as('admin')
  const path = `/v1/webhook-endpoints/${receiver.id}`
  await admin(path)
  const answers = [
    await admin('/v1/webhook-endpoints', {
      method: 'POST',
      body: { url: 'https://hooks.example.com/', enabled: false },
    }),
    await admin(path),
    await admin(path, { method: 'PATCH', body: { description: 'x' } }),
    await admin('/v1/webhook-endpoints'),
    await admin('/v1/webhook-deliveries/msg_00000007/replay', { method: 'POST' }),
  ]
  for (const { status, cost } of answers) {
    expect([status < 300, cost.queries]).toEqual([true, 1])
    expect(cost.rowsRead).toBeLessThanOrEqual(20)
  }
  for (const query of [
    '',
    'status=pending',
    'status=succeeded',
    `status=pending&cursor=${middleOf('msg', storedOthers)}`,
  ]) {
    const { status, cost } = await admin(`${path}/deliveries?limit=50&${query}`)
    expect([status, cost.queries]).toEqual([200, 1])
    expect(cost.rowsRead).toBeLessThanOrEqual(3 * 50 + 20)
  }
})

test('deliveries of a time are read no further than the page, and one costs a handful of rows', async () => {
  const path = `/v1/webhook-endpoints/${receiver.id}/deliveries?limit=50&${middleHalfOf(storedOthers)}`
  for (const query of ['', '&status=pending', `&cursor=${middleOf('msg', storedOthers)}`]) {
    const { status, body, cost } = await tenant.as('admin')(path + query)
    expect([status, body.data.length, cost.queries]).toEqual([200, 50, 1])
    expect(cost.rowsRead).toBeLessThanOrEqual(3 * 50 + 20)
  }
  const one = await tenant.as('admin')('/v1/webhook-deliveries/msg_00000009')
  expect([one.status, one.cost.queries]).toEqual([200, 1])
  expect(one.cost.rowsRead).toBeLessThanOrEqual(10)
})

test('a test that is refused reads nothing of what has happened in the tenant', async () => {
  const busy = await newTenant()
  const admin = busy.as('admin')
  const disabled = { url: 'https://hooks.example.com/', enabled: false }
  const { id } = (await admin('/v1/webhook-endpoints', { method: 'POST', body: disabled })).body
  await submitClaims(busy.as('member'), 60)
  const { status, cost } = await admin(`/v1/webhook-endpoints/${id}/test`, { method: 'POST' })
  expect([status, cost.queries]).toEqual([409, 2])
  expect(cost.rowsRead).toBeLessThanOrEqual(20)
})
