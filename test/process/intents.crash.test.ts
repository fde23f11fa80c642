import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startServer, type Server } from '../support/server.ts'

const customer = '160c0c4b-9966-4dc1-a916-8407eb10d74e'
const size = 40
let server: Server

beforeAll(async () => {
  server = await startServer()
})
afterAll(async () => {
  await server?.dispose()
})

const post = (path: string, body: object) => server.call(path, { method: 'POST', body, key: 'cs_demo_service' })

test.each([0, 1, 2])('a kill among resolves, %i: approved and in the outbox, or neither', async (moment) => {
  const base = `/internal/v1/instances/${crypto.randomUUID()}`
  const refs: string[] = []
  for (let index = 0; index < size; index += 1) {
    const intent = { action: 'refund', skill_slug: 'payments', customer_id: customer, serialized_intent: { index } }
    refs.push((await post(`${base}/approvals/request`, intent)).body.approval_ref)
  }
  const resolve = (approval_ref: string) =>
    post(`${base}/approvals/resolve`, {
      action: 'approve',
      approval_ref,
      pin_verified: true,
      resolver_role: 'customer',
    })
  let answered = 0
  const resolves = refs.map((ref) =>
    resolve(ref)
      .then(() => (answered += 1))
      .catch(() => undefined),
  )
  await vi.waitUntil(() => answered >= moment * 8, { interval: 1, timeout: 20_000 })
  await server.kill()
  await Promise.all(resolves)
  await server.restart()
  const pending = await server.call(`${base}/approvals/pending?customer_id=${customer}`, { key: 'cs_demo_service' })
  const { entries } = (await post(`${base}/outbox/lease`, { max: 100 })).body
  const waiting = pending.body.approvals.map((one: { approval_ref: string }) => one.approval_ref)
  const approved = entries.map((one: { approval_ref: string }) => one.approval_ref)
  expect(approved.length).toBeGreaterThanOrEqual(answered)
  expect([...waiting, ...approved].toSorted()).toEqual(refs.toSorted())
  for (const ref of approved)
    expect((await resolve(ref)).body).toMatchObject({ status: 'approved', outbox_id: expect.any(String) })
})
