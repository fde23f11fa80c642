import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stepSize } from '../../src/claims/advance-batch.ts'
import { isLong, moments } from '../support/scale.ts'
import { startServer, type Server } from '../support/server.ts'

const path = '/api/v1/approval-batches'
/** Several steps, so that some kills come between two. */
const size = (isLong ? 4 : 2) * stepSize
/** The most claims that one call submits. */
const atOnce = 1_000
const kills = moments(5)
/** How long a batch of this size takes here, measured first: the kills are spread over it. */
let usual: number
let server: Server

beforeAll(async () => {
  server = await startServer()
  const claim_ids = await submit()
  const started = Date.now()
  const { body } = await server.call(path, { method: 'POST', body: { claim_ids } })
  await ended(body.batch_id)
  usual = Date.now() - started
})

afterAll(async () => {
  await server?.dispose()
})

async function submit(): Promise<string[]> {
  const claims = Array.from({ length: size }, (_, index) => ({
    description: `Claim ${index}`,
    amount: index + 1,
    currency: 'EUR',
  }))
  const ids: string[] = []
  for (let from = 0; from < size; from += atOnce) {
    const { status, body } = await server.call('/api/v1/claims/bulk', {
      method: 'POST',
      body: { claims: claims.slice(from, from + atOnce) },
      key: 'cs_demo_member',
    })
    expect(status).toBe(201)
    ids.push(...body.data.map((claim: { claim_id: string }) => claim.claim_id))
  }
  return ids
}

async function ended(batchId: string) {
  const deadline = Date.now() + 60_000
  for (;;) {
    const { body } = await server.call(`${path}/${batchId}`)
    if (body.status === 'completed' || body.status === 'cancelled') return body
    if (Date.now() > deadline)
      throw new Error(`The batch has not ended: ${body.processed_count} of ${body.total_claims}`)
    await sleep(20)
  }
}

/** The batch that was submitted under the key, if the server had accepted it before it was killed: else it is now. */
async function accepted(claim_ids: string[], key: string): Promise<string> {
  const headers = { 'Idempotency-Key': key }
  const { status, body } = await server.call(path, { method: 'POST', body: { claim_ids }, headers })
  expect(status).toBe(201)
  return body.batch_id
}

/** What the claims say of themselves. */
async function approvedBy(batchId: string): Promise<number> {
  return (await server.call(`/api/v1/claims?batch_id=${batchId}&limit=1`)).body.pagination.total
}

async function checkEvents(batchId: string, claimId: string, types: string[]) {
  const { body } = await server.call(`/api/v1/claims/${claimId}`)
  expect(body.status).toBe(types.at(-1))
  expect([batchId, null]).toContain(body.batch_id)
}

test.each(kills)('a batch survives a kill at moment %i: complete, nothing twice, nothing lost', async (moment) => {
  const claim_ids = await submit()
  const submission = accepted(claim_ids, `crash-${moment}`).catch(() => undefined)
  await sleep((usual * (moment + 0.5)) / kills.length)
  await server.kill()
  await submission
  await server.restart()
  const batchId = await accepted(claim_ids, `crash-${moment}`)
  const batch = await ended(batchId)
  expect(batch).toMatchObject({
    status: 'completed',
    total_claims: size,
    approved_count: size,
    rejected_count: 0,
    processed_count: size,
  })
  expect(batch.results.map((one: { claim_id: string }) => one.claim_id)).toEqual(claim_ids)
  expect(await approvedBy(batchId)).toBe(size)
  await checkEvents(batchId, claim_ids[0]!, ['approved'])
})

test.each(kills)('a cancel survives a kill at moment %i: all approved or nothing', async (moment) => {
  const claim_ids = await submit()
  const batchId = await accepted(claim_ids, `cancel-${moment}`)
  await sleep((usual * moment) / kills.length / 2)
  const cancel = server.call(`${path}/${batchId}`, { method: 'DELETE' }).catch(() => undefined)
  await sleep((usual * (moment + 0.5)) / kills.length / 2)
  await server.kill()
  await cancel
  await server.restart()
  const again = await server.call(`${path}/${batchId}`, { method: 'DELETE' })
  const batch = await ended(batchId)
  if (again.status === 200) {
    expect(batch.status).toBe('cancelled')
    expect(again.body.claims_reverted).toBe(batch.approved_count)
    expect(await approvedBy(batchId)).toBe(0)
    await checkEvents(batchId, claim_ids[0]!, ['pending'])
  } else {
    expect([again.status, batch.status, batch.approved_count]).toEqual([409, 'completed', size])
    expect(await approvedBy(batchId)).toBe(size)
  }
})
