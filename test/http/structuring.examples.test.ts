import { beforeAll, expect, test } from 'vitest'
import { loadDemo, members, withKey } from '../support/demo.ts'

/* The requests of the gate-reviews reference, sent as printed against the demo data. */

const call = withKey('cs_demo_reviewer')
const printed = {
  data: [
    {
      id: 'd4e5f6a7-b8c9-0123-defa-234567890123',
      result_id: 'a1b2c3d4-e5f6-7890-abcd-ef1234567890',
      check_id: 'b2c3d4e5-f6a7-8901-bcde-f12345678901',
      passed: false,
      details: { field: 'total_amount', value: 1500000, max: 1000000 },
      created_at: '2024-09-14T12:05:00.000Z',
      check_name: 'Amount range check',
      severity: 'warning',
    },
  ],
}

beforeAll(loadDemo)

test('list pending approvals', async () => {
  const { status, body } = await call('/v1/structuring/approvals/pending')
  expect(status).toBe(200)
  expect(members(body)).toEqual({ ...(members(printed) as object), next: 'object' })
  expect(body.data[0]).toEqual(printed.data[0])
  expect(body.data.length).toBeGreaterThan(1)
})

test('errors: 401 unauthorized', async () => {
  const { status, body } = await withKey('cs_wrong')('/v1/structuring/approvals/pending')
  expect([status, body.code]).toEqual([401, 'unauthorized'])
})

test('approve by the result that the items are grouped by', async () => {
  const id = printed.data[0]!.result_id
  const answer = await call(`/v1/structuring/approvals/${id}/approve`, { method: 'POST' })
  expect(answer).toMatchObject({ status: 200, body: { id, result_id: id, status: 'approved', cleared_items: 1 } })
  const { body } = await call(`/v1/structuring/approvals/pending?result_id=${id}`)
  expect(body).toEqual({ data: [], next: null })
})

test('reject by an item', async () => {
  const { body } = await call('/v1/structuring/approvals/pending')
  const [{ id, result_id }] = body.data
  const answer = await call(`/v1/structuring/approvals/${id}/reject`, { method: 'POST', body: { comment: 'No' } })
  expect(answer).toMatchObject({ status: 200, body: { id, result_id, status: 'rejected' } })
})
