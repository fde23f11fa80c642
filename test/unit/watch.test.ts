import { env } from 'cloudflare:workers'
import { beforeEach, expect, test, vi } from 'vitest'
import { awaitDecision } from '../../src/any-approval/await-decision.ts'
import { Watch } from '../../src/any-approval/watch.ts'
import type { Ctx } from '../../src/context.ts'
import { submitClaims } from '../support/batches.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'

/* Waiting where the database or the watch does not answer, and how much of it there may be. */

beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => undefined))

/** A database whose transactions are counted, and fail or take for ever as long as they are told to. */
function troubled() {
  const state = { isFailing: false, isStuck: false, asked: 0 }
  const withSession = (...given: Parameters<D1Database['withSession']>) => {
    const session = env.DB.withSession(...given)
    const batch: D1DatabaseSession['batch'] = (statements) => {
      state.asked += 1
      if (state.isFailing) return Promise.reject(new Error('D1_ERROR: overloaded'))
      return state.isStuck ? new Promise(() => undefined) : session.batch(statements)
    }
    return { prepare: session.prepare.bind(session), getBookmark: session.getBookmark.bind(session), batch }
  }
  return { state, env: { ...env, DB: { withSession } as unknown as D1Database } }
}

async function pendingClaim(tenant: Tenant) {
  const [id] = await submitClaims(tenant.as('member'), 1)
  return { id: id!, actor: tenant.ctx('member').actor }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const approve = (tenant: Tenant, id: string) =>
  tenant.as('coordinator')(`/api/v1/claims/${id}/approve`, { method: 'POST' })

test('who asks while the database fails is told so; who waits already goes on waiting', async () => {
  const tenant = await newTenant()
  const wait = { ...(await pendingClaim(tenant)), ms: 30_000 }
  const database = troubled()
  const watch = new Watch(database.env)
  const told = watch.wait(wait)
  await vi.waitFor(() => expect(watch.account.queries).toBe(1))
  database.state.isFailing = true
  await expect(watch.wait({ ...wait, id: 'clm_other' })).rejects.toThrow('overloaded')
  await approve(tenant, wait.id)
  watch.poke()
  await vi.waitFor(() => expect(database.state.asked).toBe(3))
  database.state.isFailing = false
  expect(await told).toMatchObject({ id: wait.id, status: 'approved' })
  expect(watch.account.waiting).toBe(0)
})

test('a database that fails when something expires is not asked without end', async () => {
  const tenant = await newTenant()
  const wait = { ...(await pendingClaim(tenant)), ms: 30_000 }
  const due = Date.now() + 1_000
  await env.DB.prepare("UPDATE approvals SET due_at = ?, on_due = 'expire' WHERE id = ?").bind(due, wait.id).run()
  const database = troubled()
  const watch = new Watch(database.env)
  const told = watch.wait(wait)
  await vi.waitFor(() => expect(watch.account.queries).toBe(1))
  database.state.isFailing = true
  await vi.waitFor(() => expect(database.state.asked).toBeGreaterThanOrEqual(2), 5_000)
  await sleep(300)
  expect(database.state.asked).toBeLessThanOrEqual(4)
  database.state.isFailing = false
  expect(await told).toMatchObject({ id: wait.id, status: 'pending', due_at: due })
})

test('pending is not said of a history that could not be read since', async () => {
  const tenant = await newTenant()
  const wait = await pendingClaim(tenant)
  const database = troubled()
  const watch = new Watch(database.env)
  const first = watch.wait({ ...wait, ms: 3_000 })
  await vi.waitFor(() => expect(watch.account.queries).toBe(1))
  database.state.isFailing = true
  await expect(watch.wait({ ...wait, ms: 200 })).rejects.toThrow('could not be read')
  database.state.isFailing = false
  expect(await first).toMatchObject({ status: 'pending' })
})

test('a wait is 50 seconds at the most, and ten thousand wait at once at the most', async () => {
  const { actor } = await pendingClaim(await newTenant())
  const database = troubled()
  database.state.isStuck = true
  const watch = new Watch(database.env)
  const timers = vi.spyOn(globalThis, 'setTimeout').mockImplementation((() => 0) as never)
  for (let n = 0; n < 10_000; n += 1) void watch.wait({ actor, id: `clm_${n % 100}`, ms: 1e9 })
  expect(new Set(timers.mock.calls.map(([, ms]) => ms))).toEqual(new Set([50_000]))
  timers.mockRestore()
  await expect(watch.wait({ actor, id: 'clm_1', ms: 1 })).rejects.toMatchObject({ code: 'rate_limited' })
})

/** A context whose watch fails in this way, each time it is asked. */
function withoutWatch(ctx: Ctx, error: object) {
  const asked = vi.fn(() => Promise.reject(Object.assign(new Error('gone'), error)))
  return { asked, ctx: { ...ctx, env: { ...env, DECISION_WATCH: { getByName: () => ({ wait: asked }) } as never } } }
}

test('where the watch cannot be reached, the database says what there is, until the time is over', async () => {
  const tenant = await newTenant()
  const { id } = await pendingClaim(tenant)
  const { ctx, asked } = withoutWatch(tenant.ctx('member'), {})
  expect(await awaitDecision(ctx, id, 1)).toMatchObject({ row: { id, status: 'pending' } })
  expect(Date.now()).toBeGreaterThanOrEqual(ctx.now + 1_000)
  for (const count of [asked.mock.calls.length, ctx.db.cost.queries]) {
    expect(count).toBeGreaterThanOrEqual(2)
    expect(count).toBeLessThanOrEqual(4)
  }
  await approve(tenant, id)
  const later = withoutWatch(tenant.ctx('member'), {})
  expect(await awaitDecision(later.ctx, id, 30)).toMatchObject({ row: { id, status: 'approved' } })
  expect([later.asked.mock.calls.length, later.ctx.db.cost.queries]).toEqual([1, 1])
})

test('a watch that is there again at once is asked again at once', async () => {
  const tenant = await newTenant()
  const { id } = await pendingClaim(tenant)
  await approve(tenant, id)
  const { ctx, asked } = withoutWatch(tenant.ctx('member'), { retryable: true })
  expect(await awaitDecision(ctx, id, 30)).toMatchObject({ row: { id, status: 'approved' } })
  expect([asked.mock.calls.length, ctx.db.cost.queries]).toEqual([2, 1])
})
