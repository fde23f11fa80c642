import { beforeAll, describe, expect, test } from 'vitest'
import type { Role } from '../../src/context.ts'
import { invoiceGate } from '../support/gates.ts'
import { newTenant, type Answer, type Tenant } from '../support/tenant.ts'

/* What is written when somebody asks and when somebody decides: rows, and each entry of an index is one. */

const instance = `/internal/v1/instances/${crypto.randomUUID()}/approvals`
let tenant: Tenant
let gate: string

beforeAll(async () => {
  tenant = await newTenant()
  gate = await invoiceGate(tenant.as('admin'), { auto_approve_after_hours: 1 })
})

const ask = (role: Role, path: string, body: object) =>
  tenant.as(role)(path, { method: 'POST', body, headers: { 'Idempotency-Key': crypto.randomUUID() } })
const decide = (role: Role, path: string, body: object = {}) => tenant.as(role)(path, { method: 'POST', body })

interface Family {
  ask: () => Promise<Answer>
  decide: (asked: Answer['body'], how: 'approve' | 'reject') => Promise<Answer>
  /** What comes on top of that in rows. */
  more?: { asked: number; approved: number; rejected: number }
}

/** How each family asks, with all that costs a row, and decides. */
const families: Record<string, Family> = {
  claim: {
    ask: () =>
      ask('member', '/api/v1/claims', {
        description: 'Train',
        amount: 1,
        currency: 'CHF',
        external_ref: crypto.randomUUID(),
      }),
    decide: ({ claim_id }: Answer['body'], how: string) =>
      decide('coordinator', `/api/v1/claims/${claim_id}/${how}`, how === 'reject' ? { comment: 'x' } : {}),
  },
  change: {
    ask: () =>
      ask('member', '/api/v1/approvals', {
        entityType: 'offer',
        entityId: crypto.randomUUID(),
        entityName: 'Offer',
        action: 'create',
        payload: { a: 1 },
      }),
    decide: ({ id }: Answer['body'], action: string) => decide('admin', `/api/v1/approvals/${id}`, { action }),
    // A yes is applied: a version of the entity, and the entity itself, each with an index.
    more: { asked: 0, approved: 4, rejected: 0 },
  },
  intent: {
    ask: () =>
      decide('service', `${instance}/request`, {
        action: 'a',
        skill_slug: 's',
        customer_id: crypto.randomUUID(),
        serialized_intent: {},
        idempotency_key: crypto.randomUUID(),
      }),
    decide: ({ approval_ref }: Answer['body'], action: string) =>
      decide('service', `${instance}/resolve`, { action, approval_ref, pin_verified: true, resolver_role: 'customer' }),
    // A yes makes an entry of the outbox, with its three indexes.
    more: { asked: 0, approved: 4, rejected: 0 },
  },
  result: {
    ask: () => ask('service', '/v1/structuring/results', { gate_id: gate, data: { total: 2e6 }, external_ref: 'x' }),
    decide: ({ id }: Answer['body'], how: string) => decide('reviewer', `/v1/structuring/approvals/${id}/${how}`),
    // Two checks hold it up: each is kept with three indexes, and cleared by the decision.
    more: { asked: 2 * 4, approved: 2, rejected: 2 },
  },
  request: {
    ask: () =>
      ask('member', '/v1/requests', {
        type: 'deployment',
        title: 'Deploy',
        details: { version: '4.2.0' },
        subject: { type: 'service', id: 'web' },
        external_ref: crypto.randomUUID(),
        expires_in_hours: 1,
      }),
    decide: ({ id }: Answer['body'], how: string) => decide('reviewer', `/v1/requests/${id}/${how}`, { comment: 'x' }),
    // With all of a type, a subject, a reference and a clock, whose index is one more. A yes opens the redemption.
    more: { asked: 1, approved: 1, rejected: 0 },
  },
}

const most = { asked: 12, decided: 10 }
const none = { asked: 0, approved: 0, rejected: 0 }

describe.each(Object.entries(families))('%s: rows written', (_, { ask, decide, more = none }) => {
  test.each(['approve', 'reject'] as const)(
    `at most ${most.asked} to ask, with a key, and ${most.decided} to %s`,
    async (how) => {
      // The first of a tenant makes tallies that the others find.
      await ask()
      const asked = await ask()
      const decided = await decide(asked.body, how)
      expect([asked.status, decided.status]).toEqual([201, 200])
      expect(asked.cost.rowsWritten - more.asked).toBeLessThanOrEqual(most.asked)
      expect(decided.cost.rowsWritten - (how === 'approve' ? more.approved : more.rejected)).toBeLessThanOrEqual(
        most.decided,
      )
    },
  )
})
