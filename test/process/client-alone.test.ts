import { expect, test } from 'vitest'
import { Countersign, type Connection } from '../../client/src/index.ts'

/* `@countersign/client` without a server: what it makes of what it is given, and of answers as no service gives. */

type Fetch = NonNullable<Connection['fetch']>

/** A client that gets these answers, one after the other, and the last one again; what it sent is kept. */
function answered(...answers: (Response | Fetch)[]) {
  const sent: Request[] = []
  const through: Fetch = async (request) => {
    const next = answers[Math.min(sent.length, answers.length - 1)]!
    sent.push(request)
    return typeof next === 'function' ? next(request) : next.clone()
  }
  const client = (more: Partial<Connection> = {}) =>
    new Countersign({ baseUrl: 'https://countersign.example', key: 'cs_1', fetch: through, ...more })
  return { client, sent }
}

test.each([undefined, '', 'countersign.example', 'localhost:8787', '/api', 'ftp://countersign.example', 'https://'])(
  'a client for %j is refused at once',
  (baseUrl) => {
    const make = () => new Countersign({ baseUrl: baseUrl as string, key: 'cs_1' })
    expect(make).toThrow(TypeError)
    expect(make).toThrow('baseUrl')
  },
)

test.each([undefined, null, '', 1])('a client with the key %j is refused at once', (key) => {
  const make = () => new Countersign({ baseUrl: 'https://countersign.example', key: key as string })
  expect(make).toThrow(TypeError)
  expect(make).toThrow('key')
})

test.each(['.', '..'])('%j is no part of a path: it would lead to another operation', async (rule_id) => {
  const { client, sent } = answered(new Response(null, { status: 204 }))
  const call = client().call('deleteGateRule', { path: { id: 'gate_1', rule_id } })
  await expect(call).rejects.toThrow(TypeError)
  await expect(call).rejects.toThrow('rule_id')
  expect(sent).toEqual([])
  await client().call('deleteGateRule', { path: { id: 'gate_1', rule_id: '...' } })
  expect(sent[0]!.url).toMatch(/gate_1\/rules\/\.\.\.$/)
})

test('a key in the body goes without one in the header, and is sent again like any', async () => {
  const lost: Fetch = async () => {
    throw new TypeError('The connection was lost.')
  }
  const { client, sent } = answered(lost, Response.json({}))
  const path = { instance_id: '497f6eca-6276-4993-bfeb-53cbbbba6f08' }
  const body = { idempotency_key: 'refund-1001' } as never
  await client().call('requestIntent', { path, body })
  expect(sent.map(({ headers }) => headers.get('idempotency-key'))).toEqual([null, null])
  await client().call('requestIntent', { path, body, idempotencyKey: 'refund-1001' })
  await client().call('requestIntent', { path, body: { idempotency_key: null } as never })
  const [given, made] = sent.slice(2).map(({ headers }) => headers.get('idempotency-key'))
  expect([given, made]).toEqual(['refund-1001', expect.stringMatching(/^[0-9a-f-]{36}$/)])
})

test('a redirect is followed nowhere, and is none of the answers of the service', async () => {
  const moved = new Response(null, { status: 308, headers: { location: 'https://elsewhere.example/v1/me' } })
  const { client, sent } = answered(moved)
  await expect(client().call('whoAmI')).rejects.toMatchObject({
    code: 'unreadable',
    status: 308,
    detail: expect.stringContaining('https://elsewhere.example/v1/me'),
  })
  expect(sent.map(({ redirect }) => redirect)).toEqual(['manual'])
  // As browsers show one.
  const opaque = Object.defineProperties(new Response(null), {
    type: { value: 'opaqueredirect' },
    status: { value: 0 },
    ok: { value: false },
  })
  const browser = answered(async () => opaque)
  const waits = browser.client().waitForDecision('req_1', { timeout: 1_000 })
  await expect(waits).rejects.toMatchObject({
    code: 'unreadable',
    status: 0,
    detail: expect.stringMatching(/redirect/),
  })
  expect(browser.sent).toHaveLength(1)
})

/** An answer whose body ends in the middle; without `error` it never ends. */
function half(text: string, error?: Error, init?: ResponseInit): Response {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text))
      if (error) setTimeout(() => controller.error(error), 10)
    },
  })
  return new Response(body, { headers: { 'content-type': 'application/json' }, ...init })
}

test('an answer that breaks off is none: it is asked for again under the same key', async () => {
  const cut = async () => half('{"id":"req', new TypeError('terminated'))
  const refused = async () => half('{"code":"stor', new TypeError('terminated'), { status: 503 })
  const { client, sent } = answered(cut, refused, Response.json({ id: 'req_1' }))
  expect(await client().request({ type: 'a', title: 'b' })).toEqual({ id: 'req_1' })
  expect(new Set(sent.map(({ headers }) => headers.get('idempotency-key'))).size).toBe(1)
  expect(sent).toHaveLength(3)

  const once = answered(cut, Response.json({}))
  const path = { instance_id: '497f6eca-6276-4993-bfeb-53cbbbba6f08' }
  await expect(once.client().call('leaseOutbox', { path })).rejects.toMatchObject({ code: 'no_answer', status: 200 })
  expect(once.sent).toHaveLength(1)
  const over = async () => half('{', new TypeError('terminated'), { status: 429, headers: { 'retry-after': '0' } })
  expect(await answered(over, Response.json({})).client().call('leaseOutbox', { path })).toEqual({})
})

test('an answer that stalls is none, whatever the connection makes of a signal', async () => {
  const stalled = async () => half('{"id":"req')
  const { client } = answered(stalled, () => new Promise<Response>(() => undefined), Response.json({ id: 'req_1' }))
  expect(await client({ attemptTimeout: 50 }).request({ type: 'a', title: 'b' })).toEqual({ id: 'req_1' })
  const controller = new AbortController()
  const given = answered(stalled).client().call('whoAmI', { signal: controller.signal })
  setTimeout(() => controller.abort(new Error('Enough.')), 50)
  await expect(given).rejects.toThrow('Enough.')
})

const lines = (text: string) =>
  new Response(text, { headers: { 'content-type': 'application/x-ndjson; charset=utf-8' } })

test('streams are handed on as streams, and may take longer than an attempt', async () => {
  const events = new ReadableStream({
    async start(controller) {
      controller.enqueue(new TextEncoder().encode('event: progress\n\n'))
      await new Promise((resolve) => setTimeout(resolve, 150))
      controller.enqueue(new TextEncoder().encode('event: completed\n\n'))
      controller.close()
    },
  })
  const answer = new Response(events, { headers: { 'content-type': 'text/event-stream' } })
  const follower = answered(async () => answer)
  const stream = await follower.client({ attemptTimeout: 50 }).call('followBatch', { path: { batch_id: 'bat_1' } })
  expect(await new Response(stream).text()).toBe('event: progress\n\nevent: completed\n\n')
  expect(follower.sent[0]!.headers.get('accept')).toBe('text/event-stream')

  const exporter = answered(lines('{"seq":1}\n{"seq":2}\n'))
  const history = await exporter.client().call('exportHistory')
  expect(await new Response(history).text()).toBe('{"seq":1}\n{"seq":2}\n')
  expect(exporter.sent[0]!.headers.get('accept')).toBe('application/x-ndjson')

  const feed = answered(Response.json({ data: [], next: 0 }))
  expect((await feed.client().call('listEvents')).next).toBe(0)
  expect(feed.sent[0]!.headers.get('accept')).toBe('application/json')
})

test('an answer that is not the service’s is none of its own, whatever its status', async () => {
  const wall = new Response('<!doctype html><title>Sign in</title>', { headers: { 'content-type': 'text/html' } })
  const unreadable = { code: 'unreadable', status: 200, detail: expect.stringContaining('Sign in') }
  await expect(answered(wall).client().call('whoAmI')).rejects.toMatchObject(unreadable)
  await expect(answered(wall).client().find('order-1001')).rejects.toMatchObject(unreadable)
  await expect(answered(wall).client().call('exportHistory')).rejects.toMatchObject(unreadable)
  for (const other of [lines('{}\n'), new Response('{}')])
    await expect(answered(other).client().call('whoAmI')).rejects.toMatchObject({ code: 'unreadable' })
  const path = { batch_id: 'bat_1' }
  for (const other of [lines('{}\n'), new Response(null), Response.json({})])
    await expect(answered(other).client().call('followBatch', { path })).rejects.toMatchObject({ code: 'unreadable' })
  expect(
    await answered(new Response(null, { status: 204 }))
      .client()
      .call('deletePolicy', { path: { id: 'p' } }),
  ).toBe(undefined)
})

const standing = (status: string) => Response.json({ id: 'req_1', status })
const lost: Fetch = async () => {
  throw new TypeError('The connection was lost.')
}
/** Never answers, and ends with its signal. */
const stalled: Fetch = ({ signal }) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
const waitsOf = (sent: readonly Request[]) => sent.map(({ url }) => Number(new URL(url).searchParams.get('wait')))

/** How a wait ends, and after how many milliseconds. */
async function waited(client: Countersign, timeout: number) {
  const began = Date.now()
  const end = await client.waitForDecision('req_1', { timeout }).then(
    ({ status }) => status,
    ({ code }) => code as string,
  )
  return { end, ms: Date.now() - began }
}

test.each([
  ['lost', lost],
  ['stalled', stalled],
  ['busy', async () => Response.json({ code: 'rate_limited' }, { status: 429, headers: { 'retry-after': '60' } })],
  ['down', async () => new Response('<p>Bad gateway', { status: 502 })],
])('a wait whose connection is %s meanwhile is over in its time, and pending', async (_, broken: Fetch) => {
  const known = answered(standing('pending'), broken)
  const { end, ms } = await waited(known.client(), 1_200)
  expect(end).toBe('pending')
  expect(ms).toBeGreaterThanOrEqual(1_150)
  expect(ms).toBeLessThan(1_900)
  const unknown = await waited(answered(broken).client({ attemptTimeout: 500 }), 1_200)
  expect(unknown.end).toMatch(/no_answer|rate_limited|unreadable/)
  expect(unknown.ms).toBeLessThan(2_400)
})

test('each try of a wait waits for what is left, and for less than an attempt may take', async () => {
  const passing = answered(lost, standing('pending'), lost, standing('approved'))
  expect(await waited(passing.client({ attemptTimeout: 3_000 }), 30_000)).toMatchObject({ end: 'approved' })
  expect(waitsOf(passing.sent)).toEqual([1, 1, 1, 1])
  const patient = answered(lost, standing('approved'))
  await waited(patient.client(), 40_000)
  expect(waitsOf(patient.sent)).toEqual([40, 39])
  const long = answered(standing('approved'))
  await long.client().waitForDecision('req_1')
  expect(waitsOf(long.sent)).toEqual([50])
  const hasty = answered(standing('pending'))
  expect(await waited(hasty.client({ attemptTimeout: 500 }), 1_500)).toMatchObject({ end: 'pending' })
  expect(hasty.sent.length).toBeLessThan(5)
  const now = answered(standing('pending'))
  expect(await waited(now.client(), 0)).toMatchObject({ end: 'pending' })
  expect(waitsOf(now.sent)).toEqual([0])
})
