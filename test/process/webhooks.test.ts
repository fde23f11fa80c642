import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { startDelivering, until, type Delivering } from '../support/delivering.ts'

/* Deliveries over the real server, to a real receiver. */

let here: Delivering

beforeAll(async () => {
  here = await startDelivering()
})
afterEach(() => here.endAll())
afterAll(() => here?.server.dispose())

test('what happens arrives at once, signed and in order', async () => {
  const { receiver } = await here.register()
  const ids = await here.submit(30)
  await until(() => receiver.arrivals.length >= 30)
  expect(receiver.arrivals.map(({ body }) => body.data.id)).toEqual(ids)
})

test('a receiver that does not answer is given up after 15 seconds; others are not delayed by it', async () => {
  const [slow, quick] = [await here.register(), await here.register()]
  slow.receiver.answer = () => null
  await here.submit(3)
  await until(() => quick.receiver.arrivals.length === 3)
  expect(slow.receiver.arrivals).toHaveLength(1)
  await vi.waitFor(
    async () => {
      const { data } = (await here.call(`/v1/webhook-endpoints/${slow.id}/deliveries`)).body
      const attempted = data.find((one: any) => one.attempt_count > 0)
      expect(attempted.attempts[0]).toMatchObject({ response_status: null, error: 'no answer within 15 seconds' })
      expect(attempted.attempts[0].duration_ms).toBeGreaterThanOrEqual(14_900)
    },
    { timeout: 30_000, interval: 200 },
  )
})

test('a redirect is not followed', async () => {
  const [from, to] = [await here.register(), await here.register({ event_types: ['batch.started'] })]
  from.receiver.answer = (_, request) => {
    request.socket.end(`HTTP/1.1 307 Temporary Redirect\r\nLocation: ${to.receiver.url}\r\nContent-Length: 0\r\n\r\n`)
    return null
  }
  await here.submit(1)
  await vi.waitFor(async () => {
    const { data } = (await here.call(`/v1/webhook-endpoints/${from.id}/deliveries`)).body
    expect(data).toMatchObject([{ status: 'pending', attempts: [{ response_status: 307 }] }])
  })
  expect(to.receiver.arrivals).toEqual([])
})

test('npm run webhook-receiver prints what arrives and whether its signature holds', async () => {
  const port = 20_000 + Math.floor(Math.random() * 20_000)
  const made = await here.call('/v1/webhook-endpoints', 'POST', { url: `http://localhost:${port}/` })
  for (const [secret, verdict] of [
    [made.body.secret, 'signature holds'],
    ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'SIGNATURE DOES NOT HOLD'],
  ]) {
    const script = join(import.meta.dirname, '../../scripts/webhook-receiver.ts')
    const child = spawn(process.execPath, [script, secret], { env: { ...process.env, PORT: String(port) } })
    let output = ''
    child.stdout.on('data', (chunk) => (output += String(chunk)))
    await until(() => output.includes('Receiving'))
    const sent = await here.call(`/v1/webhook-endpoints/${made.body.id}/test`, 'POST')
    await until(() => output.includes('"endpoint.test"'))
    expect(output).toContain(`${sent.body.id}  ${verdict}`)
    child.kill()
  }
})
