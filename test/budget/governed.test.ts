import { beforeAll, expect, test } from 'vitest'
import type { Role } from '../../src/context.ts'
import { company, peerThenMoney, post, refund } from '../support/company.ts'
import { invoiceGate } from '../support/gates.ts'
import { newTenant, type Answer, type Tenant } from '../support/tenant.ts'

/* What asking and deciding cost where a policy says who decides, by the approval's id; counted, never timed. */

/** Two tenants that do the same, one of which has a policy of one requirement for everything. */
let [free, governed]: Tenant[] = []
const gates = new Map<Tenant, string>()

beforeAll(async () => {
  ;[free, governed] = [await newTenant(), await newTenant()]
  for (const tenant of [free, governed]) gates.set(tenant, await invoiceGate(tenant.as('admin')))
  // A policy has to be good for more than one who asks.
  for (const role of ['member', 'service'] as const) await governed.as(role)('/v1/me')
  const policy = { name: 'All', match: {}, required_approvals: 1, approver_roles: ['admin'] }
  const made = await post(governed.as('admin'), '/v1/policies', policy)
  expect([made.status, made.body]).toMatchObject([201, {}])
})

const asks: Record<string, (tenant: Tenant) => Promise<Answer>> = {
  claim: (tenant) => ask(tenant, 'member', '/api/v1/claims', { description: 'Train', amount: 1, currency: 'CHF' }),
  change: (tenant) => {
    const entity = { entityType: 'offer', entityId: crypto.randomUUID(), entityName: 'Offer' }
    return ask(tenant, 'member', '/api/v1/approvals', { ...entity, action: 'create', payload: { a: 1 } })
  },
  intent: (tenant) => {
    const call = { action: 'a', skill_slug: 's', customer_id: crypto.randomUUID(), serialized_intent: {} }
    const path = `/internal/v1/instances/${crypto.randomUUID()}/approvals/request`
    return post(tenant.as('service'), path, { ...call, approver_role: 'owner', idempotency_key: crypto.randomUUID() })
  },
  result: (tenant) =>
    ask(tenant, 'service', '/v1/structuring/results', { gate_id: gates.get(tenant), data: { total: 2e6 } }),
  request: (tenant) =>
    ask(tenant, 'member', '/v1/requests', { type: 'deployment', title: 'Deploy', details: { version: '4.2.0' } }),
}

function ask(tenant: Tenant, role: Role, path: string, body: object) {
  return tenant.as(role)(path, { method: 'POST', body, headers: { 'Idempotency-Key': crypto.randomUUID() } })
}

/** What it costs to ask and to decide, once the tenant's tallies are there, and its policies and keys known. */
async function costs(tenant: Tenant, kind: string, how: 'approve' | 'reject') {
  const admin = tenant.as('admin')
  let cost: { asked: Answer['cost']; decided: Answer['cost'] } | undefined
  for (let times = 0; times < 2; times += 1) {
    const asked = await asks[kind]!(tenant)
    const { approvals } = (await admin(`/v1/approvals?kind=${kind}&status=pending`)).body
    const decided = await post(admin, `/v1/approvals/${approvals[0].id}/${how}`, { comment: 'x' })
    expect([asked.status, decided.status]).toEqual([201, 200])
    cost = { asked: asked.cost, decided: decided.cost }
  }
  return cost!
}

test.each(Object.keys(asks).flatMap((kind) => [[kind, 'approve'] as const, [kind, 'reject'] as const]))(
  '%s, %s: one round trip each; to ask reads at most four rows more than without a policy, to decide five and writes one',
  async (kind, how) => {
    const [without, under] = [await costs(free!, kind, how), await costs(governed!, kind, how)]
    expect([under.asked.queries, under.decided.queries]).toEqual([1, 1])
    expect(under.asked.rowsRead - without.asked.rowsRead).toBeLessThanOrEqual(4)
    expect(under.asked.rowsWritten).toBeLessThanOrEqual(without.asked.rowsWritten + 1)
    expect(under.decided.rowsRead - without.decided.rowsRead).toBeLessThanOrEqual(5)
    expect(under.decided.rowsWritten).toBeLessThanOrEqual(without.decided.rowsWritten + 1)
  },
)

const ofFinance = { stages: [{ name: 'money', all: [{ group: 'grp_finance', approvals: 1 }] }] }

/** What an approved request writes on top: when it is to be redeemed by, with an index. */
const redemption = 2

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
