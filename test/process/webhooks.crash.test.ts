import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { startReceiver, type RealReceiver } from '../support/real-receiver.ts'
import { startServer, type Server } from '../support/server.ts'
import { often } from '../support/scale.ts'

/* Deliveries over the real server, to a real receiver; the server is killed in the worst moments. */

const endpoints = '/v1/webhook-endpoints'
let server: Server
const receivers: RealReceiver[] = []

beforeAll(async () => {
  server = await startServer()
})
afterEach(async () => {
  for (const { id } of (await call(endpoints)).body.data) await call(`${endpoints}/${id}`, 'DELETE')
  for (const receiver of receivers.splice(0)) await receiver.close()
})
afterAll(async () => {
  await server?.dispose()
})

const call = (path: string, method = 'GET', body?: object) => server.call(path, { method, body, key: 'cs_demo_admin' })

async function register(body: object = {}) {
  const receiver = await startReceiver()
  receivers.push(receiver)
  const made = await call(endpoints, 'POST', { url: receiver.url, ...body })
  expect([made.status, made.body]).toEqual([201, expect.objectContaining({ enabled: true })])
  receiver.secret = made.body.secret
  return { receiver, id: made.body.id as string }
}

async function submit(count: number): Promise<string[]> {
  const claims = Array.from({ length: count }, (_, index) => ({ description: `${index}`, amount: 1, currency: 'EUR' }))
  const { body } = await call('/api/v1/claims/bulk', 'POST', { claims })
  return body.data.map((claim: { claim_id: string }) => claim.claim_id)
}

/** What the server does by itself each minute. */
const upkeep = () => fetch(`${server.origin}/cdn-cgi/local/scheduled?cron=*+*+*+*+*`)

const until = (holds: () => boolean) => vi.waitUntil(holds, { timeout: 60_000, interval: 10 })

test('what happens arrives at once, signed and in order', async () => {
  const { receiver } = await register()
  const ids = await submit(30)
  await until(() => receiver.arrivals.length >= 30)
  expect(receiver.arrivals.map(({ body }) => body.data.id)).toEqual(ids)
})

test('a kill between commit and send: every event arrives', async () => {
  const { receiver } = await register()
  for (let round = 0; round < often(3); round += 1) {
    const ids = await submit(20)
    await server.kill()
    await server.restart()
    await upkeep()
    await until(() => ids.every((id) => receiver.arrivals.some(({ body }) => body.data.id === id)))
  }
  const first = new Map(receiver.arrivals.toReversed().map((arrival) => [arrival.body.data.id, arrival.id]))
  for (const { id, body } of receiver.arrivals) expect(first.get(body.data.id)).toBe(id)
})

test('a kill between send and recording: the same delivery arrives again, under the same id', async () => {
  const { receiver, id } = await register()
  receiver.answer = () => null
  const [claim] = await submit(1)
  await until(() => receiver.arrivals.length === 1)
  await server.kill()
  receiver.answer = () => 204
  await server.restart()
  await upkeep()
  await until(() => receiver.arrivals.length >= 2)
  const [first, again] = receiver.arrivals
  expect([first!.body.data.id, again!.id, again!.body]).toEqual([claim, first!.id, first!.body])
  await vi.waitFor(async () => {
    const { data } = (await call(`${endpoints}/${id}/deliveries`)).body
    expect(data).toMatchObject([{ id: first!.id, status: 'succeeded', attempt_count: 1 }])
  })
})

test('a kill among many: none is lost, none has two ids, the first attempts are in order', async () => {
  const { receiver } = await register()
  const ids = await submit(200)
  for (const moment of [90, 20, 150].slice(0, often(3)).toSorted((a, b) => a - b)) {
    await until(() => receiver.arrivals.length >= moment)
    await server.kill()
    await server.restart()
    await upkeep()
  }
  await until(() => new Set(receiver.arrivals.map(({ id }) => id)).size === 200)
  const firsts = [...new Set(receiver.arrivals.map(({ body }) => body.data.id))]
  expect(firsts).toEqual(ids)
})

test('a receiver that does not answer is given up after 15 seconds; others are not delayed by it', async () => {
  const [slow, quick] = [await register(), await register()]
  slow.receiver.answer = () => null
  await submit(3)
  await until(() => quick.receiver.arrivals.length === 3)
  expect(slow.receiver.arrivals).toHaveLength(1)
  await vi.waitFor(
    async () => {
      const { data } = (await call(`${endpoints}/${slow.id}/deliveries`)).body
      const attempted = data.find((one: any) => one.attempt_count > 0)
      expect(attempted.attempts[0]).toMatchObject({ response_status: null, error: 'no answer within 15 seconds' })
      expect(attempted.attempts[0].duration_ms).toBeGreaterThanOrEqual(14_900)
    },
    { timeout: 30_000, interval: 200 },
  )
})

test('a redirect is not followed', async () => {
  const [from, to] = [await register(), await register({ event_types: ['batch.started'] })]
  from.receiver.answer = (_, request) => {
    request.socket.end(`HTTP/1.1 307 Temporary Redirect\r\nLocation: ${to.receiver.url}\r\nContent-Length: 0\r\n\r\n`)
    return null
  }
  await submit(1)
  await vi.waitFor(async () => {
    const { data } = (await call(`${endpoints}/${from.id}/deliveries`)).body
    expect(data).toMatchObject([{ status: 'pending', attempts: [{ response_status: 307 }] }])
  })
  expect(to.receiver.arrivals).toEqual([])
})

test('npm run webhook-receiver prints what arrives and whether its signature holds', async () => {
  const port = 20_000 + Math.floor(Math.random() * 20_000)
  const made = await call(endpoints, 'POST', { url: `http://localhost:${port}/` })
  for (const [secret, verdict] of [
    [made.body.secret, 'signature holds'],
    ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'SIGNATURE DOES NOT HOLD'],
  ]) {
    const script = join(import.meta.dirname, '../../scripts/webhook-receiver.ts')
    const child = spawn(process.execPath, [script, secret], { env: { ...process.env, PORT: String(port) } })
    let output = ''
    child.stdout.on('data', (chunk) => (output += String(chunk)))
    await until(() => output.includes('Receiving'))
    const sent = await call(`${endpoints}/${made.body.id}/test`, 'POST')
    await until(() => output.includes('"endpoint.test"'))
    expect(output).toContain(`${sent.body.id}  ${verdict}`)
    child.kill()
  }
})
