import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { advanceBatch } from '../../src/claims/advance-batch.ts'
import { cancelBatch } from '../../src/claims/cancel-batch.ts'
import { submitBatch } from '../../src/claims/submit-batch.ts'
import { submitClaims } from '../../src/claims/submit-claims.ts'
import { newTenant } from '../support/tenant.ts'

test('a claim that is approved and reverted several times in one millisecond has each vote voided, one after the other', async () => {
  const tenant = await newTenant()
  const now = Date.UTC(2036, 2, 1)
  const coordinator = () => tenant.ctx('coordinator', undefined, now)
  const claims = [1, 2].map((amount) => ({ description: 'Train', amount, currency: 'EUR' }))
  const claim_ids = (await submitClaims(tenant.ctx('member', undefined, now), claims)).map(({ id }) => id)
  for (let times = 0; times < 3; times += 1) {
    const later = { claim_ids, comment: null, process_at: now + 1 }
    const { id } = await submitBatch(coordinator(), later)
    expect(await advanceBatch(tenant.ctx('coordinator', undefined, now + 1), id, 1)).toMatchObject({
      status: 'processing',
    })
    expect(await cancelBatch(coordinator(), id, null)).toMatchObject({ status: 'cancelled' })
  }
  const { results } = await env.DB.prepare('SELECT voided_at FROM votes WHERE approval_id = ? ORDER BY voided_at')
    .bind(claim_ids[0]!)
    .all()
  expect(results.map(({ voided_at }) => voided_at)).toEqual([now, now + 1, now + 2])
  const [first] = (
    await env.DB.prepare('SELECT status, votes_for, bulk_id FROM approvals WHERE id = ?').bind(claim_ids[0]!).all()
  ).results
  expect(first).toEqual({ status: 'pending', votes_for: 0, bulk_id: null })
})
