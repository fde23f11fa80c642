import { env } from 'cloudflare:workers'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { advanceBatch } from '../../src/claims/advance-batch.ts'
import { cancelBatch } from '../../src/claims/cancel-batch.ts'
import { systemContext } from '../../src/context.ts'
import { maintain } from '../../src/maintenance/maintain.ts'
import { calling } from '../support/calling.ts'
import { faults, faultyD1, type Fault } from '../support/faulty-d1.ts'
import { heldResult, invoiceGate } from '../support/gates.ts'
import { newTenant, type Call, type Tenant } from '../support/tenant.ts'
import { isLong } from '../support/scale.ts'

/*
 * Each verb, while D1 fails at each of its round trips, before or after it has committed: it has happened whole or not
 * at all, the answer is 503 unless it failed behind the answer, and sent again it has happened once.
 */

/* Each failure is logged, which is as it should be and would hide everything else. */
const logged = vi.spyOn(console, 'error').mockReturnValue(undefined)
afterAll(() => logged.mockRestore())
afterEach(() => void vi.useRealTimers())

/** What is sent, and by whom. */
type Sent = Call & { as: keyof typeof roles; path: string }

const roles = {
  member: ['member'],
  coordinator: ['coordinator'],
  reviewer: ['reviewer'],
  admin: ['admin'],
  service: ['service'],
} as const

const claim = { description: 'Taxi', amount: 2300, currency: 'EUR' }
const instance = '7d0f3a52-8c1e-4c3b-9f5e-2b1d6a7c8e90'
const intents = `/internal/v1/instances/${instance}/approvals`
const intent = { action: 'refund', skill_slug: 'payments', customer_id: instance, serialized_intent: { amount: 1 } }
const entity = () => `/api/v1/entities/qualificationRule/qr_${crypto.randomUUID()}`

/** A verb: what has to be there before, and what is sent then. */
type Verb = (tenant: Tenant) => Promise<Sent>

const post = (as: Sent['as'], path: string, body?: unknown): Sent => ({ as, path, method: 'POST', body })
const make = async (tenant: Tenant, as: Sent['as'], path: string, body: unknown) => {
  const made = await tenant.as(as)(path, { method: 'POST', body })
  if (made.status >= 300) throw new Error(JSON.stringify(made.body))
  return made.body
}
const request = async (tenant: Tenant) =>
  (await make(tenant, 'member', '/v1/requests', { type: 'refund', title: 'Refund' })) as { id: string; digest: string }
const approved = async (tenant: Tenant) => {
  const made = await request(tenant)
  await make(tenant, 'reviewer', `/v1/requests/${made.id}/approve`, {})
  return made
}
const claimed = async (tenant: Tenant) => (await make(tenant, 'member', '/api/v1/claims', claim)).claim_id as string
const changed = async (tenant: Tenant) => {
  const path = entity()
  const set = { method: 'PUT', body: { entityName: 'Rule', data: { a: 1 } } }
  await tenant.as('admin')(path, set)
  const [entityType, entityId] = path.split('/').slice(-2)
  const body = { entityType, entityId, entityName: 'Rule', action: 'update', payload: { a: 2 } }
  return (await make(tenant, 'member', '/api/v1/approvals', body)).id as string
}
const referred = async (tenant: Tenant) =>
  (await make(tenant, 'service', `${intents}/request`, { ...intent, approver_role: 'customer' })).approval_ref as string
const batches = '/api/v1/approval-batches'
const later = async (tenant: Tenant) => ({
  claim_ids: [await claimed(tenant)],
  process_at: new Date(Date.now() + 3_600_000).toISOString(),
})
const putOff = async (tenant: Tenant) =>
  (await make(tenant, 'coordinator', batches, await later(tenant))).batch_id as string
const outbox = intents.replace('approvals', 'outbox')
const resolution = (approval_ref: string) => ({
  action: 'approve',
  approval_ref,
  pin_verified: true,
  resolver_role: 'customer',
})

const verbs: Record<string, Verb> = {
  'submit a claim': async () => post('member', '/api/v1/claims', claim),
  'submit many claims': async () => post('member', '/api/v1/claims/bulk', { claims: [claim, claim, claim] }),
  'approve a claim': async (tenant) => post('coordinator', `/api/v1/claims/${await claimed(tenant)}/approve`, {}),
  'withdraw a claim': async (tenant) => ({
    as: 'member',
    method: 'DELETE',
    path: `/api/v1/claims/${await claimed(tenant)}`,
  }),
  'put off a batch': async (tenant) => post('coordinator', batches, await later(tenant)),
  'ask for a change': async () => {
    const [entityType, entityId] = entity().split('/').slice(-2)
    const body = { entityType, entityId, entityName: 'Rule', action: 'create', payload: { a: 1 } }
    return post('member', '/api/v1/approvals', body)
  },
  'approve a change': async (tenant) =>
    post('admin', `/api/v1/approvals/${await changed(tenant)}`, { action: 'approve' }),
  'reject a change': async (tenant) =>
    post('admin', `/api/v1/approvals/${await changed(tenant)}`, { action: 'reject', comments: 'No' }),
  'ask for a call': async () => post('service', `${intents}/request`, intent),
  'resolve a call': async (tenant) => post('service', `${intents}/resolve`, resolution(await referred(tenant))),
  'report a call': async (tenant) => {
    await make(tenant, 'service', `${intents}/resolve`, resolution(await referred(tenant)))
    const { entries } = await make(tenant, 'service', `${outbox}/lease`, { max: 100 })
    const [{ outbox_id, lease_token }] = entries
    return post('service', `${outbox}/${outbox_id}/ack`, { lease_token, outcome: 'succeeded' })
  },
  'submit a result': async (tenant) =>
    post('member', '/v1/structuring/results', { gate_id: await invoiceGate(tenant.as('admin')), data: { total: 1 } }),
  'approve a result': async (tenant) => {
    const id = await heldResult(tenant.as('member'), await invoiceGate(tenant.as('admin')))
    return post('reviewer', `/v1/structuring/approvals/${id}/approve`, {})
  },
  'ask a request': async () => post('member', '/v1/requests', { type: 'refund', title: 'Refund', details: { a: 1 } }),
  'amend a request': async (tenant) => ({
    as: 'member',
    method: 'PATCH',
    path: `/v1/requests/${(await request(tenant)).id}`,
    body: { title: 'Refund 42' },
  }),
  'reject a request': async (tenant) =>
    post('reviewer', `/v1/requests/${(await request(tenant)).id}/reject`, { comment: 'No' }),
  'approve a request by its id': async (tenant) =>
    post('reviewer', `/v1/approvals/${(await request(tenant)).id}/approve`, {}),
  'vote under a policy': async (tenant) => {
    const policy = { name: 'Two', match: { kind: 'request', type: 'two' }, required_approvals: 2 }
    const admins = { ...policy, approver_roles: ['reviewer', 'coordinator', 'admin'] }
    await tenant.as('coordinator')('/v1/me')
    await tenant.as('reviewer')('/v1/me')
    await make(tenant, 'admin', '/v1/policies', admins)
    const { id } = await make(tenant, 'member', '/v1/requests', { type: 'two', title: 'Refund' })
    return post('reviewer', `/v1/requests/${id}/approve`, {})
  },
  'redeem a request': async (tenant) => {
    const { id, digest } = await approved(tenant)
    return post('member', `/v1/requests/${id}/redeem`, { digest })
  },
  'revoke a request': async (tenant) =>
    post('member', `/v1/requests/${(await approved(tenant)).id}/revoke`, { comment: 'Not any more' }),
  'report a request': async (tenant) => {
    const { id, digest } = await approved(tenant)
    await make(tenant, 'member', `/v1/requests/${id}/redeem`, { digest })
    return post('member', `/v1/requests/${id}/outcome`, { outcome: 'succeeded' })
  },
  'make a person': async () => post('admin', '/v1/people', { name: 'Ada', roles: ['member'] }),
  'make a policy': async (tenant) => {
    for (const who of ['reviewer', 'coordinator']) await tenant.as(who)('/v1/me')
    return post('admin', '/v1/policies', {
      name: 'One',
      match: { kind: 'request', type: crypto.randomUUID().slice(0, 8) },
      required_approvals: 1,
      approver_roles: ['reviewer', 'coordinator'],
    })
  },
}

/** What is told of since an event, in order. */
async function told(tenant: Tenant, after = 0): Promise<string[]> {
  const query = 'SELECT type FROM events WHERE tenant_id = ? AND seq > ? ORDER BY seq'
  const { results } = await env.DB.prepare(query).bind(tenant.id, after).all<{ type: string }>()
  return results.map(({ type }) => type)
}

/** Sends it, with an Idempotency-Key where it is a POST, while D1 fails as said. */
async function sent(
  tenant: Tenant,
  { as, path, ...call }: Sent,
  key: string,
  faultAt: (trip: number) => Fault | null,
  delay = 0,
) {
  const { db, trips } = faultyD1(env.DB, faultAt, delay)
  const keyed = { ...call, headers: { 'Idempotency-Key': key } }
  const answer = await calling({ ...env, DB: db }, await tenant.key(as), path, keyed)
  return { ...answer, trips: trips() }
}

const never = () => null
/** How much longer a slow round trip takes, in milliseconds. */
const slow = 5
/** What is tried at a round trip; the last one, which commits, mostly has an odd number. */
const triedAt = (trip: number) => (isLong ? faults : [faults[trip % 2 === 0 ? 0 : 3]!])

test.each(Object.entries(verbs))(
  '%s, while D1 fails: whole or not at all, and sent again, or twice at once while D1 is slow, it has happened once',
  async (_, verb) => {
    const tenant = await newTenant()
    const plain = await verb(tenant)
    const before = (await told(tenant)).length
    const whole = await sent(tenant, plain, crypto.randomUUID(), never)
    const happens = await told(tenant, before)
    expect([whole.status < 300, happens.length > 0]).toEqual([true, true])

    const slowly = await verb(tenant)
    const from = (await told(tenant)).length
    const one = crypto.randomUUID()
    const twins = [slow, 2 * slow].map((delay) => sent(tenant, slowly, one, never, delay))
    const [first, second] = await Promise.all(twins)
    expect([first?.status, second?.status].every((status) => status! < 300)).toBe(true)
    expect(second?.body).toEqual(first?.body)
    expect(await told(tenant, from)).toEqual(happens)

    for (let trip = 0; trip < whole.trips; trip += 1) {
      for (const fault of triedAt(trip)) {
        const call = await verb(tenant)
        const start = (await told(tenant)).length
        const key = crypto.randomUUID()
        const failed = await sent(tenant, call, key, (at) => (at === trip ? fault : null))
        const happened = await told(tenant, start)
        const what = { fault, trip, failed: failed.status, code: failed.body.code }
        // What fails behind the answer does not change it.
        if (failed.status !== whole.status) expect(what).toMatchObject({ failed: 503, code: 'storage_unavailable' })
        expect([[], happens]).toContainEqual(happened)
        if (failed.status === whole.status) expect({ what, happened }).toEqual({ what, happened: happens })

        const again = await sent(tenant, call, key, never)
        expect({ what, again: again.status < 300, body: again.body }).toMatchObject({ what, again: true })
        expect({ what, happened: await told(tenant, start) }).toEqual({ what, happened: happens })
        const more = await sent(tenant, call, key, never)
        expect({ what, body: more.body }).toEqual({ what, body: again.body })
        expect(await told(tenant, start)).toEqual(happens)
      }
    }
  },
)

test('an amendment of a batch while D1 fails: whole or not at all', async () => {
  const tenant = await newTenant()
  const amend = async () => {
    const call = { as: 'coordinator', method: 'PUT', body: { claim_ids: [await claimed(tenant)] } } as const
    return { ...call, path: `${batches}/${await putOff(tenant)}` }
  }
  const { trips } = await sent(tenant, await amend(), '', never)
  for (let trip = 0; trip < trips; trip += 1) {
    for (const fault of triedAt(trip)) {
      const call = await amend()
      const start = (await told(tenant)).length
      const failed = await sent(tenant, call, '', (at) => (at === trip ? fault : null))
      expect([200, 503]).toContain(failed.status)
      const { total_claims } = (await tenant.as('coordinator')(call.path)).body
      const happened = await told(tenant, start)
      if (failed.status === 200) expect(total_claims).toBe(2)
      expect({ trip, happened }).toEqual({ trip, happened: total_claims === 2 ? ['batch.amended'] : [] })
      expect((await sent(tenant, call, '', never)).body).toMatchObject({ total_claims: 2 })
    }
  }
})

test('a batch while D1 fails at any step: each claim is decided once, and the batch ends', async () => {
  const tenant = await newTenant()
  const coordinator = tenant.as('coordinator')
  for (const fault of isLong ? faults : triedAt(1)) {
    for (let failing = 0; failing < 3; failing += 1) {
      const body = await later(tenant)
      while (body.claim_ids.length < 6) body.claim_ids.push(await claimed(tenant))
      const { batch_id: id } = await make(tenant, 'coordinator', batches, body)
      const start = (await told(tenant)).length
      const { db } = faultyD1(env.DB, (trip) => (trip === failing ? fault : null))
      const at = Date.parse(body.process_at)
      let status: string | undefined
      let failed = 0
      // As its Durable Object does: until it has ended, again after whatever has failed.
      for (let step = 0; status !== 'completed'; step += 1) {
        expect(step).toBeLessThan(9)
        const ctx = systemContext({ ...env, DB: db }, 'system:batch-runner', at + step, tenant.id)
        const batch = await advanceBatch(ctx, id, 2).catch(() => void (failed += 1))
        status = batch?.status
      }
      expect(failed).toBe(1)
      const { body: ended } = await coordinator(`${batches}/${id}`)
      expect(ended).toMatchObject({ approved_count: 6, rejected_count: 0, processed_count: 6 })
      const happened = (await told(tenant, start)).toSorted()
      expect(happened).toEqual(['batch.completed', 'batch.started', ...Array(6).fill('claim.approved')])
    }
  }
})

test('cancelling a batch while D1 fails: all that it approved is pending again, or nothing has happened', async () => {
  const tenant = await newTenant()
  const contextOf = (db: D1Database) => systemContext({ ...env, DB: db }, 'system:test', Date.now(), tenant.id)
  for (const fault of isLong ? faults : [faults[0]!, faults[3]!]) {
    for (let failing = 0; failing < 2; failing += 1) {
      const body = await later(tenant)
      while (body.claim_ids.length < 3) body.claim_ids.push(await claimed(tenant))
      const { batch_id: id } = await make(tenant, 'coordinator', batches, body)
      const due = systemContext(env, 'system:batch-runner', Date.parse(body.process_at), tenant.id)
      expect(await advanceBatch(due, id, 2)).toMatchObject({ status: 'processing', approved_count: 2 })
      const start = (await told(tenant)).length
      const { db } = faultyD1(env.DB, (trip) => (trip === failing ? fault : null))
      await expect(cancelBatch(contextOf(db), id, null)).rejects.toThrow()
      const happened = (await told(tenant, start)).length
      expect(happened).toBe(fault.when === 'after' && failing === 1 ? 3 : 0)
      expect(await cancelBatch(contextOf(db), id, null)).toMatchObject({ status: 'cancelled' })
      expect((await told(tenant, start)).toSorted()).toEqual(['batch.cancelled', 'claim.reverted', 'claim.reverted'])
      for (const claim of body.claim_ids) {
        expect((await tenant.as('member')(`/api/v1/claims/${claim}`)).body.status).toBe('pending')
      }
    }
  }
})

test('a lease while D1 fails: an entry is leased, or is to be had; at the latest once the lease is over', async () => {
  const tenant = await newTenant()
  const lease = post('service', `${outbox}/lease`, { max: 1, lease_seconds: 60 })
  const take = (faultAt: (trip: number) => Fault | null) => sent(tenant, lease, crypto.randomUUID(), faultAt)
  const { trips } = await take(never)
  for (let trip = 0; trip < trips; trip += 1) {
    for (const fault of isLong ? faults : [faults[0]!, faults[3]!]) {
      const ref = await referred(tenant)
      await make(tenant, 'service', `${intents}/resolve`, resolution(ref))
      const failed = await take((at) => (at === trip ? fault : null))
      const taken = [failed.body.entries ?? [], (await take(never)).body.entries].flat()
      // Nobody heard of it: it is leased for a minute all the same.
      const isLost = taken.length === 0
      expect([failed.status, isLost && fault.when]).toEqual([failed.status === 200 ? 200 : 503, isLost && 'after'])
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 })
      const later = (await take(never)).body.entries
      vi.useRealTimers()
      const got = [...taken, ...later]
      expect(got.map(({ approval_ref, attempt }) => [approval_ref, attempt])).toEqual(
        (isLost ? [2] : [1, 2]).map((attempt) => [ref, attempt]),
      )
      const { outbox_id, lease_token } = got.at(-1)
      await make(tenant, 'service', `${outbox}/${outbox_id}/ack`, { lease_token, outcome: 'succeeded' })
    }
  }
})

test('upkeep while D1 fails at any of its round trips: what is left is done the next time, and once', async () => {
  const tenant = await newTenant()
  const { db, trips } = faultyD1(env.DB, never)
  await maintain({ ...env, DB: db }, Date.now())
  const due = async () => {
    const { id } = await request(tenant)
    await env.DB.prepare("UPDATE approvals SET due_at = 1, on_due = 'expire' WHERE id = ?").bind(id).run()
  }
  const all = trips()
  for (let trip = 0; trip < all; trip += isLong ? 1 : 3) {
    const start = (await told(tenant)).length
    await due()
    const fault = faults[trip % faults.length]!
    const failing = faultyD1(env.DB, (at) => (at === trip ? fault : null), isLong ? 5 : 0)
    await maintain({ ...env, DB: failing.db }, Date.now())
    // Twice at once, as a doubled cron does.
    await Promise.all([maintain(env, Date.now()), maintain(env, Date.now() - 60_000)])
    expect({ trip, told: await told(tenant, start) }).toEqual({ trip, told: ['request.created', 'request.expired'] })
  }
})
