import { expect, test } from 'vitest'
import { setEntity } from '../../src/changes/entities.ts'
import { requestChange } from '../../src/changes/request-change.ts'
import { resolveChange } from '../../src/changes/resolve-change.ts'
import { newTenant } from '../support/tenant.ts'

test('an entity that gets into the state that If-Match names while the reason is looked up: the change is approved', async () => {
  const tenant = await newTenant()
  const admin = tenant.ctx('admin')
  const key = { entity_type: 'offer', entity_id: 'o', entity_name: 'Offer' }
  await setEntity(admin, { ...key, data: '{"a":1}' }, {})
  const change = { ...key, action: 'update', payload: '{"b":2}' } as const
  const { id } = await requestChange(tenant.ctx('member'), change)
  const { batch } = admin.db
  let trips = 0
  const between: typeof batch = async (transaction) => {
    const rows = await batch(transaction)
    trips += 1
    if (trips === 1) await setEntity(tenant.ctx('admin'), { ...key, data: '{"a":2}' }, {})
    return rows
  }
  const ctx = { ...admin, db: { ...admin.db, batch: between } }
  const { status } = await resolveChange(ctx, id, { vote: 'approve', comment: null, ifMatch: ['1-2'] })
  expect([status, trips]).toEqual(['approved', 3])
})
