import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { post } from '../support/company.ts'
import { invoiceGate } from '../support/gates.ts'
import { newTenant, type Answer, type Caller, type Tenant } from '../support/tenant.ts'

/*
 * What asking and deciding cost, by the approval's id and by its family's own route, with a policy and without one:
 * counted, never timed.
 */

interface Family {
  ask(tenant: Tenant): Promise<Answer>
  /** The family's own decision on what was asked. */
  decide(by: Caller, asked: Answer['body'], how: string): Promise<Answer>
  /** What asking writes beside the approval. */
  asks?: number
  /** What a decision writes beside the approval: of a yes, and of a no. */
  more: readonly [approved: number, rejected: number]
}

const gates = new Map<Tenant, string>()
const instance = crypto.randomUUID()

/** Each with all that costs something. */
const families: Record<string, Family> = {
  claim: {
    ask: (tenant) => {
      const trip = { description: 'Train', amount: 1, currency: 'CHF', external_ref: crypto.randomUUID() }
      return ask(tenant.as('member'), '/api/v1/claims', trip)
    },
    decide: (by, { claim_id }, how) => post(by, `/api/v1/claims/${claim_id}/${how}`, { comment: 'x' }),
    more: [0, 0],
  },
  change: {
    ask: async (tenant) => {
      const entityId = crypto.randomUUID()
      for (const a of [0, 1]) {
        const body = { entityName: 'Offer', data: { a } }
        await tenant.as('admin')(`/api/v1/entities/offer/${entityId}`, { method: 'PUT', body })
      }
      const entity = { entityType: 'offer', entityId, entityName: 'Offer' }
      return ask(tenant.as('member'), '/api/v1/approvals', { ...entity, action: 'update', payload: { a: 2 } })
    },
    decide: (by, { id }, action) => post(by, `/api/v1/approvals/${id}`, { action }),
    // A yes is applied: a version of the entity, and the entity itself, each with an index.
    more: [4, 0],
  },
  intent: {
    ask: (tenant) => {
      const call = { action: 'a', skill_slug: 's', customer_id: crypto.randomUUID(), serialized_intent: {} }
      const body = { ...call, approver_role: 'owner', idempotency_key: crypto.randomUUID() }
      return post(tenant.as('service'), `/internal/v1/instances/${instance}/approvals/request`, body)
    },
    decide: (by, { approval_ref }, action) => {
      const body = { action, approval_ref, pin_verified: true, resolver_role: 'owner', resolved_by: 'usr_owner' }
      return post(by, `/internal/v1/instances/${instance}/approvals/resolve`, body)
    },
    // How it was resolved; and a yes makes an entry of the outbox, with its three indexes.
    more: [5, 1],
  },
  result: {
    ask: (tenant) =>
      ask(tenant.as('service'), '/v1/structuring/results', { gate_id: gates.get(tenant), data: { total: 2e6 } }),
    decide: async (by, { id }, how) => {
      const { body } = await by(`/v1/structuring/approvals/pending?result_id=${id}`)
      return post(by, `/v1/structuring/approvals/${body.data[0].id}/${how}`, { comment: 'x' })
    },
    // Two checks hold it up: each is kept with three indexes, and cleared.
    asks: 2 * 4,
    more: [2, 2],
  },
  request: {
    ask: (tenant) => {
      const asked = { type: 'deployment', title: 'Deploy', details: {}, subject: { type: 'service', id: 'web' } }
      return ask(tenant.as('member'), '/v1/requests', { ...asked, external_ref: crypto.randomUUID() })
    },
    decide: (by, { id }, how) => post(by, `/v1/requests/${id}/${how}`, { comment: 'x' }),
    // A yes opens the redemption.
    more: [1, 0],
  },
}

function ask(by: Caller, path: string, body: object) {
  return by(path, { method: 'POST', body, headers: { 'Idempotency-Key': crypto.randomUUID() } })
}

/** The same by the approval's id, with all that a request may say. */
async function decideById(by: Caller, kind: string, how: string): Promise<Answer> {
  const { approvals } = (await by(`/v1/approvals?kind=${kind}&status=pending&limit=1`)).body
  const seen = await by(`/v1/approvals/${approvals[0].id}`)
  const body = { comment: 'x', digest: seen.body.digest }
  const headers = { 'If-Match': seen.headers.get('ETag')! }
  return by(`/v1/approvals/${approvals[0].id}/${how}`, { method: 'POST', body, headers })
}

const oneOf = (...approver_roles: string[]) => ({ required_approvals: 1, approver_roles })
const ofGroup = { stages: [{ name: 'money', all: [{ group: 'grp_a', approvals: 1 }] }] }

/** What governs everything, and how many roles and groups that names. */
const policies: [what: string, policy: object | null, named: number][] = [
  ['no policy', null, 0],
  ['a policy of one role', oneOf('admin'), 1],
  ['a policy of one group', ofGroup, 1],
  ['a policy of any role', oneOf('member', 'coordinator', 'reviewer', 'admin', 'service'), 5],
]

const kinds = Object.keys(families)
const hows = [
  ['approve', 'id'],
  ['reject', 'id'],
  ['approve', 'route'],
  ['reject', 'route'],
] as const
const others = ['other', 'third', 'fourth']

/** An index that ends costs a row less: something is behind all that is voted on. */
beforeAll(async () => {
  const { id } = await newTenant()
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO approvals (id, tenant_id, kind, status, title, requester_id, created_at, updated_at, digest, votes_needed)
       VALUES ('~' || ?1, ?1, 'claim', 'pending', 'x', 'usr_z', 1, 1, printf('%064d', 0), 1)`,
    ).bind(id),
    env.DB.prepare(
      `INSERT INTO votes (approval_id, revision, voter_id, vote, decision_id, counted_with, voted_at)
       VALUES ('~' || ?1, 1, 'usr_z', 'approve', 'd', '{}', 1)`,
    ).bind(id),
  ])
})

/** A tenant with somebody who may vote in several ways, under such a policy. */
async function governed(policy: object | null): Promise<{ tenant: Tenant; voter: Caller }> {
  const tenant = await newTenant()
  gates.set(tenant, await invoiceGate(tenant.as('admin')))
  const names = ['voter', ...others]
  const voters = names.map((name) => tenant.as(name, ['admin', 'service']))
  // A policy has to be good for more than one who asks.
  for (const one of [...voters, tenant.as('member'), tenant.as('service')]) await one('/v1/me')
  const member_ids = names.map((name) => `usr_${name}`)
  for (const id of ['grp_a', 'grp_b']) await post(tenant.as('admin'), '/v1/groups', { id, name: id, member_ids })
  const made = policy && (await post(tenant.as('admin'), '/v1/policies', { name: 'All', match: {}, ...policy }))
  expect(made?.body ?? {}).toMatchObject(made ? { id: expect.any(String) } : {})
  return { tenant, voter: voters[0]! }
}

describe.each(policies)('%s: one round trip', (_, policy, named) => {
  /** Each role that may vote has an entry of its own, by which it finds what waits for it. */
  const each = Math.max(0, named - 1)
  let tenant: Tenant
  let voter: Caller
  beforeAll(async () => {
    ;({ tenant, voter } = await governed(policy))
    // The first of each kind makes tallies that the others find.
    for (const { ask } of Object.values(families)) await ask(tenant)
  })

  test.each(kinds)('%s: at most 20 rows read and 12 written to ask, and one for each further role', async (kind) => {
    const { ask, asks = 0 } = families[kind]!
    const { status, cost } = await ask(tenant)
    expect([status, cost.queries]).toEqual([201, 1])
    expect(cost.rowsRead).toBeLessThanOrEqual(20 + each)
    expect(cost.rowsWritten - asks).toBeLessThanOrEqual(12 + each)
  })

  test.each(kinds.flatMap((kind) => hows.map((how) => [kind, ...how] as const)))(
    '%s: at most 20 rows read and 10 written to %s it by its %s, and one for each further role',
    async (kind, how, by) => {
      const { ask, decide, more } = families[kind]!
      const asked = await ask(tenant)
      await voter('/v1/me')
      const { status, cost } = by === 'id' ? await decideById(voter, kind, how) : await decide(voter, asked.body, how)
      expect([status, cost.queries]).toEqual([200, 1])
      expect(cost.rowsRead).toBeLessThanOrEqual(20 + each)
      expect(cost.rowsWritten - more[how === 'approve' ? 0 : 1]).toBeLessThanOrEqual(10 + each)
    },
  )
})

test('a vote beside others under one requirement: at most 20 rows read, and two for each of them', async () => {
  const { tenant, voter } = await governed({ required_approvals: 4, approver_roles: ['admin'] })
  const voters = [voter, ...others.map((name) => tenant.as(name, ['admin', 'service']))]
  for (let times = 0; times < 2; times += 1) await families.change!.ask(tenant)
  const costs: Answer['cost'][] = []
  for (const one of voters) costs.push((await decideById(one, 'change', 'approve')).cost)
  for (const [earlier, { queries, rowsRead, rowsWritten }] of costs.entries()) {
    expect(queries).toBe(1)
    expect(rowsRead).toBeLessThanOrEqual(20 + 2 * earlier)
    expect(rowsWritten).toBeLessThanOrEqual(15)
  }
})
