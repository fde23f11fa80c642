import { runInDurableObject } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { demoTenant } from '../../src/approvals/approvals.demo.ts'
import { expirer } from '../../src/approvals/states.ts'
import { advanceBatch } from '../../src/claims/advance-batch.ts'
import { decideClaim } from '../../src/claims/decide-claim.ts'
import { systemContext } from '../../src/context.ts'
import { families } from '../../src/families.ts'
import { maintain } from '../../src/maintenance/maintain.ts'
import { ended, submitClaims } from '../support/batches.ts'
import { loadDemo } from '../support/demo.ts'
import { lapse } from '../support/lapse.ts'
import { overSocket } from '../support/over-socket.ts'
import { newTenant, tenantOf, type Tenant } from '../support/tenant.ts'

/* Waiting for the decision on an approval of any family: who is told what, when, and what that costs. */

const of = (id: string, wait?: number) => `/v1/approvals/${id}/decision${wait === undefined ? '' : `?wait=${wait}`}`

async function pendingClaim(tenant: Tenant): Promise<string> {
  return (await submitClaims(tenant.as('member'), 1))[0]!
}

const approve = (tenant: Tenant, id: string) =>
  tenant.as('coordinator')(`/api/v1/claims/${id}/approve`, { method: 'POST', body: { comment: 'Fine.' } })

const account = (tenant: Tenant) => env.DECISION_WATCH.getByName(tenant.id).account()

/** Until as many have come to the watch. */
const waiting = (tenant: Tenant, count: number) =>
  vi.waitFor(async () => expect((await account(tenant)).waiting).toBe(count), { timeout: 30_000, interval: 20 })

/** The answer, if it is there before the watch looks by itself, which it does every five seconds. */
async function told<T>(answer: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error('nobody told it')), 4_000))
  return Promise.race([answer, late])
}

const set = (id: string, assignments: string) =>
  env.DB.prepare(`UPDATE approvals SET ${assignments} WHERE id = ?`).bind(id).run()

const pending = {
  status: 'pending',
  revision: 1,
  approved_digest: null,
  edited: false,
  final: false,
  decided_by: null,
  decided_at: null,
  reason: null,
  retry: null,
}

test('what is pending is said at once without a wait, and after the wait with one', async () => {
  const tenant = await newTenant()
  const id = await pendingClaim(tenant)
  const at_once = await tenant.as('member')(of(id))
  expect(at_once.body).toEqual({ id, kind: 'claim', digest: expect.stringMatching(/^[0-9a-f]{64}$/), ...pending })
  expect(at_once.headers.get('Cache-Control')).toBe('no-store')
  expect(await tenant.as('member')(of(id, 0))).toMatchObject({ status: 200, body: at_once.body })
  const before = Date.now()
  const later = await tenant.as('member')(of(id, 1))
  expect(later.body).toEqual(at_once.body)
  expect(later.headers.get('ETag')).toBe(at_once.headers.get('ETag'))
  expect(Date.now() - before).toBeGreaterThanOrEqual(1_000)
})

test('what is decided is said at once: by whom, why, and whether to ask again', async () => {
  const tenant = await newTenant()
  const [approved, rejected, withdrawn] = (await submitClaims(tenant.as('member'), 3)) as [string, string, string]
  await approve(tenant, approved)
  const rejection = { method: 'POST', body: { comment: 'No receipt.' } }
  await tenant.as('coordinator')(`/api/v1/claims/${rejected}/reject`, rejection)
  await tenant.as('member')(`/api/v1/claims/${withdrawn}`, { method: 'DELETE' })
  const tags = new Set()
  for (const wait of [undefined, 30]) {
    const read = async (id: string) => {
      const { body, headers } = await told(tenant.as('reviewer')(of(id, wait)))
      tags.add(`${id} ${headers.get('ETag')}`)
      return body
    }
    const { digest, ...yes } = await read(approved)
    expect(yes).toMatchObject({ status: 'approved', approved_digest: digest, final: true, retry: 'never' })
    expect(yes).toMatchObject({ decided_by: 'usr_coordinator', reason: 'Fine.', edited: false })
    const no = { status: 'rejected', reason: 'No receipt.', retry: 'changed', approved_digest: null, final: true }
    expect(await read(rejected)).toMatchObject(no)
    expect(await read(withdrawn)).toMatchObject({ status: 'withdrawn', retry: 'never', decided_by: 'usr_member' })
  }
  expect(tags.size).toBe(3)
})

// With a clock of its own, so without a server.
describe.skipIf(overSocket)('who has waited for more than five seconds is looked at again', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  /** What somebody is told who waits while something happens, and ten seconds pass. */
  async function waitedWhile(happens: (tenant: Tenant, id: string) => Promise<unknown>) {
    const tenant = await newTenant()
    const id = await pendingClaim(tenant)
    const waiter = tenant.as('waiter', ['member'])
    await waiter('/v1/me')
    const answer = waiter(of(id, 50))
    await waiting(tenant, 1)
    await happens(tenant, id)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10_000 })
    await approve(tenant, id)
    const { status, body, cost } = await told(answer)
    return { said: [status, body.code ?? body.status], queries: cost.queries }
  }
  const change = (tenant: Tenant, path: string, body: object) => tenant.as('admin')(path, { method: 'PATCH', body })

  test('nobody is told anything whose key was revoked, or whose person was disabled', async () => {
    const revoked = await waitedWhile(async (tenant) => {
      const { body } = await tenant.as('admin')('/v1/api-keys?limit=100')
      const { id } = body.data.find((one: any) => one.person_id === 'usr_waiter')
      expect((await tenant.as('admin')(`/v1/api-keys/${id}`, { method: 'DELETE' })).status).toBe(200)
    })
    expect(revoked.said).toEqual([401, 'unauthorized'])
    const disabled = await waitedWhile((tenant) => change(tenant, '/v1/people/usr_waiter', { disabled: true }))
    expect(disabled.said).toEqual([401, 'unauthorized'])
  })

  test('what is restricted is not there any more for who has lost what let them see it', async () => {
    const outcome = await waitedWhile(async (_, id) => {
      await set(id, 'restricted = 1')
    })
    expect(outcome.said).toEqual([404, 'not_found'])
  })

  test('whose key is good is told, and no query is asked for it as long as the isolate knows the key', async () => {
    expect(await waitedWhile(async () => undefined)).toEqual({ said: [200, 'approved'], queries: 0 })
  })
})

test('a wait of another length than 0 to 50 seconds is refused', async () => {
  const member = (await newTenant()).as('member')
  for (const wait of ['51', '-1', '1.5', '', 'long']) {
    const { status, body } = await member(`${of('clm_x')}?wait=${wait}`)
    expect([status, body.errors?.[0]?.pointer]).toEqual([422, '/wait'])
  }
})

test('who waits is told when a person decides, with another ETag than before', async () => {
  const tenant = await newTenant()
  const id = await pendingClaim(tenant)
  const before = (await tenant.as('member')(of(id))).headers.get('ETag')
  const answer = tenant.as('member')(of(id, 50))
  await waiting(tenant, 1)
  const { body } = await approve(tenant, id)
  const { body: decision, headers } = await told(answer)
  expect(decision).toMatchObject({ id, status: 'approved', decided_at: body.processed_at ?? expect.any(String) })
  expect(headers.get('ETag')).not.toBe(before)
  await waiting(tenant, 0)
})

test('one is told of the own approval only: others go on waiting', async () => {
  const tenant = await newTenant()
  const [one, two] = (await submitClaims(tenant.as('member'), 2)) as [string, string]
  const first = tenant.as('member')(of(one, 50))
  const second = tenant.as('member')(of(two, 50))
  await waiting(tenant, 2)
  await approve(tenant, one)
  expect((await told(first)).body.status).toBe('approved')
  await waiting(tenant, 1)
  await approve(tenant, two)
  expect((await told(second)).body.status).toBe('approved')
})

test('who waits is told of a batch, which is final once that has ended', async () => {
  const tenant = await newTenant()
  const claim_ids = await submitClaims(tenant.as('member'), 3)
  const answers = claim_ids.map((id) => tenant.as('member')(of(id, 50)))
  await waiting(tenant, 3)
  const batch = await tenant.as('coordinator')('/api/v1/approval-batches', { method: 'POST', body: { claim_ids } })
  for (const { body } of await told(Promise.all(answers))) expect(body.status).toBe('approved')
  await ended(tenant.as('coordinator'), batch.body.batch_id)
  expect((await tenant.as('member')(of(claim_ids[0]!))).body).toMatchObject({ status: 'approved', final: true })
})

// Steps of a batch are taken by hand only inside.
test.skipIf(overSocket)('what a batch has approved is not final while it may be cancelled', async () => {
  const tenant = await newTenant()
  const claim_ids = await submitClaims(tenant.as('member'), 2)
  const process_at = new Date(Date.now() + 3_600_000).toISOString()
  const made = await tenant.as('coordinator')('/api/v1/approval-batches', {
    method: 'POST',
    body: { claim_ids, process_at },
  })
  const batchId = made.body.batch_id as string
  await env.DB.prepare('UPDATE batches SET process_at = 1 WHERE id = ?').bind(batchId).run()
  await advanceBatch(systemContext(env, 'system:batch-runner', Date.now(), tenant.id), batchId, 1)
  const tags: unknown[] = []
  for (const wait of [0, 30]) {
    const { body, headers } = await told(tenant.as('member')(of(claim_ids[0]!, wait)))
    expect(body).toMatchObject({ status: 'approved', final: false, approved_digest: body.digest })
    tags.push(headers.get('ETag'))
  }
  expect((await tenant.as('member')(of(claim_ids[1]!))).body.status).toBe('pending')
  await advanceBatch(systemContext(env, 'system:batch-runner', Date.now(), tenant.id), batchId, 1)
  const { body, headers } = await tenant.as('member')(of(claim_ids[0]!))
  expect(body).toMatchObject({ status: 'approved', final: true })
  expect(new Set([...tags, headers.get('ETag')]).size).toBe(2)
})

// Verbs are called, and cron is run, by hand only inside.
describe.skipIf(overSocket)('not by a request', () => {
  test('who waits is told of what cron decides, by cron', async () => {
    const tenant = await newTenant()
    const id = await pendingClaim(tenant)
    const answer = tenant.as('member')(of(id, 50))
    await waiting(tenant, 1)
    await set(id, "due_at = 5, on_due = 'reject'")
    await maintain(env, Date.now())
    expect((await told(answer)).body).toMatchObject({ status: 'rejected', decided_by: 'system:auto-reject' })
  })

  test('a decision of which nobody tells is found all the same', async () => {
    const tenant = await newTenant()
    const id = await pendingClaim(tenant)
    const answer = tenant.as('member')(of(id, 50))
    await waiting(tenant, 1)
    await decideClaim(tenant.ctx('coordinator'), id, { vote: 'approve', comment: null, ifMatch: null, digest: null })
    expect((await answer).body.status).toBe('approved')
    expect((await account(tenant)).queries).toBeLessThanOrEqual(3)
  })

  test('it is not pending that is said where nobody told of the decision that was there before', async () => {
    const tenant = await newTenant()
    const id = await pendingClaim(tenant)
    const first = tenant.as('member')(of(id, 50))
    await waiting(tenant, 1)
    await decideClaim(tenant.ctx('coordinator'), id, { vote: 'approve', comment: null, ifMatch: null, digest: null })
    expect((await tenant.as('member')(of(id, 1))).body.status).toBe('approved')
    await first
  })

  test('a watch that is lost is asked again', async () => {
    const tenant = await newTenant()
    const id = await pendingClaim(tenant)
    const answer = tenant.as('member')(of(id, 30))
    await waiting(tenant, 1)
    const watch = env.DECISION_WATCH.getByName(tenant.id)
    await runInDurableObject(watch, (_, state) => state.abort('lost')).catch(() => undefined)
    await waiting(tenant, 1)
    await approve(tenant, id)
    expect((await told(answer)).body.status).toBe('approved')
  })
})

describe.each([...families])('$kind', ({ kind }) => {
  const demo = tenantOf(demoTenant)
  beforeAll(loadDemo)

  test.skipIf(overSocket)('what expires is told at its time, without cron', async () => {
    const { body } = await demo.as('member')(`/v1/approvals?kind=${kind}&status=pending&limit=200`)
    const { id } = body.approvals.at(-1)
    const due = Date.now() + 1_500
    await set(id, `due_at = ${due}, on_due = 'expire'`)
    const answer = await told(demo.as('member')(of(id, 50)))
    const decided_at = new Date(due).toISOString()
    expect(answer.body).toMatchObject({ id, kind, status: 'expired', final: true, decided_by: expirer, decided_at })
    expect([answer.body.retry, Date.now() >= due]).toEqual([decided_at, true])
    expect((await demo.as('member')(of(id))).body).toEqual(answer.body)
  })
})

test('an approved call that was not replayed in time has lapsed, before any sweep', async () => {
  const tenant = await newTenant()
  const service = tenant.as('service')
  const base = `/internal/v1/instances/${crypto.randomUUID()}/approvals`
  const body = { action: 'refund', skill_slug: 'payments', serialized_intent: {}, customer_id: crypto.randomUUID() }
  const asked = (await service(`${base}/request`, { method: 'POST', body })).body
  const resolution = { action: 'approve', pin_verified: true, resolver_role: 'customer' }
  const { approval_ref } = asked
  await service(`${base}/resolve`, { method: 'POST', body: { approval_ref, ...resolution } })
  const id = (await tenant.as('member')('/v1/approvals')).body.approvals[0].id as string
  const approved = await tenant.as('member')(of(id))
  expect(approved.body).toMatchObject({ status: 'approved', final: true, retry: 'never' })
  await env.DB.prepare('UPDATE outbox SET execute_by = 5 WHERE approval_id = ?').bind(id).run()
  const { body: lapsed, headers } = await tenant.as('member')(of(id, 30))
  expect(lapsed).toMatchObject({ status: 'lapsed', final: true, retry: '1970-01-01T00:00:00.005Z' })
  expect(lapsed.approved_digest).toBe(approved.body.digest)
  expect(headers.get('ETag')).not.toBe(approved.headers.get('ETag'))
})

test('what was amended meanwhile is pending with its new digest; revoked or lapsed, it is no yes any more', async () => {
  const tenant = await newTenant()
  const member = tenant.as('member')
  const ask = async () =>
    (await member('/v1/requests', { method: 'POST', body: { type: 'deploy', title: 'Deploy 1.2.3' } })).body.id
  const [id, other] = [await ask(), await ask()]
  const first = (await member(of(id))).body
  const answer = member(of(id, 2))
  await waiting(tenant, 1)
  const { status } = await member(`/v1/requests/${id}`, { method: 'PATCH', body: { title: 'Deploy 1.2.4' } })
  expect(status).toBe(200)
  const amended = (await answer).body
  expect(amended).toMatchObject({ status: 'pending', revision: 2 })
  expect(amended.digest).not.toBe(first.digest)

  const coordinator = tenant.as('coordinator')
  const tags: unknown[] = []
  const told = async (which: string) => {
    const { body, headers } = await member(of(which, 30))
    tags.push(headers.get('ETag'))
    return body
  }
  for (const one of [id, other]) await coordinator(`/v1/requests/${one}/approve`, { method: 'POST' })
  expect(await told(id)).toMatchObject({ status: 'approved', final: true, approved_digest: amended.digest })
  await coordinator(`/v1/requests/${id}/revoke`, { method: 'POST', body: { comment: 'Not today.' } })
  const revoked = { status: 'revoked', final: true, retry: 'changed', reason: 'Not today.' }
  expect(await told(id)).toMatchObject(revoked)
  await lapse(other)
  expect(await told(other)).toMatchObject({ status: 'lapsed', final: true, retry: '1970-01-01T00:00:00.005Z' })
  expect(new Set(tags).size).toBe(3)
})

test('a thousand who wait for one approval are told of it by five queries at the most', async () => {
  const tenant = await newTenant()
  const id = await pendingClaim(tenant)
  const key = await tenant.key('member')
  await tenant.as('member')('/api/v1/claims/clm_none') // the isolate knows the key now
  const { queries } = await account(tenant)
  const wait = async () => {
    const answer = await exports.default.fetch(`https://countersign.test${of(id, 50)}`, {
      headers: { 'X-API-Key': key },
    })
    return [answer.status, ((await answer.json()) as { status: string }).status].join()
  }
  const answers = Array.from({ length: 1_000 }, wait)
  await waiting(tenant, 1_000)
  await approve(tenant, id)
  expect(new Set(await Promise.all(answers))).toEqual(new Set(['200,approved']))
  expect((await account(tenant)).queries - queries).toBeLessThanOrEqual(5)
})

test('a hundred approvals that are waited for at once are looked up together', async () => {
  const tenant = await newTenant()
  const ids = await submitClaims(tenant.as('member'), 100)
  await tenant.as('member')('/api/v1/claims/clm_none')
  const { queries } = await account(tenant)
  const answers = ids.map((id) => tenant.as('member')(of(id, 50)))
  await waiting(tenant, 100)
  await tenant.as('coordinator')('/api/v1/approval-batches', { method: 'POST', body: { claim_ids: ids } })
  for (const { body } of await Promise.all(answers)) expect(body.status).toBe('approved')
  expect((await account(tenant)).queries - queries).toBeLessThanOrEqual(25)
})

test('a wait whose caller went away ends by its own time, and then nothing is read any more', async () => {
  const tenant = await newTenant()
  const id = await pendingClaim(tenant)
  const gone = new AbortController()
  const headers = { 'X-API-Key': await tenant.key('member') }
  const url = `https://countersign.test${of(id, 2)}`
  const answer = exports.default.fetch(new Request(url, { headers, signal: gone.signal })).catch(() => undefined)
  await waiting(tenant, 1)
  gone.abort()
  await answer
  await waiting(tenant, 0)
  const { queries } = await account(tenant)
  await approve(tenant, id)
  expect((await account(tenant)).queries).toBe(queries)
})

test('what does not exist for the caller is 404 at once, however long one would wait', async () => {
  const [tenant, other] = [await newTenant(), await newTenant()]
  const id = await pendingClaim(tenant)
  await tenant.as('member')(of(id)) // the isolate knows the keys now
  await other.as('admin')('/api/v1/claims/clm_none')
  for (const [caller, asked] of [
    [other.as('admin'), id],
    [tenant.as('admin'), 'clm_none'],
  ] as const) {
    for (const wait of [0, 50]) {
      const { status, body } = await told(caller(of(asked, wait)))
      expect([status, body.code, body.detail]).toEqual([404, 'not_found', `There is no approval ${asked}.`])
    }
  }
})

test('a restricted one is there for who asked, who may decide it, and admins; a stranger finds nothing', async () => {
  const tenant = await newTenant()
  const id = await pendingClaim(tenant)
  await set(id, 'restricted = 1')
  const stranger = tenant.as('stranger', ['member'])
  await stranger('/api/v1/claims/clm_none')
  const nothing = async (wait: number) => {
    const [hidden, absent] = [await told(stranger(of(id, wait))), await told(stranger(of('clm_none', wait)))]
    expect([hidden.status, hidden.body.detail]).toEqual([404, `There is no approval ${id}.`])
    expect(hidden.cost).toEqual(absent.cost)
  }
  await nothing(0)
  await nothing(50)
  const answers = [tenant.as('member'), tenant.as('coordinator'), tenant.as('admin')].map((one) => one(of(id, 50)))
  await waiting(tenant, 3)
  await nothing(0)
  await nothing(50)
  await approve(tenant, id)
  for (const { body } of await told(Promise.all(answers))) expect(body.status).toBe('approved')
})
