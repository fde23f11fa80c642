import { env } from 'cloudflare:workers'
import { beforeAll, expect, test } from 'vitest'
import { systemContext } from '../../src/context.ts'
import { approveDueResults } from '../../src/structuring/decide-due-results.ts'
import { heldResult, invoiceGate, newCheck, newGate } from '../support/gates.ts'
import { idAt, middleHalf, middleOf, stored } from '../support/scale.ts'
import { storeRows } from '../support/stored-rows.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'

/* The cost budget of results and their automatic approval, beside many stored approvals; counted, never timed. */

/** How many fall due in the same minute; how many one sweep gets through is shown of intents, where it is the same. */
const due = Math.min(stored / 10, 20_000)
let tenant: Tenant
let gate: string

/** Stores results by SQL, each held up by one item and due at `dueAt`. */
async function store(dueAt: number) {
  const digest = '0'.repeat(64)
  await storeRows(stored, (rows) => [
    env.DB.prepare(
      `${rows} INSERT INTO approvals (id, tenant_id, kind, status, title, requester_id, subject_type, subject_id, created_at, updated_at, due_at, on_due, digest, votes_needed)
         SELECT printf('res_%08d', i), ?1, 'result', 'pending', 'x', 'usr_service', 'gate', ?4, i, i, ?3, 'approve', ?2, 1 FROM n`,
    ).bind(tenant.id, digest, dueAt, gate),
    env.DB.prepare(
      `${rows} INSERT INTO results (approval_id, tenant_id, gate_id, data, queued_items, created_at, external_ref)
         SELECT printf('res_%08d', i), ?1, ?2, '{}', 1, i, 'ref-' || (i % 10) FROM n`,
    ).bind(tenant.id, gate),
    env.DB.prepare(
      `${rows} INSERT INTO check_results (id, tenant_id, result_id, gate_id, check_id, check_name, type, severity, passed, queued, position, created_at)
         SELECT printf('itm_%08d', i), ?1, printf('res_%08d', i), ?2, 'c', 'c', 'reported', iif(i % 2, 'warning', 'error'), 0, 1, 0, i FROM n`,
    ).bind(tenant.id, gate),
  ])
}

const system = () => systemContext(env, 'system:maintenance', Date.now())

beforeAll(async () => {
  tenant = await newTenant()
  gate = await invoiceGate(tenant.as('admin'))
  await store(Date.now() + 86_400_000)
  for (const role of ['member', 'service', 'reviewer'] as const) await tenant.as(role)('/v1/approvals?limit=1')
}, 600_000)

test('a sweep with nothing due: one round trip, at most 5 rows, whatever is pending', async () => {
  const ctx = system()
  expect(await approveDueResults(ctx)).toBe(0)
  expect(ctx.db.cost.queries).toBe(1)
  expect(ctx.db.cost.rowsRead).toBeLessThanOrEqual(5)
})

test('submit, read and decide: one round trip, at most 20 rows', async () => {
  const submit = (data: object) =>
    tenant.as('service')('/v1/structuring/results', { method: 'POST', body: { gate_id: gate, data } })
  const first = await submit({})
  expect(first.cost.queries).toBe(2) // The isolate has not met this gate yet.
  const [held, passed] = [await submit({ total: 2_000_000 }), await submit({ total: 1, invoice: 'x' })]
  const { id } = held.body
  const read = await tenant.as('member')(`/v1/structuring/results/${id}`)
  const decided = await tenant.as('reviewer')(`/v1/structuring/approvals/${id}/approve`, { method: 'POST' })
  expect([held.body.status, passed.body.status, decided.body.cleared_items]).toEqual(['pending', 'approved', 2])
  for (const { cost } of [held, passed, read, decided]) {
    expect(cost.queries).toBe(1)
    expect(cost.rowsRead).toBeLessThanOrEqual(20)
  }
  expect(read.cost.rowsRead).toBeLessThanOrEqual(10)
})

test.each([3, 10])('deciding a result that %i checks hold up: one round trip, at most 20 rows read', async (count) => {
  const admin = tenant.as('admin')
  const check_ids = await Promise.all(
    Array.from({ length: count }, (_, at) => newCheck(admin, { type: 'required_field', config: { field: `f${at}` } })),
  )
  const gate_id = await newGate(admin, { check_ids })
  for (const verb of ['approve', 'reject']) {
    const id = await heldResult(tenant.as('service'), gate_id)
    const { body, cost } = await tenant.as('reviewer')(`/v1/structuring/approvals/${id}/${verb}`, { method: 'POST' })
    expect([body.cleared_items, cost.queries]).toEqual([count, 1])
    expect(cost.rowsRead).toBeLessThanOrEqual(20)
    expect(cost.rowsWritten).toBeLessThanOrEqual(8 + count)
  }
})

test.each(['', 'gate_id', 'severity', 'gate_id severity', 'result_id'])(
  'the pending list by %j, first page or by cursor: one round trip, at most 3 × page + 20 rows',
  async (by) => {
    const values: Record<string, string> = { gate_id: gate, severity: 'error', result_id: idAt('res', stored / 2 + 1) }
    const filter = by.split(' ').map((name) => `${name}=${values[name] ?? ''}`)
    for (const more of ['', `&cursor=${middleOf('itm')}`]) {
      const query = `${by === '' ? '' : filter.join('&')}&limit=100${more}`
      const { status, body, cost } = await tenant.as('member')(`/v1/structuring/approvals/pending?${query}`)
      expect([status, body.data.length, cost.queries]).toEqual([200, by === 'result_id' ? 1 : 100, 1])
      expect(cost.rowsRead).toBeLessThanOrEqual(3 * 100 + 20)
    }
  },
)

test.each(['', 'status', 'gate_id', 'gate_id status', 'external_ref', 'external_ref gate_id status'])(
  'results by %j, first page or by cursor, also of a time: one round trip, at most 3 × page + 20 rows',
  async (by) => {
    const values: Record<string, string> = { gate_id: gate, status: 'pending', external_ref: 'ref-3' }
    const filter = by === '' ? [] : by.split(' ').map((name) => `${name}=${values[name]}`)
    for (const more of [[], [`cursor=${middleOf('res')}`], [middleHalf], [middleHalf, `cursor=${middleOf('res')}`]]) {
      const query = [...filter, ...more, 'limit=50'].join('&')
      const { status, body, cost } = await tenant.as('member')(`/v1/structuring/results?${query}`)
      expect([status, body.data.length, cost.queries]).toEqual([200, 50, 1])
      expect(cost.rowsRead).toBeLessThanOrEqual(3 * 50 + 20)
    }
  },
)

test.each(['status=rejected', 'gate_id=another'])(
  'of very many results with one reference, those with %s: no more is read than for a page of them',
  async (filter) => {
    const path = `/v1/structuring/results?external_ref=ref-3&${filter}&limit=50`
    const { body, cost } = await tenant.as('member')(path)
    expect(body).toMatchObject({ data: [], next: expect.any(String) })
    expect(cost.queries).toBe(1)
    expect(cost.rowsRead).toBeLessThanOrEqual(3 * 50 + 20)
  },
)

test('all that are due in the same minute are approved within three sweeps, each once, also when sweeps overlap', async () => {
  await env.DB.prepare("UPDATE approvals SET due_at = ? WHERE tenant_id = ? AND kind = 'result' AND created_at < ?")
    .bind(Date.now() - 1, tenant.id, due)
    .run()
  let approved = 0
  for (let minute = 0; minute < 3; minute += 1) {
    const sweeps = [system(), system()]
    for (const done of await Promise.all(sweeps.map(approveDueResults))) approved += done
    // Forty steps, each a look and a transaction.
    for (const { db } of sweeps) expect(db.cost.queries).toBeLessThanOrEqual(81)
  }
  expect(approved).toBe(due)
  const { results } = await env.DB.prepare(
    `SELECT count(*) AS events, count(DISTINCT resource_id) AS subjects,
      (SELECT count(*) FROM check_results WHERE tenant_id = ?1 AND cleared_at IS NOT NULL AND result_id LIKE 'res_%') AS cleared
     FROM events WHERE tenant_id = ?1 AND type = 'result.approved' AND actor_id = 'system:auto-approve'`,
  )
    .bind(tenant.id)
    .all()
  expect(results).toEqual([{ events: due, subjects: due, cleared: due }])
}, 600_000)
