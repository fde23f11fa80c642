import { env, exports } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { overSocket } from '../support/over-socket.ts'
import { newTenant } from '../support/tenant.ts'

const claims = '/api/v1/claims'
const trip = { description: 'Train to Bern', amount: 4250, currency: 'CHF' }
const used = (key: string) => ({ 'Idempotency-Key': key })

test('an Idempotency-Key is its user’s own: somebody else’s with the same key is another', async () => {
  const tenant = await newTenant()
  const mine = await tenant.as('member')(claims, { method: 'POST', body: trip, headers: used('one') })
  const theirs = await tenant.as('reviewer')(claims, { method: 'POST', body: trip, headers: used('one') })
  expect([mine.status, theirs.status, theirs.headers.get('Idempotency-Replayed')]).toEqual([201, 201, null])
  expect([mine.body.claimant_id, theirs.body.claimant_id]).toEqual(['usr_member', 'usr_reviewer'])
  const other = await tenant.as('reviewer')(claims, { method: 'POST', body: trip, headers: used('one') })
  expect([other.body, other.headers.get('Idempotency-Replayed')]).toEqual([theirs.body, 'true'])
  const another = { ...trip, amount: 1 }
  expect((await tenant.as('coordinator')(claims, { method: 'POST', body: another, headers: used('one') })).status).toBe(
    201,
  )
})

test('an intent’s key is the instance’s, however its id is written and whoever sends it', async () => {
  const tenant = await newTenant()
  const instance = 'abcdefab-cdef-4bcd-8fab-cdefabcdefab'
  const body = { action: 'a', skill_slug: 's', customer_id: instance, serialized_intent: {} }
  const to = (id: string) => `/internal/v1/instances/${id}/approvals/request`
  const ask = (id: string, name: string, headers = used('k')) =>
    tenant.as(name, ['service'])(to(id), { method: 'POST', body, headers })
  const first = await ask(instance, 'one')
  expect(first.status).toBe(201)
  const encoded = instance.replace('a', '%61')
  for (const id of [instance, instance.toUpperCase(), encoded]) {
    for (const name of ['one', 'two']) {
      const again = await ask(id, name)
      expect([again.status, again.body.approval_ref]).toEqual([200, first.body.approval_ref])
    }
  }
  const slash = await tenant.as('one', ['service'])(`${to(instance)}/`, { method: 'POST', body, headers: used('k') })
  expect([slash.status, slash.body.approval_ref]).toEqual([200, first.body.approval_ref])
  const elsewhere = await ask(crypto.randomUUID(), 'one')
  expect([elsewhere.status, elsewhere.body.approval_ref === first.body.approval_ref]).toEqual([201, false])
})

test('the key of a path is that of what the path names', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const gate = async () =>
    (await admin('/v1/structuring/gates', { method: 'POST', body: { name: 'Gate', check_ids: [] } })).body.id
  const [one, two] = [await gate(), await gate()]
  const body = { type: 'min_confidence', config: { threshold: 0.5 } }
  const add = (path: string) => admin(path, { method: 'POST', body, headers: used('rule') })
  const first = await add(`/v1/structuring/gates/${one}/rules`)
  const same = await add(`/v1/structuring/gates/${one.replace(one[0], `%3${one[0]}`)}/rules/`)
  const other = await add(`/v1/structuring/gates/${two}/rules`)
  expect([same.body, same.headers.get('Idempotency-Replayed')]).toEqual([first.body, 'true'])
  expect(other.body.id).not.toBe(first.body.id)
})

// How much of a body is asked for shows only inside.
test.skipIf(overSocket)('a body that the operation does not declare is never read', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const endpoint = await admin('/v1/webhook-endpoints', {
    method: 'POST',
    body: { url: 'https://receiver.example.com/hook', event_types: ['*'] },
  })
  let pulled = 0
  const body = new ReadableStream({
    pull(controller) {
      pulled += 1
      if (pulled > 2_000) controller.close()
      else controller.enqueue(new Uint8Array(64 * 1024))
    },
  })
  const answer = await exports.default.fetch(
    new Request(`https://countersign.test/v1/webhook-endpoints/${endpoint.body.id}/rotate-secret`, {
      method: 'POST',
      body,
      headers: { 'X-API-Key': await tenant.key('admin'), ...used('rotate') },
    }),
  )
  expect(answer.status).toBe(200)
  await answer.arrayBuffer()
  expect(pulled).toBeLessThan(100)
})

test('keys from before they were users’ own still hold for intents', async () => {
  const tenant = await newTenant()
  const instance = crypto.randomUUID()
  const to = `/internal/v1/instances/${instance}/approvals/request`
  const body = { action: 'a', skill_slug: 's', customer_id: instance, serialized_intent: {}, idempotency_key: 'k' }
  await tenant.as('service')(to, { method: 'POST', body })
  const { results } = await env.DB.prepare('SELECT user_id, path, key FROM idempotency_keys WHERE tenant_id = ?')
    .bind(tenant.id)
    .all()
  expect(results).toEqual([{ user_id: '', path: to, key: 'k' }])
})
