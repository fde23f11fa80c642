import { expect, test } from 'vitest'
import { newTenant } from '../support/tenant.ts'

const trip = { description: 'Train to Bern', amount: 4250, currency: 'CHF' }

test('a member submits a claim and reads it', async () => {
  const member = (await newTenant()).as('member')
  const { status, body } = await member('/api/v1/claims', { method: 'POST', body: trip })
  expect(status).toBe(201)
  expect(body).toMatchObject({ ...trip, status: 'pending', claimant_id: 'usr_member' })
  const read = await member(`/api/v1/claims/${body.claim_id}`)
  expect(read.body).toEqual(body)
  expect(read.cost.queries).toBe(1)
  console.log(read.cost)
})
