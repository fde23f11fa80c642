import { env } from 'cloudflare:workers'
import { beforeAll, expect, test } from 'vitest'
import type { Kept } from '../../src/history/checkpoint.ts'
import { sealDue } from '../../src/history/seal-due.ts'
import { sealHistory } from '../../src/history/seal.ts'
import { submitClaims } from '../support/batches.ts'
import { isLong, storedOthers } from '../support/scale.ts'
import { sealed } from '../support/sealed.ts'
import { storeRows } from '../support/stored-rows.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'

/* What the history costs, at many sealed events and many idle tenants; counted, never timed. */

let tenant: Tenant
const kept = new Map<string, Kept>()
const keeper = {
  read: async (origin: string) => kept.get(origin) ?? null,
  write: async (one: Kept) => void kept.set(one.origin, one),
}

beforeAll(async () => {
  tenant = await eventfulTenant(storedOthers)
  while (await sealHistory(tenant.ctx('history', []), keeper));
}, 600_000)

/** A tenant in which as many things have happened. */
async function eventfulTenant(count: number): Promise<Tenant> {
  const made = await newTenant()
  await storeRows(count, (rows) => [
    env.DB.prepare(
      `${rows} INSERT INTO events (tenant_id, seq, id, type, resource_id, actor_id, at, from_status, to_status, data, salt)
       SELECT ?, i + 1, printf('evt_%08d', i + 1), 'a.b', 'r' || i, 'usr_x', i, NULL, 'b', '{}', lower(hex(randomblob(16))) FROM n`,
    ).bind(made.id),
  ])
  return made
}

test('a sweep with nothing to seal: one round trip, at most 5 rows, however many tenants there are', async () => {
  const idle = Array.from({ length: 500 }, (_, index) => `idle-${index}-${tenant.id}`)
  await env.DB.batch([
    env.DB.prepare('INSERT INTO tenants (id, name, created_at) SELECT value, value, 0 FROM json_each(?)').bind(
      JSON.stringify(idle),
    ),
    env.DB.prepare(
      `INSERT INTO events (tenant_id, seq, id, type, resource_id, actor_id, at, to_status, salt)
       SELECT value, 1, 'evt_' || value, 'a.b', 'r', 'usr_x', 0, 'b', 'x' FROM json_each(?)`,
    ).bind(JSON.stringify(idle)),
    env.DB.prepare('DELETE FROM unsealed_tenants'),
  ])
  const ctx = tenant.ctx('history', [])
  expect(await sealDue(ctx)).toBe(0)
  expect(ctx.db.cost.queries).toBe(1)
  expect(ctx.db.cost.rowsRead).toBeLessThanOrEqual(5)
})

test('sealing costs what is new, not what there is', async () => {
  const fresh = await newTenant()
  const cost = async (one: Tenant, count: number) => {
    await submitClaims(one.as('member'), count)
    const ctx = one.ctx('history', [])
    await sealHistory(ctx, keeper)
    return ctx.db.cost
  }
  const [few, many] = [await cost(fresh, 100), await cost(tenant, 100)]
  expect([few.queries, many.queries]).toEqual([2, 2])
  expect(many.rowsRead - few.rowsRead).toBeLessThanOrEqual(20)
  expect(many.rowsRead).toBeLessThanOrEqual(100 * 6 + 60)
  expect(many.rowsWritten).toBeLessThanOrEqual(100 + 8)
})

test.runIf(isLong)(
  '100,000 events of one minute are sealed by runs of which none does too much, in order',
  async () => {
    const burst = 100_000
    const busy = await eventfulTenant(burst)
    const costs = []
    const sizes = []
    for (let mayBeMore = true; mayBeMore;) {
      const ctx = busy.ctx('history', [])
      mayBeMore = await sealHistory(ctx, keeper)
      costs.push(ctx.db.cost)
      sizes.push([...kept.values()].at(-1)!.size)
    }
    expect(sizes).toEqual([40_960, 81_920, burst])
    for (const { queries, rowsRead, rowsWritten } of costs) {
      expect(queries).toBeLessThanOrEqual(2 * 40)
      expect(rowsRead).toBeLessThanOrEqual(40_960 * 6 + 40 * 60)
      expect(rowsWritten).toBeLessThanOrEqual(40_960 + 40 * 8)
    }
  },
  600_000,
)

test('a proof: one round trip, a handful of tiles, wherever the event is', async () => {
  const admin = tenant.as('admin')
  await admin('/v1/events?limit=1')
  const size = (await env.DB.prepare('SELECT size FROM seals WHERE tenant_id = ?')
    .bind(tenant.id)
    .first<number>('size'))!
  for (const event of ['1', 'evt_00000300', String(storedOthers / 2), String(size)]) {
    const { status, cost } = await admin(`/v1/history/proof?event=${event}`)
    expect([event, status, cost.queries]).toEqual([event, 200, 1])
    expect(cost.rowsRead).toBeLessThanOrEqual(50)
  }
  const consistency = await admin(`/v1/history/consistency?from=${storedOthers / 2 + 7}&to=${size}`)
  expect([consistency.status, consistency.cost.queries]).toEqual([200, 1])
  expect(consistency.cost.rowsRead).toBeLessThanOrEqual(50)
})

test('a page of the feed, wherever it begins: one round trip, at most 3 × page + 20 rows', async () => {
  const admin = tenant.as('admin')
  for (const after of [0, storedOthers / 2, storedOthers - 100]) {
    const { body, cost } = await admin(`/v1/events?after=${after}&limit=50`)
    expect([body.data.length, cost.queries]).toEqual([50, 1])
    expect(cost.rowsRead).toBeLessThanOrEqual(3 * 50 + 20)
  }
})

test('who writes pays a row for the first event after a seal, and nothing for the others', async () => {
  const fresh = await newTenant()
  await submitClaims(fresh.as('member'), 1)
  await sealed(fresh.id)
  const claim = { description: 'x', amount: 1, currency: 'EUR' }
  const submit = () => fresh.as('member')('/api/v1/claims', { method: 'POST', body: claim })
  const [first, second] = [await submit(), await submit()]
  expect(first.cost.rowsWritten - second.cost.rowsWritten).toBe(1)
  expect(first.cost.queries).toBe(second.cost.queries)
})
