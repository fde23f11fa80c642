import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Webhook } from 'standardwebhooks'
import { Countersign, isCountersignError, verifyWebhook, WebhookVerificationError } from '../../client/src/index.ts'
import type { Connection } from '../../client/src/index.ts'
import { startReceiver } from '../support/real-receiver.ts'
import { startServer, type Server } from '../support/server.ts'

/* `@countersign/client` against the server that `npm start` starts. */

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.dispose())

const as = (name: string, more: Partial<Connection> = {}) =>
  new Countersign({ baseUrl: `${server.origin}/`, key: `cs_demo_${name}`, ...more })
const deployment = { type: 'deployment', title: 'Deploy web 4.2.0', details: { service: 'web' } }
const failed = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('It did not fail.'),
    (error: unknown) => error as Record<string, unknown>,
  )

/** A connection over which the answers to these attempts are lost, counted from 0. */
function losing(...lost: number[]) {
  const sent: Request[] = []
  const through = async (request: Request) => {
    sent.push(request.clone())
    const response = await fetch(request)
    if (!lost.includes(sent.length - 1)) return response
    await response.arrayBuffer()
    throw new TypeError('The connection was lost.')
  }
  return { sent, through }
}

test('asks, waits, redeems what was approved once, and reports', async () => {
  const external_ref = `deploy-${crypto.randomUUID()}`
  const asked = await as('service').request({ ...deployment, external_ref })
  expect(await as('service').find(external_ref)).toEqual(asked)
  expect(await as('service').find('never-asked')).toBeNull()
  expect(await as('service').waitForDecision(asked.id, { timeout: 0 })).toMatchObject({ status: 'pending' })
  const decided = as('service').waitForDecision(asked.id)
  await as('reviewer').call('approveRequest', { path: { id: asked.id }, body: { digest: asked.digest } })
  const decision = await decided
  expect(decision).toMatchObject({ status: 'approved', decided_by: 'usr_reviewer' })
  expect(await as('service').redeem(decision)).toMatchObject({ details: { service: 'web' } })
  const reported = await as('service').report(asked.id, { outcome: 'succeeded', result: { run: 42 } })
  expect(reported.redemption).toMatchObject({ state: 'redeemed', outcome: 'succeeded', result: { run: 42 } })
  const again = await failed(as('service').redeem(asked))
  expect(isCountersignError(again, 'already_redeemed')).toBe(true)
  expect(again).toMatchObject({
    status: 409,
    requestId: expect.any(String),
    message: expect.stringMatching(/^already_/),
  })
})

test('a reference is one’s own, whoever else has it and keeps that to themselves', async () => {
  const external_ref = `order-${crypto.randomUUID()}`
  const ask = (name: string, restricted = true) => as(name).request({ ...deployment, external_ref, restricted })
  const [theirs, service] = [await ask('member'), await ask('service')]
  expect(theirs.id).not.toBe(service.id)
  expect(await as('admin').find(external_ref)).toBeNull()
  const own = await ask('admin')
  expect(await as('admin').find(external_ref)).toEqual(own)
  expect((await as('member').find(external_ref))!.id).toBe(theirs.id)
  // What nobody keeps to themselves, a whole tenant has once.
  const shared = await ask('reviewer', false)
  expect((await as('coordinator').find(external_ref))!.id).toBe(shared.id)
  expect((await as('admin').find(external_ref))!.id).toBe(own.id)

  const single = `order-${crypto.randomUUID()}`
  await as('member').request({ ...deployment, external_ref: single, restricted: true })
  expect(await as('admin').find(single)).toBeNull()
  const sent = { ...deployment, external_ref: single, restricted: true, requester_id: 'usr_coord99' }
  const { id } = await as('service').request(sent)
  expect((await as('service').find(single))!.id).toBe(id)
  expect((await as('coordinator').find(single))!.id).toBe(id)
})

test('what was approved with changes is redeemed by what was approved', async () => {
  const { body } = await server.call('/v1/policies', {
    method: 'POST',
    key: 'cs_demo_admin',
    body: {
      name: 'Editors',
      priority: 50,
      match: { kind: 'request', type: 'edited' },
      required_approvals: 1,
      approver_roles: ['reviewer'],
      allow_edit: true,
    },
  })
  expect(body.id).toEqual(expect.any(String))
  const asked = await as('service').request({ ...deployment, type: 'edited' })
  await as('reviewer').call('approveRequest', {
    path: { id: asked.id },
    body: { digest: asked.digest, details: { service: 'api' } },
  })
  const decision = await as('service').waitForDecision(asked.id)
  expect(await failed(as('service').redeem(asked))).toMatchObject({ code: 'digest_mismatch' })
  const { details } = await as('service').redeem(decision)
  expect(details).toEqual({ service: 'api' })
})

test('a failure has its code, its faults and what helps', async () => {
  const wrong = await failed(as('member').request({ ...deployment, title: '' }))
  expect(wrong).toMatchObject({ code: 'invalid_input', status: 422, members: { errors: [{ pointer: '/title' }] } })
  const path = { instance_id: '497f6eca-6276-4993-bfeb-53cbbbba6f08' }
  const asFastApi = await failed(as('service').call('requestIntent', { path, body: { action: 'refund' } as never }))
  expect(asFastApi).toMatchObject({ code: 'invalid_input', members: { errors: expect.any(Array) } })
  expect(await failed(as('nobody').call('whoAmI'))).toMatchObject({ code: 'unauthorized', status: 401 })
  const elsewhere = new Countersign({
    baseUrl: server.origin,
    key: 'cs_demo_member',
    fetch: async () => new Response('<p>', { status: 502 }),
    retries: 0,
  })
  expect(await failed(elsewhere.call('whoAmI'))).toMatchObject({ code: 'unreadable', status: 502 })
  expect(await failed(as('member').call('getClaim', { path: { claim_id: '' } }))).toBeInstanceOf(TypeError)
})

test('lists go on from page to page, also those that are bare arrays', async () => {
  const ids: string[] = []
  for await (const { claim_id } of as('coordinator').list('listClaims', { query: { limit: 7 } })) ids.push(claim_id)
  const { pagination } = await as('coordinator').call('listClaims')
  expect(ids).toHaveLength(pagination.total!)
  expect(new Set(ids).size).toBe(ids.length)

  const changes: string[] = []
  const body = { entityType: 'offer', entityName: 'Offer', action: 'create', payload: {} } as const
  for (const entityId of ['of_1', 'of_2', 'of_3'])
    await as('member').call('requestChange', { body: { ...body, entityId } })
  for await (const { entityId } of as('member').list('listChanges', { query: { limit: 1, entityType: 'offer' } }))
    changes.push(entityId)
  expect(changes).toEqual(['of_3', 'of_2', 'of_1'])
})

test('streams are read as they come', async () => {
  const { batch_id } = await as('coordinator').call('processBatch', { body: { claim_ids: ['clm_demo1'] } })
  const events = await as('coordinator').call('followBatch', { path: { batch_id } })
  expect(await new Response(events).text()).toMatch(/^event: progress\n[^]*event: completed\n/)
  const history = await new Response(await as('admin').call('exportHistory')).text()
  const last = history.trim().split('\n').at(-1)!
  expect(JSON.parse(last)).toMatchObject({ checkpoint: expect.any(String) })
})

test('what creates is sent again when its answer was lost, and is done once', async () => {
  const { sent, through } = losing(0, 1)
  const external_ref = `lost-${crypto.randomUUID()}`
  const asked = await as('member', { fetch: through }).request({ ...deployment, external_ref })
  const keys = sent.map(({ headers }) => headers.get('idempotency-key'))
  expect([new Set(keys).size, keys.length]).toEqual([1, 3])
  expect(await as('member').find(external_ref)).toEqual(asked)

  await as('reviewer').call('approveRequest', { path: { id: asked.id } })
  const lost = losing(0)
  expect(await as('member', { fetch: lost.through }).redeem(asked)).toMatchObject({ id: asked.id })
  expect(lost.sent).toHaveLength(2)
})

test('a redemption whose answer was cut off ends with that answer', async () => {
  const asked = await as('member').request(deployment)
  await as('reviewer').call('approveRequest', { path: { id: asked.id } })
  const keys: (string | null)[] = []
  // Hands on half of the first answer, and resets the connection.
  const proxy = createServer((request, response) => {
    keys.push(String(request.headers['idempotency-key']))
    const { method, url, headers } = request
    const to = httpRequest(server.origin + url, { method, headers }, (answer) => {
      const cuts = keys.length === 1
      response.writeHead(answer.statusCode!, answer.headers)
      answer.on('data', (chunk: Buffer) => {
        if (!cuts) response.write(chunk)
        else response.write(chunk.subarray(0, 20), () => request.socket.resetAndDestroy())
      })
      answer.on('end', () => cuts || response.end())
    })
    request.pipe(to)
  })
  await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve))
  try {
    const { port } = proxy.address() as AddressInfo
    const redeemed = await as('member', { baseUrl: `http://127.0.0.1:${port}` }).redeem(asked)
    expect(redeemed).toMatchObject({ id: asked.id, details: deployment.details })
    expect([keys.length, new Set(keys).size]).toEqual([2, 1])
  } finally {
    proxy.close()
  }
})

test('what may not be done twice is not sent again when nobody knows whether it was done', async () => {
  const path = { instance_id: crypto.randomUUID() }
  const { sent, through } = losing(0)
  const error = await failed(as('service', { fetch: through }).call('leaseOutbox', { path }))
  expect([error.code, sent.length]).toEqual(['no_answer', 1])
})

test('a call over the rate comes again after the pause that the service asks for, whatever it does', async () => {
  const path = { instance_id: crypto.randomUUID() }
  const body = JSON.stringify({ code: 'rate_limited', detail: 'Too many.' })
  const answers = [new Response(body, { status: 429, headers: { 'retry-after': '1' } })]
  const through = async (request: Request) => answers.pop() ?? fetch(request)
  const began = Date.now()
  expect(await as('service', { fetch: through }).call('leaseOutbox', { path })).toEqual({ entries: [] })
  expect(Date.now() - began).toBeGreaterThanOrEqual(990)
  const patient = async () => new Response(body, { status: 429, headers: { 'retry-after': '120' } })
  const error = await failed(as('service', { fetch: patient }).call('leaseOutbox', { path }))
  expect(error).toMatchObject({ code: 'rate_limited', retryAfter: 120 })
})

test('a minute is waited for, which is what the service asks for', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  try {
    const body = JSON.stringify({ code: 'rate_limited', detail: 'Too many.' })
    const sent: number[] = []
    const through = async () => {
      sent.push(Date.now())
      return sent.length === 1
        ? new Response(body, { status: 429, headers: { 'retry-after': '60' } })
        : Response.json({})
    }
    const answered = as('service', { fetch: through }).call('whoAmI')
    await vi.advanceTimersByTimeAsync(59_000)
    expect(sent).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await answered).toEqual({})
    expect(sent[1]! - sent[0]!).toBeGreaterThanOrEqual(60_000)
  } finally {
    vi.useRealTimers()
  }
})

test('a wait ends with its signal, and goes on over a restart of the server', async () => {
  const { id } = await as('member').request(deployment)
  const controller = new AbortController()
  const stopped = failed(as('member').waitForDecision(id, { signal: controller.signal }))
  controller.abort(new Error('Enough.'))
  expect(await stopped).toMatchObject({ message: 'Enough.' })

  const decided = as('member', { retries: 0 }).waitForDecision(id)
  await server.kill()
  await server.restart()
  await as('reviewer').call('rejectRequest', { path: { id }, body: { comment: 'Not on a Friday' } })
  expect(await decided).toMatchObject({ status: 'rejected', reason: 'Not on a Friday' })
})

test('webhooks are verified as they come, and nothing else is', async () => {
  const receiver = await startReceiver()
  try {
    const body = { url: receiver.url, event_types: ['request.created' as const] }
    const { secret } = await as('admin').call('createWebhookEndpoint', { body })
    receiver.secret = secret
    const arrived = new Promise<Message>((resolve) => {
      receiver.answer = (arrival, { headers }) => {
        resolve({ headers: headers as Record<string, string>, body: JSON.stringify(arrival.body) })
        return 204
      }
    })
    const { id } = await as('member').request(deployment)
    await verified(await arrived, secret, id)
  } finally {
    await receiver.close()
  }
  const secret = `whsec_${Buffer.alloc(32, 's').toString('base64')}`
  const signature = new Webhook(secret).sign('msg_1', new Date(), '{}')
  const timestamp = String(Math.floor(Date.now() / 1000))
  const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': timestamp, 'webhook-signature': signature }
  expect(await verifyWebhook({ headers, body: '{}' }, secret)).toEqual({})
  // One that is no signature keeps none behind it from counting.
  const among = { ...headers, 'webhook-signature': `v1,@@@ v1a,x v1, ${signature}` }
  expect(await verifyWebhook({ headers: among, body: '{}' }, secret)).toEqual({})
  const named = { 'Webhook-Id': 'msg_1', 'Webhook-Timestamp': timestamp, 'WEBHOOK-SIGNATURE': signature }
  expect(await verifyWebhook({ headers: named, body: '{}' }, secret)).toEqual({})
  for (const wrong of ['', 'whsec_', 'whsec_@', undefined, ['whsec_b3RoZXI=', ''], []] as string[]) {
    const error = await failed(verifyWebhook({ headers, body: '{}' }, wrong))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toContain('whsec_')
  }
})

interface Message {
  headers: Record<string, string>
  body: string
}

async function verified({ headers, body }: Message, secret: string, id: string): Promise<void> {
  expect(await verifyWebhook({ headers, body }, secret)).toMatchObject({ type: 'request.created', data: { id } })
  const request = new Request('https://x.example', { method: 'POST', headers, body })
  expect(await verifyWebhook(request, ['whsec_b3RoZXI=', secret])).toMatchObject({ data: { id } })
  const refused = async (message: Parameters<typeof verifyWebhook>[0], ...rest: [string, object?]) =>
    expect(await failed(verifyWebhook(message, ...rest))).toBeInstanceOf(WebhookVerificationError)
  await refused({ headers, body: body.replace('pending', 'decided') }, secret)
  await refused({ headers, body }, 'whsec_b3RoZXI=')
  await refused({ headers, body }, secret, { now: Date.now() + 301_000 })
  await refused({ headers: {}, body }, secret)
  await refused({ headers: { ...headers, 'webhook-timestamp': 'soon' }, body }, secret)
}
