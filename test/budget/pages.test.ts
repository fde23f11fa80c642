import { env } from 'cloudflare:workers'
import { beforeAll, expect, test } from 'vitest'
import { inPlaceOf } from '../support/outside.ts'
import { newTenant, type Answer, type Caller, type Tenant } from '../support/tenant.ts'

/* Pages of the largest rows that there can be: what they carry and what they read; counted, never timed. */

/** More than fit on a page. */
const rows = 20
const each = Array.from({ length: rows }, (_, n) => n)
const kib = 1024
const large = (n: number, bytes = 256 * kib - 100) => ({ n, text: 'x'.repeat(bytes) })

let tenant: Tenant
let admin: Caller
const instance = crypto.randomUUID()
const customer = crypto.randomUUID()
let endpoint: string

async function made(calls: ((n: number) => ReturnType<Caller>)[]) {
  for (const n of each) {
    for (const call of calls) {
      const { status, body } = await call(n)
      if (status >= 300) throw new Error(JSON.stringify(body).slice(0, 500))
    }
  }
}

beforeAll(async () => {
  inPlaceOf('hooks.example.com', async () => new Response())
  tenant = await newTenant()
  admin = tenant.as('admin')
  const post = (path: string, body: object, call = admin) => call(path, { method: 'POST', body })
  const entity = (id: string, data: object) =>
    admin(`/api/v1/entities/offer/${id}`, { method: 'PUT', body: { entityName: 'Offer', data } })
  const asked = { entityType: 'offer', entityName: 'Offer', action: 'create' }
  const call = { action: 'refund', skill_slug: 'payments', customer_id: customer }
  const values = Array.from({ length: 250 }, (_, at) => String(at).padEnd(1_000, 'x'))
  const fields = Array.from({ length: 100 }, (_, at) => String(at).padEnd(200, 'x'))
  const rules = Array.from({ length: 20 }, () => ({ type: 'field_coverage', config: { threshold: 1, fields } }))
  const hook = await post('/v1/webhook-endpoints', {
    url: 'https://hooks.example.com/',
    event_types: ['claim.approved'],
  })
  endpoint = hook.body.id
  await made([
    (n) => entity(`many_${n}`, large(n)),
    (n) => entity('one', large(n)),
    (n) => post('/api/v1/approvals', { ...asked, entityId: `new_${n}`, payload: large(n) }, tenant.as('member')),
    (n) =>
      post(
        `/internal/v1/instances/${instance}/approvals/request`,
        { ...call, serialized_intent: large(n) },
        tenant.as('service'),
      ),
    (n) => post('/v1/structuring/checks', { name: `${n}`, type: 'allowed_values', config: { field: 'a', values } }),
    (n) => post('/v1/structuring/gates', { name: `${n}`, rules }),
    () => post(`/v1/webhook-endpoints/${endpoint}/test`, {}),
  ])
  const attempts = Array.from({ length: 30 }, () => ({
    at: '2026-03-16T14:00:00.000Z',
    duration_ms: 1,
    response_status: 500,
    response_body: 'x'.repeat(8 * kib),
    error: null,
  }))
  await env.DB.prepare('UPDATE webhook_deliveries SET attempts = ? WHERE endpoint_id = ?')
    .bind(JSON.stringify(attempts), endpoint)
    .run()
}, 600_000)

function nextPath(headers: Headers): string | null {
  const next = /<([^>]+)>; rel="next"/.exec(headers.get('Link') ?? '')?.[1]
  return next?.replace(/^https?:\/\/[^/]+/, '') ?? null
}

test.each([
  ['entities of a type', () => '/api/v1/entities/offer?limit=100', 21],
  ['versions of an entity', () => '/api/v1/entities/offer/one/versions?limit=100', rows],
  ['changes', () => '/api/v1/approvals?limit=100', rows],
  [
    'pending intents',
    () => `/internal/v1/instances/${instance}/approvals/pending?customer_id=${customer}&limit=100`,
    rows,
  ],
  ['checks', () => '/v1/structuring/checks?limit=100', rows],
  ['gates', () => '/v1/structuring/gates?limit=100', rows],
  ['deliveries', () => `/v1/webhook-endpoints/${endpoint}/deliveries?limit=100`, rows],
])('%s: a page ends early, is never empty, and the next leads on', async (name, path, count) => {
  const caller = name.includes('intents') ? tenant.as('service') : admin
  const seen = new Set<string>()
  let pages = 0
  for (let at: string | null = path(); at !== null; pages += 1) {
    const { status, headers, body, cost }: Answer = await caller(at)
    const entries: any[] = Array.isArray(body) ? body : (body.data ?? body.approvals)
    expect([status, cost.queries, entries.length > 0]).toEqual([200, 1, true])
    expect(JSON.stringify(body).length).toBeLessThan(4.5 * 1024 * kib)
    // Each gate has twenty rules, which are rows of their own.
    if (name !== 'gates') expect(cost.rowsRead).toBeLessThanOrEqual(3 * 100 + 20)
    for (const entry of entries) {
      const id = JSON.stringify([entry.id ?? entry.approval_ref ?? entry.entityId, entry.version])
      expect(seen.has(id)).toBe(false)
      seen.add(id)
    }
    at = nextPath(headers)
  }
  expect(seen.size).toBe(count)
  expect(pages).toBeGreaterThan(1)
})
