import { expect, test } from 'vitest'
import type { Place } from '../../src/policies/simulate.ts'
import { simulatePolicy } from '../../src/policies/simulate.ts'
import { company, post, refund } from '../support/company.ts'

/* A simulation that is done in steps, because there is more than one call may look at. */

const largest = { approvals: 100_000, queries: 900, time: 20_000, perPage: 1_000 }

async function asked() {
  const { tenant, as } = await company()
  for (const amount of [5, 2_000, 900, 3_000, 4_000, 70, 1_001]) await refund(as('mia'), { details: { amount } })
  for (const amount of [10, 20]) {
    await post(as('mia'), '/api/v1/claims', { description: 'Taxi', amount, currency: 'EUR' })
  }
  const policy = {
    name: 'Big',
    priority: 100,
    match: { where: [{ field: '/amount', op: '>', value: 1_000, missing: 'no_match' as const }] },
    stages: ['support', 'finance'].map((name) => ({ name, all: [{ group: `grp_${name}`, approvals: 1 }] })),
    allow_self_approval: false,
    allow_edit: false,
    restricted: false,
    expires: null,
  }
  const simulate = (from: Place | null, most: Partial<typeof largest>) =>
    simulatePolicy(tenant.ctx('admin'), policy, 0, from, { ...largest, ...most })
  return { simulate }
}

test.each([
  ['approvals', { approvals: 2, perPage: 2 }],
  ['approvals of which a page has more', { approvals: 1, perPage: 3 }],
  ['queries', { queries: 1, perPage: 4 }],
])('in steps of so many %s it counts what it counts at once, and nothing twice', async (_, most) => {
  const { simulate } = await asked()
  const whole = await simulate(null, {})
  expect([whole.next, whole.comparison.considered]).toEqual([null, 9])
  expect(whole.comparison.counts).toMatchObject({ matched: 4, asked_more: 4 })
  const sum = { considered: 0, matched: 0, asked_more: 0 }
  let from: Place | null = null
  let steps = 0
  do {
    const step = await simulate(from, most)
    const { considered, counts } = step.comparison
    sum.considered += considered
    sum.matched += counts.matched
    sum.asked_more += counts.asked_more
    from = step.next
    steps += 1
  } while (from !== null)
  expect(sum).toEqual({ considered: 9, matched: 4, asked_more: 4 })
  expect(steps).toBeGreaterThan(2)
})

test('it stops when its time is over, and says where to go on', async () => {
  const { simulate } = await asked()
  const { comparison, next } = await simulate(null, { time: 0 })
  expect(comparison.considered).toBe(0)
  expect(next).not.toBeNull()
})
