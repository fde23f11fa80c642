import { env } from 'cloudflare:workers'
import { expect, test, vi } from 'vitest'
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

/** What `fetch` throws in an invocation that has made as many requests as Workers' free plan lets one make. */
const spent = new Error('Too many subrequests by single Worker invocation.')
const mostRequests = 50

test('what an invocation may send no more is no failed attempt: the next one goes on, in order', async () => {
  const tenant = await newTenant()
  let [sent, ends] = [0, 0]
  const delivered: string[] = []
  const receiver = await newReceiver(tenant, {}, ({ body }) => {
    if (sent === mostRequests) {
      ;[sent, ends] = [0, ends + 1]
      throw spent
    }
    sent += 1
    delivered.push(body.data.id)
  })
  const ids = await submitClaims(tenant.as('member'), 90)
  const isDone = (log: any[]) => log.length === 90 && log.every(({ status }) => status === 'succeeded')
  await logged(tenant, receiver, isDone)
  expect(ends).toBe(1)
  expect(delivered).toEqual(ids)
  const attempts = env.DB.prepare(
    'SELECT sum(attempt_count) AS made, max(tries) AS tries FROM webhook_deliveries WHERE endpoint_id = ?',
  ).bind(receiver.id)
  expect(await attempts.first()).toEqual({ made: 90, tries: 1 })
})

test('a sender that may send nothing at all fails, to go on later, and counts no attempt', async () => {
  const failed = vi.spyOn(console, 'error').mockReturnValue(undefined)
  const tenant = await newTenant()
  const receiver = await newReceiver(tenant, {}, () => {
    throw spent
  })
  await submitClaims(tenant.as('member'), 2)
  await vi.waitFor(() => expect(failed).toHaveBeenCalled(), 10_000)
  const ctx = systemContext(env, 'system:webhooks', Date.now(), tenant.id)
  await expect(deliverDue(ctx, receiver.id, 'first')).rejects.toThrow('send nothing')
  failed.mockRestore()
  const log = await logged(tenant, receiver, (all) => all.length === 2)
  expect(log.map(({ status, attempts }) => [status, attempts])).toEqual([
    ['pending', []],
    ['pending', []],
  ])
  receiver.answer = () => {}
  await logged(tenant, receiver, (all) => all.every(({ status }) => status === 'succeeded'))
})
