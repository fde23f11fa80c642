import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import { overSocket } from '../support/over-socket.ts'
import { newTenant } from '../support/tenant.ts'

const path = '/api/v1/claims'
/** With other bindings than a server's, so without one. */
const inside = test.skipIf(overSocket)
const trip = { description: 'Train to Bern', amount: 4250, currency: 'CHF' }

/** The service with limiters that let each caller pass so often; `asked` is whom they were asked about. */
function limitedTo(most: { key?: number; address?: number }) {
  const asked: string[] = []
  const limiter = (limit = Infinity) => ({
    limit: async ({ key }: { key: string }) => {
      asked.push(key)
      return { success: asked.filter((one) => one === key).length <= limit }
    },
  })
  const app = createApp()
  const bindings = {
    ...env,
    RATE_LIMIT: 'on',
    RATE_LIMITER: limiter(most.key),
    ADDRESS_RATE_LIMITER: limiter(most.address),
  }
  const call = async (to: string, headers: Record<string, string>, body?: unknown) => {
    const request = {
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }
    const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} }
    const answer = await app.request(to, request, bindings, context as never)
    const [, queries] = /desc="(\d+)q/.exec(answer.headers.get('Server-Timing') ?? '') ?? []
    return {
      status: answer.status,
      headers: answer.headers,
      body: /json/.test(answer.headers.get('Content-Type') ?? '')
        ? ((await answer.json()) as any)
        : await answer.text(),
      queries: Number(queries),
    }
  }
  return { call, asked }
}

inside('the rate is per key: 429 with Retry-After, and calls that are refused with 403 count', async () => {
  const tenant = await newTenant()
  const [busy, calm] = [{ 'X-API-Key': await tenant.key('member') }, { 'X-API-Key': await tenant.key('reviewer') }]
  const { call } = limitedTo({ key: 3 })
  const sent = [
    await call(`${path}/clm_nobody`, busy),
    await call(`${path}/clm_nobody/approve`, busy, {}),
    await call(path, { ...busy, 'X-Tenant-Id': 'other' }),
    await call(path, busy),
    await call(path, busy, trip),
    await call('/api/v1/nothing', busy, trip),
  ]
  expect(sent.map(({ status }) => status)).toEqual([404, 403, 403, 429, 429, 429])
  expect(sent[3]?.headers.get('Retry-After')).toBe('60')
  expect(sent[3]?.body).toMatchObject({ code: 'rate_limited' })
  expect((await call(path, calm)).status).toBe(200)
})

inside('what was done once is answered again over the rate; a new creation is not begun', async () => {
  const tenant = await newTenant()
  const key = { 'X-API-Key': await tenant.key('member') }
  const { call } = limitedTo({ key: 1 })
  const first = await call(path, { ...key, 'Idempotency-Key': 'done' }, trip)
  const again = await call(path, { ...key, 'Idempotency-Key': 'done' }, trip)
  expect([first.status, again.status, again.headers.get('Idempotency-Replayed')]).toEqual([201, 201, 'true'])
  expect(again.body).toEqual(first.body)
  // Of a rate of one the second call goes on, to see whether it was answered before.
  const { call: later } = limitedTo({ key: 1 })
  const begun = [await later(path, key), await later(path, { ...key, 'Idempotency-Key': 'new' }, trip)]
  expect(begun.map(({ status }) => status)).toEqual([200, 429])
  const listed = await tenant.as('member')(path)
  expect(listed.body.pagination.total).toBe(1)
  // Even these are counted: who only ever repeats is stopped at twice the rate.
  const replays = await Promise.all(
    Array.from({ length: 5 }, () => call(path, { ...key, 'Idempotency-Key': 'done' }, trip)),
  )
  expect(replays.map(({ status }) => status)).toEqual([429, 429, 429, 429, 429])
})

inside('an intent is answered again over the rate by the key in its body', async () => {
  const tenant = await newTenant()
  const key = { 'X-API-Key': await tenant.key('service') }
  const to = `/internal/v1/instances/${crypto.randomUUID()}/approvals/request`
  const asks = { action: 'a', skill_slug: 's', customer_id: crypto.randomUUID(), serialized_intent: {} }
  const { call } = limitedTo({ key: 1 })
  const first = await call(to, key, { ...asks, idempotency_key: 'k' })
  for (const asked of [asks, { ...asks, idempotency_key: 'other' }]) {
    const { call: over } = limitedTo({ key: 1 })
    const begun = [await over(to.replace('request', 'pending'), key), await over(to, key, asked)]
    expect(begun.map(({ status }) => status)).toEqual([422, 429])
  }
  // The one call that a rate of one leaves over the rate.
  const replay = await call(to, key, { ...asks, idempotency_key: 'k' })
  expect([first.status, replay.status, replay.body]).toEqual([201, 200, first.body])
})

inside(
  'each message of a batch over MCP is a call: one that is too large for the rate is refused as a whole',
  async () => {
    const tenant = await newTenant()
    const headers = { 'X-API-Key': await tenant.key('member'), Accept: 'application/json, text/event-stream' }
    const params = { name: 'request_approval', arguments: { type: 'x', title: 'Batched' } }
    const batch = (size: number) =>
      Array.from({ length: size }, (_, id) => ({ jsonrpc: '2.0', id, method: 'tools/call', params }))
    const { call } = limitedTo({ key: 5 })
    expect((await call('/mcp', headers, batch(3))).status).toBe(200)
    expect(await call('/mcp', headers, batch(3))).toMatchObject({ status: 429, body: { code: 'rate_limited' } })
    expect((await tenant.as('member')('/v1/requests')).body.data).toHaveLength(3)
    const { asked, call: unlimited } = limitedTo({})
    expect((await unlimited('/mcp', headers, batch(101))).status).toBe(400)
    expect(asked).toHaveLength(100)
  },
)

inside('calls without a good key are limited by address before anything is looked up', async () => {
  const tenant = await newTenant()
  const { call, asked } = limitedTo({ address: 3 })
  const from = (address: string, key?: string) =>
    call(path, { 'CF-Connecting-IP': address, ...(key !== undefined && { 'X-API-Key': key }) })
  const guesses = [
    await from('192.0.2.1'),
    await from('192.0.2.1', 'cs_guess_1'),
    await from('192.0.2.1', 'cs_guess_2'),
    await from('192.0.2.1', 'cs_guess_3'),
    await from('192.0.2.1'),
  ]
  expect(guesses.map(({ status, queries }) => [status, queries])).toEqual([
    [401, 0],
    [401, 1],
    [401, 1],
    [429, 0],
    [429, 0],
  ])
  expect(guesses[3]?.headers.get('Retry-After')).toBe('60')
  expect((await from('192.0.2.2', 'cs_guess_4')).status).toBe(401)
  // A key that was good a moment ago vouches for its caller, whatever others send from there.
  const key = await tenant.key('member')
  expect((await from('192.0.2.1', key)).status).toBe(429)
  expect((await from('192.0.2.3', key)).status).toBe(200)
  expect((await from('192.0.2.1', key)).status).toBe(200)
  expect(asked.filter((one) => one === '192.0.2.3')).toHaveLength(1)
})

inside('one caller has all the addresses of an IPv6 network', async () => {
  const { call } = limitedTo({ address: 1 })
  const from = async (address: string) => (await call(path, { 'CF-Connecting-IP': address })).status
  expect([await from('2001:db8::1'), await from('2001:db8::ffff:2'), await from('2001:db8:0:1::1')]).toEqual([
    401, 429, 401,
  ])
})

inside('a key that there is not is remembered for some seconds, and not looked up again', async () => {
  const { call } = limitedTo({})
  const guess = { 'X-API-Key': `cs_guess_${crypto.randomUUID()}` }
  const tries = [await call(path, guess), await call(path, guess), await call(path, guess)]
  expect(tries.map(({ status, queries }) => [status, queries])).toEqual([
    [401, 1],
    [401, 0],
    [401, 0],
  ])
})

inside('what is open is limited by address too', async () => {
  const { call } = limitedTo({ address: 1 })
  const from = async (to: string, address: string) => (await call(to, { 'CF-Connecting-IP': address })).status
  for (const [index, to] of ['/healthz', '/openapi.json'].entries()) {
    expect([await from(to, `192.0.2.${index}`), await from(to, `192.0.2.${index}`)]).toEqual([200, 429])
  }
})

inside('with the platform’s own limiters a call passes', async () => {
  const key = await (await newTenant()).key('member')
  const headers = { 'X-API-Key': key, 'CF-Connecting-IP': '198.51.100.7' }
  const answer = await createApp().request(path, { headers }, { ...env, RATE_LIMIT: 'on' })
  expect(answer.status).toBe(200)
})
