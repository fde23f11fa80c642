import { vi } from 'vitest'
import type { Caller } from './tenant.ts'

/** Submits as many claims as asked for, in requests of 1,000; their ids. */
export async function submitClaims(call: Caller, count: number): Promise<string[]> {
  const ids: string[] = []
  while (ids.length < count) {
    const claims = Array.from({ length: Math.min(1000, count - ids.length) }, (_, index) => ({
      description: `Claim ${ids.length + index}`,
      amount: 100 + index,
      currency: 'EUR',
    }))
    const { status, body } = await call('/api/v1/claims/bulk', { method: 'POST', body: { claims } })
    if (status !== 201) throw new Error(JSON.stringify(body))
    ids.push(...body.data.map((claim: { claim_id: string }) => claim.claim_id))
  }
  return ids
}

/** Waits until a batch has ended; the batch. */
export async function ended(call: Caller, batchId: string) {
  return vi.waitFor(
    async () => {
      const { body } = await call(`/api/v1/approval-batches/${batchId}`)
      if (body.status !== 'completed' && body.status !== 'cancelled')
        throw new Error(`still ${body.status}, ${body.processed_count} of ${body.total_claims}`)
      return body
    },
    { timeout: 30_000, interval: 20 },
  )
}
