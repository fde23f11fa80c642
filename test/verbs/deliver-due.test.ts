import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { systemContext } from '../../src/context.ts'
import { deliverDue } from '../../src/webhooks/deliver-due.ts'
import { submitClaims } from '../support/batches.ts'
import { arrived, logged, newReceiver } from '../support/receiver.ts'
import { newTenant } from '../support/tenant.ts'

test('a sender that nobody could tell of a change notices with what it records, two hundred later at most', async () => {
  const tenant = await newTenant()
  const receiver = await newReceiver(tenant)
  await submitClaims(tenant.as('member'), 350)
  await arrived(receiver, 350)
  await logged(tenant, receiver, (log) => log.every(({ status }) => status === 'succeeded'))
  await env.DB.batch([
    env.DB.prepare('DELETE FROM webhook_deliveries WHERE endpoint_id = ?').bind(receiver.id),
    env.DB.prepare('UPDATE webhook_endpoints SET taken_seq = taken_seq - 350 WHERE id = ?').bind(receiver.id),
  ])
  receiver.received.length = 0
  const change = env.DB.prepare('UPDATE webhook_endpoints SET version = version + 1 WHERE id = ?').bind(receiver.id)
  receiver.answer = async () => void (receiver.received.length === 5 && (await change.run()))
  const ctx = systemContext(env, 'system:webhooks', Date.now(), tenant.id)
  expect(await deliverDue(ctx, receiver.id, 'first')).toBe(0)
  expect(receiver.received.length).toBeLessThanOrEqual(205)
})
