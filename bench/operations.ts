import type { Changes } from './counts.ts'
import type { Call } from './load.ts'
import { claimAt, instance, keyOf, refAt, seedAccess, seedClaims, seedGate, seedIntents } from './seed.ts'
import type { Service } from './service.ts'

/** An operation that is measured. */
export interface Operation {
  name: string
  title: string
  status: 200 | 201
  /** What each call gives that no other does, and no other value contains. */
  given(): Given
  /** The call of the product, and of peers. */
  call(given: Given): Call
  /** What each call changes in what is stored. */
  changes: Changes
  /** Of an operation that changes nothing, and peers have: whether an answer is what was asked for. */
  isAnswered?(answer: any, given: Given): boolean
}

/** By name: `id` goes into the path, or is an Idempotency-Key; what else there is goes into the body. */
export type Given = Readonly<Record<string, string>>

/** How many claims and intents have to be there. */
export interface Stored {
  claims: number
  intents: number
  /** The id of a gate that holds results up. */
  gate: string
}

/** What is measured. Claims are decided from the oldest on, so that there are enough; they are read from all. */
export function operations({ claims, intents, gate }: Stored): Operation[] {
  const next = counter()
  const pending = counter()
  const intent = counter()
  const anyClaim = () => claimAt(Math.floor(Math.random() * claims))
  return [
    {
      name: 'read',
      title: 'read one',
      status: 200,
      given: () => ({ id: anyClaim() }),
      call: ({ id }) => ({ method: 'GET', path: `/api/v1/claims/${id}`, key: keyOf('member') }),
      changes: {},
      isAnswered: (claim, { id }) => claim.claim_id === id && claim.amount === 4250,
    },
    {
      name: 'list',
      title: `list 50 of ${claims.toLocaleString('en')} with total`,
      status: 200,
      given: () => ({}),
      call: () => ({ method: 'GET', path: '/api/v1/claims?limit=50', key: keyOf('member') }),
      changes: {},
      isAnswered: ({ data, pagination }) =>
        data.length === 50 && pagination.total >= claims && data[0].created_at >= data[49].created_at,
    },
    {
      name: 'create',
      title: 'create',
      status: 201,
      given: () => ({ description: `Train to Bern, ticket ${next() + 1_000_000}` }),
      call: ({ description }) => ({
        method: 'POST',
        path: '/api/v1/claims',
        key: keyOf('member'),
        body: JSON.stringify({ description, amount: 4250, currency: 'CHF' }),
      }),
      changes: { approvals: 1, pending: 1, events: 1 },
    },
    {
      name: 'keyed',
      title: 'create, with an Idempotency-Key',
      status: 201,
      given() {
        const n = next() + 1_000_000
        return { id: `order-${n}`, description: `Train to Bern, ticket ${n}` }
      },
      call: ({ id, description }) => ({
        method: 'POST',
        path: '/api/v1/claims',
        key: keyOf('member'),
        idempotencyKey: id,
        body: JSON.stringify({ description, amount: 4250, currency: 'CHF' }),
      }),
      changes: { approvals: 1, pending: 1, events: 1, keys: 1 },
    },
    {
      name: 'decide',
      title: 'decide',
      status: 200,
      given() {
        const n = pending()
        // Nine of ten wait for somebody.
        return { id: claimAt(upTo(claims, n + 1 + Math.floor(n / 9))) }
      },
      call: ({ id }) => ({
        method: 'POST',
        path: `/api/v1/claims/${id}/approve`,
        key: keyOf('coordinator'),
        body: '{"comment":"ok"}',
      }),
      changes: { pending: -1, events: 1 },
    },
    {
      name: 'resolve',
      title: 'resolve (an agent’s intent)',
      status: 200,
      given: () => ({ approval_ref: refAt(upTo(intents, intent())) }),
      call: ({ approval_ref }) => ({
        method: 'POST',
        path: `/internal/v1/instances/${instance}/approvals/resolve`,
        key: keyOf('service'),
        body: JSON.stringify({
          action: 'approve',
          approval_ref,
          pin_verified: true,
          resolver_role: 'customer',
          resolver_person_id: 'usr_customer',
        }),
      }),
      changes: { pending: -1, events: 1 },
    },
    {
      name: 'submit',
      title: 'submit a result',
      status: 201,
      given: () => ({ external_ref: `scan-${next() + 1_000_000}` }),
      call: ({ external_ref }) => ({
        method: 'POST',
        path: '/v1/structuring/results',
        key: keyOf('service'),
        body: JSON.stringify({ gate_id: gate, data: { total_amount: 1_500_000 }, confidence: 0.82, external_ref }),
      }),
      changes: { approvals: 1, pending: 1, events: 1 },
    },
  ]
}

function counter(): () => number {
  let count = 0
  return () => count++
}

function upTo(most: number, n: number): number {
  if (n >= most) throw new Error(`All ${most} that were stored have been used: store more, or measure for less long.`)
  return n
}

/** Stores what operations work on, 200,000 intents at the most, and gives those of these names; or all. */
export async function stockedFor(
  { db, ports }: Service,
  claims: number,
  only: readonly string[],
): Promise<Operation[]> {
  const intents = Math.min(claims, 200_000)
  await seedAccess(db)
  await seedClaims(db, 0, claims)
  await seedIntents(db, 0, intents)
  const gate = await seedGate(ports.product)
  return operations({ claims, intents, gate }).filter(({ name }) => only.length === 0 || only.includes(name))
}
