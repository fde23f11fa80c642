import { beforeAll, expect, test } from 'vitest'
import { loadDemo, members, withKey } from '../support/demo.ts'

/* The requests of the agent-approvals reference, sent as printed against the demo data. */

const instance = '/internal/v1/instances/497f6eca-6276-4993-bfeb-53cbbbba6f08'
const call = withKey('cs_demo_service')

beforeAll(loadDemo)

test('list pending approvals for a customer', async () => {
  const { status, body } = await call(`${instance}/approvals/pending?customer_id=497f6eca-6276-4993-bfeb-53cbbbba6f08`)
  expect(status).toBe(200)
  expect(body.total).toBe(3)
  expect(body.approvals.map((one: any) => one.status)).toEqual(['pending', 'pending', 'pending'])
})

test('create an approval request', async () => {
  const printed = {
    action: 'string',
    customer_id: '160c0c4b-9966-4dc1-a916-8407eb10d74e',
    serialized_intent: {},
    skill_slug: 'string',
  }
  const { status, body } = await call(`${instance}/approvals/request`, { method: 'POST', body: printed })
  expect(status).toBe(201)
  expect(body).toMatchObject({
    ...printed,
    approval_ref: expect.stringMatching(/^APR-/),
    approver_role: 'customer',
    status: 'pending',
  })
})

test('resolve an approval: the printed values are placeholders, and the answer says which fields they do not fit', async () => {
  const printed = { action: 'string', approval_ref: 'string', pin_verified: true, resolver_role: 'string' }
  const { status, body } = await call(`${instance}/approvals/resolve`, { method: 'POST', body: printed })
  expect(status).toBe(422)
  expect(members(body)).toEqual({ detail: [{ loc: ['string'], msg: 'string', type: 'string' }] })
  expect(body.detail.map((one: any) => one.loc)).toEqual([
    ['body', 'action'],
    ['body', 'resolver_role'],
  ])
})

test('resolve an approval', async () => {
  const body = { action: 'approve', approval_ref: 'apr-7k2m', pin_verified: true, resolver_role: 'customer' }
  const answer = await call(`${instance}/approvals/resolve`, { method: 'POST', body })
  expect(answer).toMatchObject({ status: 200, body: { approval_ref: 'APR-7K2M', status: 'approved' } })
})

test("list approvals for the tenant's dashboard", async () => {
  const path = '/v1/approvals?customer_id=497f6eca-6276-4993-bfeb-53cbbbba6f08'
  const { status, body } = await call(`${path}&status=pending&limit=50&offset=0`)
  expect(status).toBe(200)
  expect(body).toMatchObject({ total: 2, limit: 50, offset: 0 })
  const asPrinted = await call(
    '/v1/approvals?customer_id=497f6eca-6276-4993-bfeb-53cbbbba6f08&status=string&limit=50&offset=0',
  )
  expect(asPrinted).toMatchObject({ status: 200, body: { total: 0, limit: 50, offset: 0, approvals: [] } })
})
