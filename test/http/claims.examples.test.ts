import { beforeAll, expect, test } from 'vitest'
import { ended } from '../support/batches.ts'
import { loadDemo, members, withKey } from '../support/demo.ts'

/* The examples of the approval-batches reference, sent as printed against the demo data. */

const path = '/api/v1/approval-batches'
const call = withKey('cs_demo_coordinator')

const printed = {
  start: {
    claim_ids: ['clm_9f2a3b4c', 'clm_ab5c6d7e', 'clm_cd7e8f9a', 'clm_ef1a2b3c'],
    coordinator_id: 'usr_coord99',
    comment: 'End-of-month batch approval March 2026',
  },
  amend: {
    comment: 'End-of-month batch — amended to include late submissions',
    claim_ids: ['clm_9f2a3b4c', 'clm_ab5c6d7e', 'clm_cd7e8f9a', 'clm_ef1a2b3c', 'clm_gh2i3j4k'],
  },
}

let started: string

beforeAll(loadDemo)

test('POST starts a bulk approval batch', async () => {
  await call(`/api/v1/claims/clm_ab5c6d7e/approve`, { method: 'POST' })
  const { status, body } = await call(path, { method: 'POST', body: printed.start })
  expect(status).toBe(201)
  expect(body).toEqual({
    batch_id: expect.stringMatching(/^bat_/),
    coordinator_id: 'usr_coord99',
    status: 'processing',
    total_claims: 4,
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  })
  started = body.batch_id
})

test('GET one gives the result with per-claim outcomes', async () => {
  const body = await ended(call, started)
  expect(body).toMatchObject({
    batch_id: started,
    coordinator_id: 'usr_coord99',
    status: 'completed',
    total_claims: 4,
    approved_count: 3,
    rejected_count: 1,
  })
  const [first, second] = body.results
  expect(first).toEqual({ claim_id: 'clm_9f2a3b4c', decision: 'approved', processed_at: expect.any(String) })
  expect(second).toEqual({
    claim_id: 'clm_ab5c6d7e',
    decision: 'rejected',
    error: 'Claim already processed',
    processed_at: expect.any(String),
  })
  expect(Date.parse(body.created_at)).toBeLessThanOrEqual(Date.parse(body.completed_at))
})

test('GET lists approval batches', async () => {
  const { body } = await call(path)
  const summary = {
    batch_id: 'string',
    coordinator_id: 'string',
    status: 'string',
    total_claims: 'number',
    approved_count: 'number',
    rejected_count: 'number',
    created_by: 'string',
    created_at: 'string',
    completed_at: 'string',
  }
  expect(members(body)).toEqual({
    data: [summary],
    pagination: { page: 'number', limit: 'number', total: 'number' },
    next: 'object',
  })
  // Three are in the demo data.
  expect(body.pagination).toEqual({ page: 1, limit: 20, total: 4 })
})

test('PUT updates metadata and adds claims before processing; DELETE cancels', async () => {
  const process_at = new Date(Date.now() + 3_600_000).toISOString()
  const pending = await call(path, { method: 'POST', body: { ...printed.start, process_at } })
  expect(pending.body.status).toBe('pending')
  const { status, body } = await call(`${path}/${pending.body.batch_id}`, { method: 'PUT', body: printed.amend })
  expect(status).toBe(200)
  expect(body).toMatchObject({
    batch_id: pending.body.batch_id,
    status: 'pending',
    total_claims: 5,
    updated_at: expect.any(String),
  })
  const cancelled = await call(`${path}/${pending.body.batch_id}`, { method: 'DELETE' })
  expect(cancelled.body).toEqual({
    batch_id: pending.body.batch_id,
    cancelled: true,
    cancelled_at: expect.any(String),
    claims_reverted: 0,
  })
})
