import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import { maintain } from '../../src/maintenance/maintain.ts'
import { submitClaims } from '../support/batches.ts'
import { overSocket } from '../support/over-socket.ts'
import { arrived, logged, newReceiver } from '../support/receiver.ts'
import { newTenant } from '../support/tenant.ts'

const path = '/v1/webhook-endpoints'
const url = 'https://hooks.example.com/in'

test('the secret is shown once, and stored encrypted', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const made = await admin(path, { method: 'POST', body: { url, description: 'Books' } })
  expect(made).toMatchObject({
    status: 201,
    body: { id: expect.stringMatching(/^whe_/), url, event_types: ['*'], description: 'Books', enabled: true },
  })
  expect(made.body.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  const { secret, ...rest } = made.body
  expect((await admin(`${path}/${rest.id}`)).body).toEqual(rest)
  expect((await admin(path)).body).toEqual({ data: [rest], next: null })
  const dump = JSON.stringify((await env.DB.prepare('SELECT * FROM webhook_endpoints').all()).results)
  expect(dump).not.toContain(secret.slice(6, 20))
})

test('a repeated registration with its key gives the same endpoint and secret, which the key does not store', async () => {
  const tenant = await newTenant()
  const call = { method: 'POST', body: { url }, headers: { 'Idempotency-Key': 'k' } }
  const first = await tenant.as('admin')(path, call)
  const again = await tenant.as('admin')(path, call)
  expect(again.body).toEqual(first.body)
  expect(again.headers.get('Idempotency-Replayed')).toBe('true')
  const kept = await env.DB.prepare('SELECT answer FROM idempotency_keys WHERE tenant_id = ?').bind(tenant.id).first()
  expect(JSON.stringify(kept)).not.toContain('whsec_')
  expect((await tenant.as('admin')(path)).body.data).toHaveLength(1)
})

/** The local server lets webhooks go to its own machine. */
const loopback = ['localhost', '127.1', '0x7f000001', '2130706433', '017700000001'].map((host) => `https://${host}/`)

test.each([
  'http://hooks.example.com/',
  'https://hooks.example.com:8443/',
  'https://user:pass@hooks.example.com/',
  ...(overSocket ? [] : loopback),
  'https://[::ffff:169.254.169.254]/',
  'ftp://hooks.example.com/',
  'nonsense',
])('an endpoint at %s is refused, at registration and when it changes', async (bad) => {
  const admin = (await newTenant()).as('admin')
  const refused = { status: 422, body: { code: 'invalid_input', errors: [{ in: 'body', pointer: '/url' }] } }
  expect(await admin(path, { method: 'POST', body: { url: bad } })).toMatchObject(refused)
  const made = await admin(path, { method: 'POST', body: { url } })
  expect(await admin(`${path}/${made.body.id}`, { method: 'PATCH', body: { url: bad } })).toMatchObject(refused)
})

test('what is wrong with an endpoint is said, all of it', async () => {
  const admin = (await newTenant()).as('admin')
  for (const event_types of [[], ['*', 'claim.approved'], ['claim.voted'], 'claim.approved', ['endpoint.test']]) {
    expect((await admin(path, { method: 'POST', body: { url, event_types } })).status).toBe(422)
  }
  const { body } = await admin(path, { method: 'POST', body: { url: '', event_types: [], secret: 'x' } })
  expect(body.errors.map((one: any) => one.pointer).sort()).toEqual(['/event_types', '/secret', '/url'])
})

test('change, disable, delete', async () => {
  const admin = (await newTenant()).as('admin')
  const { id } = (await admin(path, { method: 'POST', body: { url } })).body
  const change = { event_types: ['claim.approved'], description: null, enabled: false }
  expect((await admin(`${path}/${id}`, { method: 'PATCH', body: change })).body).toMatchObject({
    ...change,
    url,
    disabled_reason: 'by_admin',
  })
  expect((await admin(`${path}/${id}`, { method: 'PATCH', body: { enabled: true } })).body).toMatchObject({
    ...change,
    enabled: true,
    disabled_reason: null,
  })
  expect((await admin(`${path}/${id}`, { method: 'DELETE' })).body).toEqual({ id, deleted: true })
  for (const [method, more] of [
    ['GET', ''],
    ['DELETE', ''],
    ['GET', '/deliveries'],
    ['POST', '/test'],
    ['POST', '/rotate-secret'],
  ] as const)
    expect((await admin(`${path}/${id}${more}`, { method })).status).toBe(404)
})

test('a tenant has at most 16 endpoints; a page at a time is listed', async () => {
  const admin = (await newTenant()).as('admin')
  const ids: string[] = []
  for (let n = 0; n < 16; n += 1) ids.unshift((await admin(path, { method: 'POST', body: { url } })).body.id)
  const one = await admin(path, { method: 'POST', body: { url } })
  expect(one).toMatchObject({ status: 409, body: { code: 'endpoint_limit' } })
  expect(one.cost.queries).toBe(1)
  expect(one.cost.rowsRead).toBeLessThanOrEqual(20)
  const first = await admin(`${path}?limit=10`)
  const next = new URL(/<(.*)>/.exec(first.headers.get('Link')!)![1]!)
  const second = await admin(next.pathname + next.search)
  expect([...first.body.data, ...second.body.data].map(({ id }) => id)).toEqual(ids)
  expect([second.headers.get('Link'), first.cost.queries]).toEqual([null, 1])
})

test('without a key for the secrets: a clear refusal, and nothing is registered', async () => {
  const tenant = await newTenant()
  const app = createApp()
  for (const WEBHOOK_SECRET_KEY of [undefined, 'short', btoa('short')]) {
    const headers = { 'X-API-Key': await tenant.key('admin'), 'Content-Type': 'application/json' }
    const request = { method: 'POST', body: JSON.stringify({ url }), headers }
    const answer = await app.request(path, request, { ...env, WEBHOOK_SECRET_KEY })
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({ code: 'webhooks_unavailable' })
  }
  expect((await tenant.as('admin')(path)).body.data).toEqual([])
})

test('a test is sent at once, to that endpoint alone, whatever it asked for; its key makes it one', async () => {
  const tenant = await newTenant()
  const [mine, other] = [await newReceiver(tenant, { event_types: ['batch.started'] }), await newReceiver(tenant)]
  const call = { method: 'POST', headers: { 'Idempotency-Key': 't' } }
  const sent = await tenant.as('admin')(`${path}/${mine.id}/test`, call)
  expect(sent).toMatchObject({ status: 201, body: { status: 'pending', event_type: 'endpoint.test', attempts: [] } })
  expect((await tenant.as('admin')(`${path}/${mine.id}/test`, call)).body).toEqual(sent.body)
  const [first] = await arrived(mine, 1)
  expect(first).toMatchObject({
    id: sent.body.id,
    body: { type: 'endpoint.test', data: { id: mine.id, actor_id: 'usr_admin' } },
  })
  const [log] = await logged(tenant, mine, ([one]) => one.status === 'succeeded')
  expect(log).toMatchObject({ id: sent.body.id, event_id: sent.body.event_id, attempt_count: 1, next_attempt_at: null })
  expect([mine.received.length, other.received.length]).toEqual([1, 0])
})

test('a disabled endpoint is neither tested nor replayed to, and what waited for it has failed', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const receiver = await newReceiver(tenant, {}, () => new Response('down', { status: 503 }))
  await submitClaims(tenant.as('member'), 1)
  await logged(tenant, receiver, ([one]) => one?.attempt_count === 1)
  await admin(`${path}/${receiver.id}`, { method: 'PATCH', body: { enabled: false } })
  const [held] = await logged(tenant, receiver, ([one]) => one.status === 'failed')
  expect(held.attempts.at(-1)).toMatchObject({ error: 'the endpoint is disabled', response_status: null })
  const refused = { status: 409, body: { code: 'endpoint_disabled' } }
  expect(await admin(`${path}/${receiver.id}/test`, { method: 'POST' })).toMatchObject(refused)
  expect(await admin(`/v1/webhook-deliveries/${held.id}/replay`, { method: 'POST' })).toMatchObject(refused)
  await submitClaims(tenant.as('member'), 1)
  expect((await admin(`${path}/${receiver.id}/deliveries`)).body.data).toHaveLength(1)
  receiver.answer = () => {}
  await admin(`${path}/${receiver.id}`, { method: 'PATCH', body: { enabled: true } })
  await admin(`/v1/webhook-deliveries/${held.id}/replay`, { method: 'POST' })
  const [again] = await logged(tenant, receiver, ([one]) => one.status === 'succeeded')
  expect(again).toMatchObject({ id: held.id, attempt_count: 2 })
})

test('a rotated secret: both sign for a day, also after another rotation, then the new one alone', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const receiver = await newReceiver(tenant)
  const test = () => admin(`${path}/${receiver.id}/test`, { method: 'POST' })
  await test()
  await arrived(receiver, 1)
  const rotated = await admin(`${path}/${receiver.id}/rotate-secret`, { method: 'POST' })
  expect(rotated.body.secret).not.toBe(receiver.secret)
  const hours = (Date.parse(rotated.body.previous_secret_valid_until) - Date.now()) / 3_600_000
  expect(hours).toBeGreaterThan(23.9)
  await admin(`${path}/${receiver.id}/rotate-secret`, { method: 'POST' })
  await test()
  await arrived(receiver, 2)
  const old = receiver.secret
  receiver.secret = rotated.body.secret
  await test()
  const received = await arrived(receiver, 3)
  expect(received.map(({ signatures }) => signatures.length)).toEqual([1, 3, 3])
  const column = "json_set(old_secrets, '$[0].until', 1, '$[1].until', 1)"
  await env.DB.prepare(`UPDATE webhook_endpoints SET old_secrets = ${column} WHERE id = ?`).bind(receiver.id).run()
  const last = await admin(`${path}/${receiver.id}/rotate-secret`, { method: 'POST' })
  receiver.secret = last.body.secret
  await test()
  expect((await arrived(receiver, 4))[3]!.signatures).toHaveLength(2)
  receiver.secret = old
  await test()
  const [unsigned] = await logged(tenant, receiver, ([one]) => one.attempt_count === 1)
  expect(unsigned.attempts[0].error).toContain(overSocket ? 'connection lost' : 'No matching signature')
})

test('an older secret that can no longer be read keeps nothing from being sent', async () => {
  const tenant = await newTenant()
  const receiver = await newReceiver(tenant)
  receiver.secret = (await tenant.as('admin')(`${path}/${receiver.id}/rotate-secret`, { method: 'POST' })).body.secret
  const unreadable = `json_set(old_secrets, '$[0].secret', 'AAAA.AAAA')`
  await env.DB.prepare(`UPDATE webhook_endpoints SET old_secrets = ${unreadable} WHERE id = ?`).bind(receiver.id).run()
  await tenant.as('admin')(`${path}/${receiver.id}/test`, { method: 'POST' })
  expect((await arrived(receiver, 1))[0]!.signatures).toHaveLength(1)
})

test('however often a secret is rotated, at most six sign', async () => {
  const tenant = await newTenant()
  const receiver = await newReceiver(tenant)
  const rotate = () => tenant.as('admin')(`${path}/${receiver.id}/rotate-secret`, { method: 'POST' })
  for (let n = 0; n < 9; n += 1) receiver.secret = (await rotate()).body.secret
  const fourBefore = receiver.secret
  for (let n = 0; n < 4; n += 1) await rotate()
  receiver.secret = fourBefore
  await tenant.as('admin')(`${path}/${receiver.id}/test`, { method: 'POST' })
  expect((await arrived(receiver, 1))[0]!.signatures).toHaveLength(6)
})

test('of a deleted endpoint nothing stays, after the upkeep', async () => {
  const tenant = await newTenant()
  const receiver = await newReceiver(tenant)
  await submitClaims(tenant.as('member'), 3)
  await logged(tenant, receiver, (log) => log.length === 3 && log.every(({ status }) => status === 'succeeded'))
  await tenant.as('admin')(`${path}/${receiver.id}`, { method: 'DELETE' })
  await maintain({ ...env, LOG_REQUESTS: 'off' }, Date.now())
  for (const table of ['webhook_deliveries', 'webhook_endpoints'])
    expect(await env.DB.prepare(`SELECT * FROM ${table} WHERE tenant_id = ?`).bind(tenant.id).first()).toBeNull()
})
