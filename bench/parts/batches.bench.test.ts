import { env } from 'cloudflare:workers'
import { test } from 'vitest'
import { advanceBatch } from '../../src/claims/advance-batch.ts'
import { submitBatch } from '../../src/claims/submit-batch.ts'
import { submitClaims } from '../../src/claims/submit-claims.ts'
import { newTenant } from '../../test/support/tenant.ts'

/* How the time of a batch grows with its size. The sizes take turns, so that a machine that drifts drifts for all. */

const sizes = [1_000, 2_000, 5_000, 10_000]
const rounds = 5

async function once(size: number): Promise<number> {
  const tenant = await newTenant()
  const claim_ids: string[] = []
  while (claim_ids.length < size) {
    const claims = Array.from({ length: 1_000 }, (_, index) => ({
      description: `Claim ${index}`,
      amount: 1,
      currency: 'EUR',
    }))
    claim_ids.push(...(await submitClaims(tenant.ctx('member'), claims)).map(({ id }) => id))
  }
  const later = Date.now() + 3_600_000
  const { id } = await submitBatch(tenant.ctx('coordinator'), { claim_ids, comment: null, process_at: later })
  await env.DB.prepare('UPDATE batches SET process_at = 1 WHERE id = ?').bind(id).run()
  const started = performance.now()
  for (let status = 'pending'; status !== 'completed';)
    status = (await advanceBatch(tenant.ctx('runner', []), id))!.status
  return performance.now() - started
}

test('a batch by its size', { timeout: 600_000 }, async () => {
  const times = new Map(sizes.map((size) => [size, [] as number[]]))
  await once(1_000)
  for (let round = 0; round < rounds; round += 1) {
    for (const size of sizes) times.get(size)!.push(await once(size))
  }
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
  const base = median(times.get(sizes[0]!)!)
  for (const size of sizes) {
    const ms = median(times.get(size)!)
    console.log(
      `${size} claims: ${(ms / base).toFixed(2)} × the time of ${sizes[0]} (linear: ${size / sizes[0]!}), ${Math.round(ms)} ms here`,
    )
  }
})
