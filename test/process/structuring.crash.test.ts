import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startReceiver, type RealReceiver } from '../support/real-receiver.ts'
import { startServer, type Server } from '../support/server.ts'

const size = 30
const structuring = '/v1/structuring'
let server: Server
let receiver: RealReceiver
let gate_id: string

const call = (path: string, body?: object, key = 'cs_demo_admin') =>
  server.call(path, { ...(body && { method: 'POST', body }), key })

beforeAll(async () => {
  ;[server, receiver] = await Promise.all([startServer(), startReceiver()])
  const endpoint = await call('/v1/webhook-endpoints', { url: receiver.url, event_types: ['batch.started'] })
  receiver.secret = endpoint.body.secret
  const check = await call(`${structuring}/checks`, {
    name: 'Invoice',
    type: 'required_field',
    config: { field: 'invoice' },
  })
  const gate = await call(`${structuring}/gates`, {
    name: 'Invoices',
    check_ids: [check.body.id],
    rules: [{ type: 'min_confidence', config: { threshold: 0.9 } }],
    on_approve: { type: 'webhook', endpoint_id: endpoint.body.id },
  })
  gate_id = gate.body.id
})
afterAll(async () => {
  await receiver?.close()
  await server?.dispose()
})

test.each([0, 1, 2])('a kill among reviews, %i: decided, cleared and set off once, or none of it', async (moment) => {
  const ids: string[] = []
  for (let index = 0; index < size; index += 1) {
    ids.push((await call(`${structuring}/results`, { gate_id, data: { index } })).body.id)
  }
  let answered = 0
  const approve = (id: string) => call(`${structuring}/approvals/${id}/approve`, {}, 'cs_demo_reviewer')
  const reviews = ids.map((id) =>
    approve(id)
      .then(() => (answered += 1))
      .catch(() => undefined),
  )
  await vi.waitUntil(() => answered >= moment * 10, { interval: 1, timeout: 20_000 })
  await server.kill()
  await Promise.all(reviews)
  await server.restart()
  const states = await Promise.all(
    ids.map(async (id) => {
      const { status } = (await call(`${structuring}/results/${id}`)).body
      const items = (await call(`${structuring}/approvals/pending?result_id=${id}`)).body.data
      expect([status, items.length]).toEqual([status, status === 'pending' ? 2 : 0])
      return status as string
    }),
  )
  expect(states.filter((status) => status === 'approved').length).toBeGreaterThanOrEqual(answered)
  for (const id of ids) expect((await approve(id)).body).toMatchObject({ status: 'approved', cleared_items: 2 })
  await fetch(`${server.origin}/cdn-cgi/local/scheduled?cron=*+*+*+*+*`)
  const told = () => receiver.arrivals.filter(({ body }) => ids.includes(body.data.id))
  await vi.waitUntil(() => new Set(told().map(({ body }) => body.data.id)).size === size, { timeout: 30_000 })
  expect(new Set(told().map(({ id }) => id)).size).toBe(size)
  expect(told().every(({ body }) => body.data.gate_action === 'on_approve')).toBe(true)
})
