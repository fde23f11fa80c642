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

/** Waits until a batch has ended, by the list of batches, which does not tell of each claim; the batch. */
export async function ended(call: Caller, batchId: string) {
  const path = '/api/v1/approval-batches'
  await vi.waitFor(
    async () => {
      const { data } = (await call(`${path}?limit=100`)).body
      const { status } = data.find(({ batch_id }: { batch_id: string }) => batch_id === batchId)
      if (status !== 'completed' && status !== 'cancelled') throw new Error(`still ${status}`)
    },
    { timeout: 30_000, interval: 20 },
  )
  return (await call(`${path}/${batchId}`)).body
}

/**
 * Schedules something as little ahead as this machine manages: on a busy one a moment may be over before the request
 * for it is handled. `schedule` is given the time, and answers undefined where it was refused.
 */
export async function soon<T>(schedule: (at: string) => Promise<T | undefined>): Promise<T> {
  for (let ahead = 250; ahead <= 16_000; ahead *= 2) {
    const scheduled = await schedule(new Date(Date.now() + ahead).toISOString())
    if (scheduled !== undefined) return scheduled
  }
  throw new Error('It was refused 16 seconds ahead')
}
