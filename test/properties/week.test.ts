import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import { day, hour } from '../../src/durations.ts'
import { maintain } from '../../src/maintenance/maintain.ts'
import { calling } from '../support/calling.ts'
import { invoiceGate } from '../support/gates.ts'
import { isLong } from '../support/scale.ts'
import { sealed } from '../support/sealed.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'

/*
 * Seven days of a tenant, on a clock that is moved on in steps: some work in each, then the upkeep. The days are past
 * ones, so that alarms are due at once.
 */

const step = isLong ? 2 * hour : 4 * hour
const start = Date.now() - 9 * day
const customer = '160c0c4b-9966-4dc1-a916-8407eb10d74e'
const intents = `/internal/v1/instances/${customer}/approvals`

afterEach(() => void vi.useRealTimers())

/** Something that waits for a clock, and when its time comes. */
interface Waiting {
  /** What its history has to be once its time has come. */
  told: string[]
  due: number
  title: string
}

/** A tenant at work: each act is one step's work, and says what will come of it by itself. */
async function worker(tenant: Tenant, gate: string) {
  const keys = { member: await tenant.key('member'), reviewer: await tenant.key('reviewer') }
  const service = await tenant.key('service')
  const post = async (key: string, path: string, body: unknown, idempotencyKey?: string) => {
    const headers: Record<string, string> = idempotencyKey ? { 'Idempotency-Key': idempotencyKey } : {}
    const answer = await calling(env, key, path, { method: 'POST', body, headers })
    if (answer.status >= 300) throw new Error(JSON.stringify(answer.body))
    return answer.body
  }
  const ask = (more: object) => post(keys.member, '/v1/requests', { type: 'refund', title: 'Refund', ...more })
  return {
    /** It waits for nobody any more, or is redeemed late. */
    async redeemable(now: number, hours: number): Promise<Waiting> {
      const { id } = await ask({ redeem_within_hours: hours })
      await post(keys.reviewer, `/v1/requests/${id}/approve`, {})
      return { title: id, due: now + hours * hour, told: ['request.created', 'request.approved', 'request.lapsed'] }
    },
    async expiring(now: number, hours: number): Promise<Waiting> {
      const { id } = await ask({ expires_in_hours: hours })
      return { title: id, due: now + hours * hour, told: ['request.created', 'request.expired'] }
    },
    async governed(now: number, _hours: number): Promise<Waiting> {
      const { id } = await ask({ type: 'clocked' })
      return { title: id, due: now + 5 * hour, told: ['request.created', 'request.rejected'] }
    },
    async held(now: number, _hours: number): Promise<Waiting> {
      const { id } = await post(keys.member, '/v1/structuring/results', { gate_id: gate, data: { total: 2_000_000 } })
      return { title: id, due: now + 3 * hour, told: ['result.queued', 'result.approved'] }
    },
    async called(now: number, hours: number): Promise<Waiting> {
      const body = { action: 'refund', skill_slug: 'payments', customer_id: customer, serialized_intent: { hours } }
      const asked = { ...body, approver_role: 'customer', expires_in_hours: hours }
      const { approval_ref } = await post(service, `${intents}/request`, asked, crypto.randomUUID())
      return { title: approval_ref, due: now + hours * hour, told: ['intent.requested', 'intent.expired'] }
    },
  }
}

/** The histories of what is called so: by its id, or by an intent's reference. */
async function told(tenant: Tenant, titles: string[]): Promise<Map<string, string[]>> {
  const query = `
    SELECT t.value AS title, e.type FROM json_each(?2) t JOIN events e ON e.tenant_id = ?1 AND e.resource_id =
      coalesce((SELECT approval_id FROM intents WHERE tenant_id = ?1 AND approval_ref = t.value), t.value)
    ORDER BY e.seq`
  const { results } = await env.DB.prepare(query)
    .bind(tenant.id, JSON.stringify(titles))
    .all<{ title: string; type: string }>()
  const histories = new Map<string, string[]>(titles.map((title) => [title, []]))
  for (const { title, type } of results) histories.get(title)!.push(type)
  return histories
}

async function count(query: string, ...values: (string | number)[]): Promise<number> {
  return (await env.DB.prepare(query)
    .bind(...values)
    .first<number>('count'))!
}

test(
  'seven days of a busy tenant: what has a clock ends at its time and once, tallies are counts, nothing old is left',
  { timeout: 600_000 },
  async () => {
    const seed = isLong ? Date.now() : 7
    const choices = fc.sample(fc.tuple(fc.nat({ max: 4 }), fc.integer({ min: 1, max: 30 })), {
      numRuns: (7 * day) / step,
      seed,
    })
    vi.useFakeTimers({ toFake: ['Date'], now: start })
    const tenant = await newTenant()
    const admin = tenant.as('admin')
    for (const who of ['reviewer', 'coordinator', 'service']) await tenant.as(who as 'reviewer')('/v1/me')
    const gate = await invoiceGate(admin, { auto_approve_after_hours: 3 })
    const policy = await admin('/v1/policies', {
      method: 'POST',
      body: {
        name: 'Clocked',
        match: { kind: 'request', type: 'clocked' },
        required_approvals: 1,
        approver_roles: ['reviewer', 'coordinator'],
        expires: { after_hours: 5, then: 'reject' },
      },
    })
    expect(policy.status).toBe(201)
    const acts = await worker(tenant, gate)
    const does = [acts.redeemable, acts.expiring, acts.governed, acts.held, acts.called]
    const waiting: Waiting[] = []
    const ended: Waiting[] = []

    for (const [index, [act, hours]] of choices.entries()) {
      const now = start + index * step
      vi.setSystemTime(now)
      const one = await does[act]!(now, hours)
      waiting.push(one)
      ended.push(one)
      // Cron is late now and then, or comes twice.
      if (index % 7 === 3) continue
      await Promise.all(index % 5 === 0 ? [maintain(env, now), maintain(env, now)] : [maintain(env, now)])
      const histories = await told(
        tenant,
        waiting.map(({ title }) => title),
      )
      for (const one of waiting) {
        const types = one.due <= now ? one.told : one.told.slice(0, -1)
        expect({ seed, ...one, now, types: histories.get(one.title) }).toEqual({ seed, ...one, now, types })
      }
      // What has come to its end is looked at once more in the end of all.
      for (const [at, one] of [...waiting.entries()].toReversed()) if (one.due <= now) waiting.splice(at, 1)
    }

    vi.setSystemTime(start + 7 * day + 2 * day)
    for (let run = 0; run < 5; run += 1) await maintain(env, Date.now())
    const all = await told(
      tenant,
      ended.map(({ title }) => title),
    )
    for (const one of ended) expect({ seed, ...one, told: all.get(one.title) }).toEqual({ seed, ...one })
    const pending = "SELECT count(*) AS count FROM approvals WHERE tenant_id = ? AND status = 'pending'"
    expect(await count(pending, tenant.id)).toBe(0)
    const wrong = `
    SELECT count(*) AS count FROM tallies t WHERE tenant_id = ? AND facet = '' AND (
      pending <> 0 OR approved + rejected + withdrawn + expired <>
        (SELECT count(*) FROM approvals a WHERE a.tenant_id = t.tenant_id AND a.kind = t.kind))`
    expect(await count(wrong, tenant.id)).toBe(0)
    expect(await count('SELECT count(*) AS count FROM idempotency_keys WHERE tenant_id = ?', tenant.id)).toBe(0)
    const events = await count('SELECT count(*) AS count FROM events WHERE tenant_id = ?', tenant.id)
    expect(await count('SELECT max(seq) AS count FROM events WHERE tenant_id = ?', tenant.id)).toBe(events)
    vi.useRealTimers()
    expect(await sealed(tenant.id)).toBe(events)
  },
)
