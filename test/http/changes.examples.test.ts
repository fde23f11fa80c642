import { beforeAll, expect, test } from 'vitest'
import { loadDemo, withKey } from '../support/demo.ts'

/* The examples of the change-approvals reference, sent as printed against the demo data. */

const path = '/api/v1/approvals'
const [member, admin] = [withKey('cs_demo_member'), withKey('cs_demo_admin')]
const printed = {
  entityType: 'qualificationRule',
  entityId: 'qr_001',
  entityName: 'Credit Score Rule',
  action: 'update',
  payload: { config: { threshold: 650 } },
}

beforeAll(loadDemo)

test('GET lists approval requests, pending by default, as a bare array', async () => {
  const { status, body } = await member(path)
  expect(status).toBe(200)
  expect(body.at(-1)).toEqual({
    id: 'approval_001',
    ...printed,
    status: 'pending',
    digest: expect.any(String),
    requesterId: 'usr_member',
    requesterName: 'John Doe',
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  })
  expect(new Set(body.map((one: any) => one.status))).toEqual(new Set(['pending']))
})

test('POST creates a request, with X-Tenant-Id as its curl sends it', async () => {
  const { status, body } = await member(path, { method: 'POST', body: printed, headers: { 'X-Tenant-Id': 'demo' } })
  expect(status).toBe(201)
  expect(body).toMatchObject({
    id: expect.stringMatching(/^approval_/),
    ...printed,
    status: 'pending',
    requesterId: 'usr_member',
  })
})

test('POST to one resolves it: approved, and the payload is applied', async () => {
  const comments = 'Looks good, deploying to production'
  const { status, body } = await admin(`${path}/approval_001`, {
    method: 'POST',
    body: { action: 'approve', comments },
  })
  expect(status).toBe(200)
  expect(body).toMatchObject({
    id: 'approval_001',
    status: 'approved',
    approverId: 'usr_admin',
    approverName: 'Admin',
    comments,
    resolvedAt: expect.any(String),
  })
  const entity = await member('/api/v1/entities/qualificationRule/qr_001')
  expect(entity.body.data).toEqual({ config: { threshold: 650, window: '90d' } })
})

test('POST to one resolves it: rejected', async () => {
  const comments = 'Threshold too aggressive, please revise'
  const { body } = await admin(`${path}/approval_002`, { method: 'POST', body: { action: 'reject', comments } })
  expect(body).toMatchObject({
    id: 'approval_002',
    status: 'rejected',
    approverId: 'usr_admin',
    approverName: 'Admin',
    comments,
  })
})

test('resolving is for admins only; reading and asking for anyone with a key', async () => {
  for (const role of ['member', 'coordinator', 'reviewer', 'service']) {
    const call = withKey(`cs_demo_${role}`)
    expect((await call(path)).status).toBe(200)
    expect((await call(`${path}/approval_001`)).status).toBe(200)
    expect((await call(`${path}/approval_001`, { method: 'POST', body: { action: 'approve' } })).status).toBe(403)
  }
})
