import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { advanceBatch } from '../../src/claims/advance-batch.ts'
import { amendBatch } from '../../src/claims/amend-batch.ts'
import { cancelBatch } from '../../src/claims/cancel-batch.ts'
import { decideClaim, withdrawClaim } from '../../src/claims/decide-claim.ts'
import { startBatch } from '../../src/claims/start-batch.ts'
import { submitBatch } from '../../src/claims/submit-batch.ts'
import { submitClaims } from '../../src/claims/submit-claims.ts'
import { Refusal } from '../../src/refusal.ts'
import { batchItems } from '../support/batch-items.ts'
import { fits } from '../support/sealed.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'
import { often } from '../support/scale.ts'

/* The runners are kept asleep (batches are scheduled for later and started by hand), so that the order of steps is the
   generated one. A step whose answer was lost is a step that is run again. */

const claimCount = 8
const later = () => Date.now() + 3_600_000

type Action =
  | { do: 'start' | 'step' | 'cancel'; batch: 0 | 1; size: number }
  | { do: 'amend'; batch: 0 | 1; claims: number[] }
  | { do: 'approve' | 'reject' | 'withdraw'; claim: number }

const batch = fc.constantFrom(0 as const, 1 as const)
const claim = fc.nat({ max: claimCount - 1 })
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('step' as const), batch, size: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('start' as const), batch, size: fc.constant(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), batch, size: fc.constant(1) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('amend' as const),
      batch,
      claims: fc.array(claim, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('approve' as const, 'reject' as const, 'withdraw' as const), claim }),
  },
)

async function act(tenant: Tenant, claims: string[], batches: string[], one: Action): Promise<void> {
  try {
    if ('claim' in one && one.do !== 'withdraw') {
      await decideClaim(tenant.ctx('judge', ['coordinator']), claims[one.claim]!, {
        vote: one.do,
        comment: 'x',
        ifMatch: null,
      })
    } else if ('claim' in one) {
      await withdrawClaim(tenant.ctx('member'), claims[one.claim]!, null)
    } else if (one.do === 'amend') {
      const claim_ids = one.claims.map((index) => claims[index]!)
      await amendBatch(tenant.ctx('coordinator'), batches[one.batch]!, { claim_ids }, null)
    } else if (one.do === 'start') {
      await startBatch(asleep(tenant), batches[one.batch]!)
    } else if (one.do === 'cancel') {
      await cancelBatch(tenant.ctx('coordinator'), batches[one.batch]!, null)
    } else {
      await advanceBatch(tenant.ctx('runner', []), batches[one.batch]!, one.size)
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
  }
}

/** A context whose runners are another namespace's objects: waking them moves nothing of these batches. */
function asleep(tenant: Tenant) {
  const ctx = tenant.ctx('coordinator')
  const nobody = { ...ctx.env, BATCH_RUNNER: { getByName: () => ({ wake: async () => undefined }) } }
  return { ...ctx, env: nobody as unknown as Env }
}

async function check(tenant: Tenant): Promise<void> {
  const all = async (query: string) => (await env.DB.prepare(query).bind(tenant.id).all<any>()).results
  const batches = await all('SELECT * FROM batches WHERE tenant_id = ?')
  const items = await all(
    `SELECT i.* FROM ${batchItems} i JOIN batches b ON b.id = i.batch_id WHERE b.tenant_id = ? ORDER BY i.position`,
  )
  const approvals = await all('SELECT * FROM approvals WHERE tenant_id = ?')
  const votes = await all('SELECT v.* FROM votes v JOIN approvals a ON a.id = v.approval_id WHERE a.tenant_id = ?')
  const events = await all('SELECT * FROM events WHERE tenant_id = ? ORDER BY seq')

  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1))

  for (const one of batches) {
    const own = items.filter((item) => item.batch_id === one.id)
    const said = (decision: string) => own.filter((item) => item.decision === decision).length
    // Counts equal the items, which are gapless and decided in order.
    expect([one.total_claims, one.approved_count, one.rejected_count]).toEqual([
      own.length,
      said('approved'),
      said('rejected'),
    ])
    expect(own.map((item) => item.position)).toEqual(own.map((_, index) => index))
    expect(own.map((item) => item.decision !== null)).toEqual(own.map((_, index) => index < one.processed_count))
    expect(new Set(own.map((item) => item.claim_id)).size).toBe(own.length)
    // What a batch says it approved is approved by it, unless it was cancelled: then nothing is.
    const held = approvals.filter((approval) => approval.bulk_id === one.id).map((approval) => approval.id)
    const claimed = own.filter((item) => item.decision === 'approved').map((item) => item.claim_id)
    const told = events.filter(({ type, data }) => type === 'claim.approved' && JSON.parse(data).decision_id === one.id)
    expect(told.map((event) => event.resource_id)).toEqual(claimed)
    expect(held.sort()).toEqual(one.status === 'cancelled' ? [] : claimed.sort())
    expect(one.status === 'completed').toBe(one.processed_count === one.total_claims && one.status !== 'cancelled')
    expect(events.filter((event) => event.resource_id === one.id && event.type === 'batch.completed')).toHaveLength(
      one.status === 'completed' ? 1 : 0,
    )
    expect(events.filter((event) => event.resource_id === one.id && event.type === 'batch.cancelled')).toHaveLength(
      one.status === 'cancelled' ? 1 : 0,
    )
  }
  for (const approval of approvals) {
    // Approved by one and only one, with the vote of the one who approved, and a history that leads to where it is.
    const own = votes.filter((vote) => vote.approval_id === approval.id && vote.voided_at === 0)
    expect(own.map((vote) => [vote.vote, vote.decision_id, vote.voter_id])).toEqual(
      ['approved', 'rejected'].includes(approval.status)
        ? [[approval.status === 'approved' ? 'approve' : 'reject', approval.decision_id, approval.decided_by]]
        : [],
    )
    const history = events.filter((event) => event.resource_id === approval.id)
    history.forEach((event, index) => expect(event.from_status).toBe(index === 0 ? null : history[index - 1].to_status))
    expect(history.at(-1).to_status).toBe(approval.status)
    expect(history).toHaveLength(approval.version)
  }
  const tallies = await all("SELECT * FROM tallies WHERE tenant_id = ? AND facet = ''")
  for (const status of ['pending', 'approved', 'rejected', 'withdrawn']) {
    expect(tallies[0][status]).toBe(approvals.filter((approval) => approval.status === status).length)
  }
}

test('whatever happens in whatever order, also at once: counts equal items, one winner, a cancel leaves nothing, every batch ends', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(action, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 14 }),
      async (rounds) => {
        const tenant = await newTenant()
        const submitted = await submitClaims(
          tenant.ctx('member'),
          Array.from({ length: claimCount }, (_, index) => ({
            description: `Claim ${index}`,
            amount: 1,
            currency: 'EUR',
          })),
        )
        const claims = submitted.map(({ id }) => id)
        const batches: string[] = []
        for (const claim_ids of [claims.slice(0, 6), [...claims.slice(2).toReversed(), 'clm_nobody']]) {
          batches.push(
            (await submitBatch(tenant.ctx('coordinator'), { claim_ids, comment: null, process_at: later() })).id,
          )
        }
        for (const together of rounds) {
          await Promise.all(together.map((one) => act(tenant, claims, batches, one)))
          await check(tenant)
        }
        for (const id of batches) {
          await act(tenant, claims, batches, { do: 'start', batch: batches.indexOf(id) as 0 | 1, size: 1 })
          for (let steps = 0; steps < 12; steps += 1) await advanceBatch(tenant.ctx('runner', []), id, 1)
        }
        await check(tenant)
        const { results } = await env.DB.prepare('SELECT status FROM batches WHERE tenant_id = ?').bind(tenant.id).all()
        for (const { status } of results) expect(['completed', 'cancelled']).toContain(status)
        await fits(tenant)
      },
    ),
    { numRuns: often(36) },
  )
}, 600_000)
