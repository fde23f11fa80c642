import { evictDurableObject } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { expect, test, vi } from 'vitest'
import { submitClaims } from '../support/batches.ts'
import { overSocket } from '../support/over-socket.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'

/* What a live stream may not do: outlive its key, last for ever, be one of too many. */

const path = '/api/v1/approval-batches'

async function waiting(tenant: Tenant): Promise<string> {
  const claim_ids = await submitClaims(tenant.as('member'), 1)
  const process_at = new Date(Date.now() + 3_600_000).toISOString()
  return (await tenant.as('coordinator')(path, { method: 'POST', body: { claim_ids, process_at } })).body.batch_id
}

const follow = (key: string, batchId: string) =>
  exports.default.fetch(`https://countersign.test${path}/${batchId}/events`, { headers: { 'X-API-Key': key } })

/** An opened stream, its first event read. */
async function opened(key: string, batchId: string) {
  const answer = await follow(key, batchId)
  expect(answer.status).toBe(200)
  const reader = answer.body!.getReader()
  expect(new TextDecoder().decode((await reader.read()).value)).toContain('event: progress')
  return {
    close: () => reader.cancel(),
    /** What is still read before the stream ends. */
    rest: async () => {
      let text = ''
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return text
        text += new TextDecoder().decode(value)
      }
    },
  }
}

const keyOf = async (tenant: Tenant, name: string) =>
  (await env.DB.prepare('SELECT id FROM api_keys WHERE tenant_id = ? AND person_id = ?')
    .bind(tenant.id, `usr_${name}`)
    .first<string>('id'))!

const held = async (batchId: string) =>
  (await env.DB.prepare('SELECT count(*) AS n FROM batch_followers WHERE batch_id = ?')
    .bind(batchId)
    .first<number>('n'))!

const set = (key: string, column: 'expires_at' | 'revoked_at', at: number) =>
  env.DB.prepare(`UPDATE api_keys SET ${column} = ? WHERE id = ?`).bind(at, key).run()

test('a stream ends when its key expires, to the moment', async () => {
  const tenant = await newTenant()
  const batchId = await waiting(tenant)
  const [brief, lasting] = [await tenant.key('brief', ['member']), await tenant.key('lasting', ['member'])]
  const expiresAt = Date.now() + 1_500
  await set(await keyOf(tenant, 'brief'), 'expires_at', expiresAt)
  const [first, second] = [await opened(brief, batchId), await opened(lasting, batchId)]
  expect(await first.rest()).toBe('')
  expect(Date.now()).toBeGreaterThanOrEqual(expiresAt)
  await vi.waitFor(async () => expect(await held(batchId)).toBe(1))
  expect((await follow(brief, batchId)).status).toBe(401)
  await second.close()
})

test('a stream ends at the next heartbeat after its key was revoked; the others go on', async () => {
  const tenant = await newTenant()
  const batchId = await waiting(tenant)
  const [revoked, good] = [await tenant.key('revoked', ['member']), await tenant.key('good', ['member'])]
  const [first, second] = [await opened(revoked, batchId), await opened(good, batchId)]
  await set(await keyOf(tenant, 'revoked'), 'revoked_at', Date.now())
  await env.BATCH_RUNNER.getByName(batchId).lookAfterFollowers()
  expect(await first.rest()).toBe('')
  // This isolate still trusts the key; the runner does not.
  expect((await follow(revoked, batchId)).status).toBe(401)
  await tenant.as('coordinator')(`${path}/${batchId}`, { method: 'DELETE' })
  expect(await second.rest()).toContain(': still here\n\nevent: progress')
  await vi.waitFor(async () => expect(await held(batchId)).toBe(0))
})

test('a stream ends at the next heartbeat after the person of its key was disabled', async () => {
  const tenant = await newTenant()
  const batchId = await waiting(tenant)
  const stream = await opened(await tenant.key('leaving', ['member']), batchId)
  const disabled = { method: 'PATCH', body: { disabled: true } }
  expect((await tenant.as('admin')('/v1/people/usr_leaving', disabled)).status).toBe(200)
  await env.BATCH_RUNNER.getByName(batchId).lookAfterFollowers()
  expect(await stream.rest()).toBe('')
})

test('a stream lasts a quarter of an hour at the most', async () => {
  const tenant = await newTenant()
  const batchId = await waiting(tenant)
  const before = Date.now()
  const stream = await opened(await tenant.key('member'), batchId)
  const endsAt = (await env.DB.prepare('SELECT ends_at FROM batch_followers WHERE batch_id = ?')
    .bind(batchId)
    .first<number>('ends_at'))!
  expect(endsAt).toBeGreaterThanOrEqual(before + 15 * 60_000)
  expect(endsAt).toBeLessThanOrEqual(Date.now() + 15 * 60_000)
  await stream.close()
})

test('a key has ten streams over all batches; one that its reader closes makes room', async () => {
  const tenant = await newTenant()
  const [one, two] = [await waiting(tenant), await waiting(tenant)]
  const key = await tenant.key('member')
  const streams = []
  for (let index = 0; index < 10; index += 1) streams.push(await opened(key, index < 5 ? one : two))
  const refused = await follow(key, one)
  expect([refused.status, Number(refused.headers.get('Retry-After')) > 0]).toEqual([429, true])
  expect(await refused.json()).toMatchObject({ code: 'rate_limited' })
  const other = await opened(await tenant.key('reviewer'), one)
  await streams[0]!.close()
  // That a reader went away is seen when something is sent: at the next heartbeat, at the latest.
  await vi.waitFor(async () => {
    await env.BATCH_RUNNER.getByName(one).lookAfterFollowers()
    expect(await held(one)).toBe(5)
  })
  const again = await opened(key, two)
  for (const stream of [...streams.slice(1), other, again]) await stream.close()
})

test('a batch has a hundred streams', async () => {
  const tenant = await newTenant()
  const batchId = await waiting(tenant)
  await Promise.all(Array.from({ length: 11 }, (_, index) => tenant.key(`k${index}`, ['member'])))
  const streams = []
  for (let index = 0; index < 100; index += 1) {
    streams.push(await opened(await tenant.key(`k${index % 10}`, ['member']), batchId))
  }
  const refused = await follow(await tenant.key('k10', ['member']), batchId)
  expect([refused.status, await refused.json()]).toMatchObject([429, { code: 'rate_limited' }])
  await tenant.as('coordinator')(`${path}/${batchId}`, { method: 'DELETE' })
  for (const stream of streams) expect(await stream.rest()).toContain('event: cancelled')
  await vi.waitFor(async () => expect(await held(batchId)).toBe(0))
})

// Objects are evicted by hand only inside.
test.skipIf(overSocket)('streams that a runner has lost are not counted against those who come back', async () => {
  const tenant = await newTenant()
  const batchId = await waiting(tenant)
  const key = await tenant.key('member')
  await tenant.as('member')(`${path}/${batchId}`)
  const keyId = await keyOf(tenant, 'member')
  const endsAt = Date.now() + 600_000
  await env.DB.batch(
    Array.from({ length: 10 }, (_, index) =>
      env.DB.prepare('INSERT INTO batch_followers VALUES (?, ?, ?, ?)').bind(
        `${batchId}-${index}`,
        batchId,
        keyId,
        endsAt,
      ),
    ),
  )
  await evictDurableObject(env.BATCH_RUNNER.getByName(batchId))
  const stream = await opened(key, batchId)
  expect(await held(batchId)).toBe(1)
  await stream.close()
})
