import { env } from 'cloudflare:workers'
import { expect, test, vi } from 'vitest'
import { maintain } from '../../src/maintenance/maintain.ts'
import { submitClaims } from '../support/batches.ts'
import { arrived, newReceiver } from '../support/receiver.ts'
import { newTenant } from '../support/tenant.ts'

const upkeep = () => maintain({ ...env, LOG_REQUESTS: 'off' }, Date.now())

test('webhooks tell the id, type, status and digest of what is restricted, and more to an endpoint that an admin lets', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const discreet = await newReceiver(tenant, { event_types: ['claim.approved'] })
  const trusted = await newReceiver(tenant, { event_types: ['claim.approved'], include_restricted: true })
  const [id] = await submitClaims(tenant.as('member'), 1)
  await env.DB.prepare('UPDATE approvals SET restricted = 1 WHERE id = ?').bind(id).run()
  const { digest, title } = (await env.DB.prepare('SELECT digest, title FROM approvals WHERE id = ?').bind(id).first())!
  await tenant.as('coordinator')(`/api/v1/claims/${id}/approve`, { method: 'POST', body: {} })
  await upkeep()
  await vi.waitFor(() => expect([discreet, trusted].map(({ received }) => received.length)).toEqual([1, 1]))

  const [told] = discreet.received
  const only = { id, kind: 'claim', status: 'approved', digest, restricted: true, event_id: expect.any(String) }
  const untold = {
    previous_status: null,
    actor_id: null,
    title: null,
    requester_id: null,
    subject: null,
    details: null,
  }
  const less = { type: 'claim.approved', timestamp: expect.any(String), data: { ...only, ...untold } }
  expect(told!.body).toEqual(less)
  expect(trusted.received[0]!.body.data).toMatchObject({
    ...only,
    title,
    requester_id: 'usr_member',
    actor_id: 'usr_coordinator',
  })
  // Neither does the log tell more.
  const read = async (messageId: string) => (await admin(`/v1/webhook-deliveries/${messageId}`)).body
  expect(JSON.parse((await read(told!.id)).body)).toEqual(less)
  expect(JSON.stringify((await admin(`/v1/webhook-endpoints/${discreet.id}/deliveries`)).body)).not.toContain(title)

  // From when it is let, a replay tells more too, and less again when it is not any more.
  const replayed = async (include_restricted: boolean) => {
    await admin(`/v1/webhook-endpoints/${discreet.id}`, { method: 'PATCH', body: { include_restricted } })
    const before = discreet.received.length
    await admin(`/v1/webhook-deliveries/${told!.id}/replay`, { method: 'POST' })
    await upkeep()
    await arrived(discreet, before + 1)
    expect(JSON.parse((await read(told!.id)).body)).toEqual(discreet.received.at(-1)!.body)
    return discreet.received.at(-1)!.body.data.title
  }
  expect([await replayed(true), await replayed(false)]).toEqual([title, null])
})

test('only what an admin says lets an endpoint be told of what is restricted', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const url = 'https://hooks.example.com/in'
  const made = await admin('/v1/webhook-endpoints', { method: 'POST', body: { url, enabled: false } })
  expect(made.body.include_restricted).toBe(false)
  const path = `/v1/webhook-endpoints/${made.body.id}`
  const change = { method: 'PATCH', body: { include_restricted: true } }
  for (const role of ['member', 'coordinator', 'reviewer', 'service'] as const) {
    expect((await tenant.as(role)(path, change)).status).toBe(403)
  }
  expect((await admin(path, { method: 'PATCH', body: { description: 'x' } })).body.include_restricted).toBe(false)
  expect((await admin(path, change)).body.include_restricted).toBe(true)
})
