import { expect, test } from 'vitest'
import { ended, submitClaims } from '../support/batches.ts'
import { newTenant } from '../support/tenant.ts'

const path = '/api/v1/approval-batches'

test('a batch approves what can be approved and says of each claim what became of it', async () => {
  const tenant = await newTenant()
  const [coordinator, member] = [tenant.as('coordinator'), tenant.as('member')]
  const ids = await submitClaims(member, 5)
  const [own] = await submitClaims(coordinator, 1)
  await coordinator(`/api/v1/claims/${ids[1]}/approve`, { method: 'POST' })
  await member(`/api/v1/claims/${ids[2]}`, { method: 'DELETE' })
  const { status, body } = await coordinator(path, {
    method: 'POST',
    body: { claim_ids: [...ids, own, 'clm_nobody'], comment: 'March' },
  })
  expect(status).toBe(201)
  expect(body).toMatchObject({ coordinator_id: 'usr_coordinator', status: 'processing', total_claims: 7 })
  const batch = await ended(coordinator, body.batch_id)
  expect(batch).toMatchObject({
    status: 'completed',
    approved_count: 3,
    rejected_count: 4,
    processed_count: 7,
    comment: 'March',
  })
  expect(batch.results.map((one: any) => [one.claim_id, one.decision, one.error])).toEqual([
    [ids[0], 'approved', undefined],
    [ids[1], 'rejected', 'Claim already processed'],
    [ids[2], 'rejected', 'Claim was withdrawn'],
    [ids[3], 'approved', undefined],
    [ids[4], 'approved', undefined],
    [own, 'rejected', 'Coordinator may not approve their own claim'],
    ['clm_nobody', 'rejected', 'Claim not found'],
  ])
  const claim = await member(`/api/v1/claims/${ids[0]}`)
  expect(claim.body).toMatchObject({
    status: 'approved',
    batch_id: body.batch_id,
    decided_by: 'usr_coordinator',
    comment: 'March',
  })
})
