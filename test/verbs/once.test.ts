import { expect, test } from 'vitest'
import { once } from '../../src/idempotency/once.ts'
import { purgeKeys } from '../../src/idempotency/purge.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'

const minute = 60_000
const day = 24 * 60 * minute
const midnight = 20_000 * day

/** Uses a key at some time; the time at which its answer was first given. */
async function answeredAt(tenant: Tenant, key: string, now: number): Promise<number> {
  const ctx = tenant.ctx('member', ['member'], now)
  const idempotency = { key, userId: 'usr_member', path: '/x', fingerprint: 'f', replayed: false }
  const answer = await once({ ...ctx, idempotency }, now, [])
  expect(idempotency.replayed).toBe(answer !== now)
  return answer
}

test.each([
  ['before midnight', midnight - minute],
  ['at midnight', midnight],
  ['at noon', midnight + day / 2],
])("a key first used %s is that answer's for 24 hours to the millisecond, whatever the day", async (_, first) => {
  const tenant = await newTenant()
  for (const later of [0, 1, 2 * minute, day / 2, day - 1]) {
    expect(await answeredAt(tenant, 'k', first + later)).toBe(first)
  }
  expect(await answeredAt(tenant, 'k', first + day)).toBe(first + day)
  expect(await answeredAt(tenant, 'k', first + day + minute)).toBe(first + day)
})

test('a key used where the clock is ahead is in use where it is behind, on either side of midnight', async () => {
  const tenant = await newTenant()
  expect(await answeredAt(tenant, 'k', midnight)).toBe(midnight)
  expect(await answeredAt(tenant, 'k', midnight - 1)).toBe(midnight)
})

test('of twenty at once on both sides of midnight one is first', async () => {
  const tenant = await newTenant()
  const times = Array.from({ length: 20 }, (_, at) => midnight - 10 + at)
  const answers = await Promise.all(times.map((now) => answeredAt(tenant, 'k', now)))
  expect(new Set(answers).size).toBe(1)
})

test('keys are forgotten when the day on which they expire is over', async () => {
  const tenant = await newTenant()
  const purgedAt = (now: number) => purgeKeys(tenant.ctx('system', [], now))
  const start = midnight + 100 * day
  await purgedAt(start)
  await answeredAt(tenant, 'early', start)
  await answeredAt(tenant, 'late', start + day - 1)
  expect(await purgedAt(start + 2 * day - 1)).toBe(0)
  expect(await purgedAt(start + 2 * day)).toBe(2)
})
