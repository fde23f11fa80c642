import { env } from 'cloudflare:workers'
import { beforeAll, expect, test } from 'vitest'
import { selectNews, type Search } from '../../src/any-approval/decision.store.ts'
import { systemContext } from '../../src/context.ts'
import { submitClaims } from '../support/batches.ts'
import { idAt, storedOthers } from '../support/scale.ts'
import { storeRows } from '../support/stored-rows.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'

/* What waiting for decisions costs beside many stored approvals and a long history: counted and never timed. */

let tenant: Tenant

beforeAll(async () => {
  tenant = await newTenant()
  const digest = '0'.repeat(64)
  await storeRows(storedOthers, (rows) => [
    env.DB.prepare(
      `${rows} INSERT INTO approvals (id, tenant_id, kind, status, title, requester_id, created_at, updated_at, digest, votes_needed)
         SELECT printf('clm_%08d', i), ?1, 'claim', 'pending', 'x', 'usr_' || (i % 100), i, i, ?2, 1 FROM n`,
    ).bind(tenant.id, digest),
    env.DB.prepare(
      `${rows} INSERT INTO events (tenant_id, seq, id, type, resource_id, actor_id, at, to_status, salt)
         SELECT ?1, i + 1, printf('evt_%08d', i), 'claim.submitted', printf('clm_%08d', i), 'usr_x', i, 'pending', '' FROM n`,
    ).bind(tenant.id),
  ])
  await tenant.as('member')('/api/v1/claims/clm_none')
}, 600_000)

/** What one reading finds, and what it costs. */
async function read(search: Search) {
  const ctx = systemContext(env, 'system:decision-watch', Date.now(), tenant.id)
  const news = await ctx.db.run(selectNews(ctx, search))
  return { found: news.filter(({ id }) => id !== null).length, seq: news[0]!.seq, ...ctx.db.cost }
}

const ids = (count: number) => Array.from({ length: count }, (_, n) => idAt('clm', n * 7))

test('without a wait: one round trip, at most 10 rows', async () => {
  const { status, cost } = await tenant.as('member')(`/v1/approvals/${idAt('clm', storedOthers / 2)}/decision`)
  expect([status, cost.queries]).toEqual([200, 1])
  expect(cost.rowsRead).toBeLessThanOrEqual(10)
})

test('the first look at what is waited for: at most 5 rows each', async () => {
  for (const count of [1, 1_000]) {
    const { found, queries, rowsRead } = await read({ asked: ids(count), known: [], since: 0 })
    expect([found, queries]).toEqual([count, 1])
    expect(rowsRead).toBeLessThanOrEqual(5 * count + 5)
  }
})

test('a look at a history that has not moved on: at most 5 rows, however many are waited for', async () => {
  const { found, rowsRead } = await read({ asked: [], known: ids(1_000), since: storedOthers })
  expect(found).toBe(0)
  expect(rowsRead).toBeLessThanOrEqual(5)
})

test('each event is read once, and each approval that has moved; nothing of those that have not', async () => {
  const more = await submitClaims(tenant.as('member'), 500)
  const { found, seq, rowsRead } = await read({
    asked: [],
    known: [...ids(1_000), ...more.slice(0, 10)],
    since: storedOthers,
  })
  expect([found, seq]).toEqual([10, storedOthers + 500])
  expect(rowsRead).toBeLessThanOrEqual(500 + 1_010 + 10 * 5 + 5)
})
