import { expect, test } from 'vitest'
import { company, peerThenMoney, post, refund } from '../support/company.ts'
import type { Answer } from '../support/tenant.ts'

/* What deciding costs where a policy says who does: whom it names, and in which stages; counted, never timed. */

const ofFinance = { stages: [{ name: 'money', all: [{ group: 'grp_finance', approvals: 1 }] }] }

/** What an approved request writes on top: when it is to be redeemed by. */
const redemption = 1

test.each([
  ['a group', ofFinance, 0],
  ['a role', { required_approvals: 1, approver_roles: ['member'] }, 0],
  // Each role that may vote has an entry of its own.
  ['two roles', { required_approvals: 1, approver_roles: ['member', 'admin'] }, 1],
  ['a group, and restricted', { ...ofFinance, restricted: true }, 2],
])('a request that %s decides: one round trip, at most 20 rows read and 10 written', async (_, body, more) => {
  const { as, policy } = await company()
  await policy(body)
  const ids = [await refund(as('mia')), await refund(as('mia'))]
  await as('fay')('/v1/me')
  const approved = await post(as('fay'), `/v1/approvals/${ids[0]}/approve`)
  const rejected = await post(as('fay'), `/v1/approvals/${ids[1]}/reject`, { comment: 'No' })
  for (const [{ status, cost }, effect] of [
    [approved, redemption],
    [rejected, 0],
  ] as const) {
    expect([status, cost.queries]).toEqual([200, 1])
    expect(cost.rowsRead).toBeLessThanOrEqual(20)
    expect(cost.rowsWritten - effect - more).toBeLessThanOrEqual(10)
  }
})

test('a vote under a policy of stages: two round trips, at most 20 rows read in each and 5 for each earlier vote', async () => {
  const { admin, as, policy } = await company()
  await policy({ stages: peerThenMoney })
  const id = await refund(as('mia'))
  for (const one of ['sam', 'fay']) await as(one)('/v1/me')
  await admin('/v1/me')
  const votes: Answer[] = []
  for (const by of [as('sam'), as('fay'), admin]) votes.push(await post(by, `/v1/approvals/${id}/approve`))
  expect(votes.map(({ body }) => body.status)).toEqual(['pending', 'pending', 'approved'])
  for (const [earlier, { cost }] of votes.entries()) {
    expect(cost.queries).toBe(2)
    expect(cost.rowsRead).toBeLessThanOrEqual(2 * 20 + 5 * earlier)
    // The last closes a stage of two, whose votes are noted for what they were counted for.
    expect(cost.rowsWritten - redemption).toBeLessThanOrEqual(earlier === 2 ? 13 : 10)
  }
})
