import { env } from 'cloudflare:workers'
import { describe, expect, test } from 'vitest'
import { maintain } from '../../src/maintenance/maintain.ts'
import { chairs } from '../made-up-standard-family/purchases.schemas.ts'
import { lapse } from '../support/lapse.ts'
import { overSocket } from '../support/over-socket.ts'
import { newTenant, type Answer, type Tenant } from '../support/tenant.ts'

/* What a standard family is given: tried with one that is made up, beside the requests. */

const path = '/v1/purchases'
const { details } = chairs
const said = ({ status, body }: Answer) => [status, body.code ?? body.status]
const lapseAll = () => maintain({ ...env, LOG_REQUESTS: 'off' }, Date.now())

const postTo =
  (family: string) =>
  (tenant: Tenant, role: 'member' | 'coordinator' | 'reviewer', where = '', body: object = {}) =>
    tenant.as(role)(`${family}${where}`, { method: 'POST', body })
const post = postTo(path)
const ask = async (tenant: Tenant, more: object = {}) =>
  (await post(tenant, 'member', '', { ...chairs, ...more })).body as { id: string; digest: string }

describe.skipIf(overSocket)('a standard family', () => {
  test('is asked, amended, approved by its own roles, redeemed once, and reported', async () => {
    const tenant = await newTenant()
    const { id } = await ask(tenant, { external_ref: 'po-1' })
    expect(id).toMatch(/^pur_/)
    const amended = await tenant.as('member')(`${path}/${id}`, {
      method: 'PATCH',
      body: { details: { ...details, count: 8 } },
    })
    expect(amended.body).toMatchObject({ id, status: 'pending', revision: 2, details: { count: 8 } })
    const { digest } = amended.body
    expect(said(await post(tenant, 'reviewer', `/${id}/approve`, { digest }))).toEqual([403, 'forbidden'])
    expect(said(await post(tenant, 'coordinator', `/${id}/approve`, { digest }))).toEqual([200, 'approved'])
    const swapped = await post(tenant, 'member', `/${id}/redeem`, { digest: '0'.repeat(64) })
    expect(said(swapped)).toEqual([409, 'digest_mismatch'])
    const redeemed = await post(tenant, 'member', `/${id}/redeem`, { digest })
    expect(redeemed.body).toMatchObject({ id, digest, details: { ...details, count: 8 } })
    expect(said(await post(tenant, 'member', `/${id}/redeem`, { digest }))).toEqual([409, 'already_redeemed'])
    const reported = await post(tenant, 'member', `/${id}/outcome`, { outcome: 'succeeded', result: { order: 7 } })
    expect(reported.body.redemption).toMatchObject({ state: 'redeemed', outcome: 'succeeded', result: { order: 7 } })
    const { body } = await tenant.as('member')(`/v1/approvals/${id}/events`)
    const types = body.data.map(({ type }: { type: string }) => type)
    expect(types).toEqual(['created', 'amended', 'approved', 'redeemed', 'executed'].map((what) => `purchase.${what}`))
  })

  test('takes the details that its schema says, and needs them', async () => {
    const tenant = await newTenant()
    const { details: _, ...without } = chairs
    const faults = async (body: object) => {
      const answer = await post(tenant, 'member', '', body)
      expect(said(answer)).toEqual([422, 'invalid_input'])
      return answer.body.errors.map(({ pointer }: { pointer: string }) => pointer)
    }
    expect(await faults(without)).toEqual(['/details'])
    expect(await faults({ ...chairs, details: { ...details, count: 0, colour: 'red' } })).toEqual(
      expect.arrayContaining(['/details/count', '/details/colour']),
    )
    const { id } = await ask(tenant)
    const amended = await tenant.as('member')(`${path}/${id}`, { method: 'PATCH', body: { details: null } })
    expect(said(amended)).toEqual([422, 'invalid_input'])
  })

  test('is a kind of its own: nothing of another is found, decided, redeemed or lapsed in its place', async () => {
    const tenant = await newTenant()
    const purchase = await ask(tenant, { external_ref: 'po-1' })
    const requests = postTo('/v1/requests')
    const { body: request } = await requests(tenant, 'member', '', { type: 'access', title: 'Open the door' })
    const inPlace = [
      tenant.as('member')(`/v1/requests/${purchase.id}`),
      tenant.as('member')(`${path}/${request.id}`),
      requests(tenant, 'coordinator', `/${purchase.id}/approve`),
      post(tenant, 'coordinator', `/${request.id}/approve`),
    ]
    expect((await Promise.all(inPlace)).map(said)).toEqual(inPlace.map(() => [404, 'not_found']))
    expect((await tenant.as('member')('/v1/requests?external_ref=po-1')).body.data).toEqual([])
    expect((await tenant.as('member')(`${path}?external_ref=po-1`)).body.data).toMatchObject([{ id: purchase.id }])
    expect((await tenant.as('member')(path)).body).toMatchObject({
      data: [{ id: purchase.id }],
      pagination: { total: 1 },
    })

    await post(tenant, 'coordinator', `/${purchase.id}/approve`)
    await requests(tenant, 'coordinator', `/${request.id}/approve`)
    const { digest } = purchase
    expect(said(await requests(tenant, 'member', `/${purchase.id}/redeem`, { digest }))).toEqual([404, 'not_found'])
    const revoked = await requests(tenant, 'member', `/${purchase.id}/revoke`, { comment: 'x' })
    expect(said(revoked)).toEqual([404, 'not_found'])
    for (const { id } of [purchase, request]) await lapse(id)
    await lapseAll()
    const last = async (id: string) => (await tenant.as('member')(`/v1/approvals/${id}/events`)).body.data.at(-1).type
    expect([await last(purchase.id), await last(request.id)]).toEqual(['purchase.lapsed', 'request.lapsed'])
  })

  test('is what policies are for: by its type, with edits, and restricted; an admin decides it as anything', async () => {
    const tenant = await newTenant()
    const admin = tenant.as('admin')
    await tenant.as('coordinator')('/v1/me')
    const policy = { name: 'Chairs', match: { kind: 'purchase', type: 'furniture' }, approver_roles: ['coordinator'] }
    const made = (more: object) => admin('/v1/policies', { method: 'POST', body: { ...policy, ...more } })
    await tenant.as('second', ['coordinator'])('/v1/me')
    const terms = { required_approvals: 1, allow_edit: true, restricted: true }
    expect((await made(terms)).status).toBe(201)
    const wrong = await made({ ...terms, match: { kind: 'claim', type: 'furniture' } })
    expect(wrong.body.errors.map(({ pointer, message }: any) => [pointer, message])).toEqual([
      ['/match/type', 'applies only to the kinds request, purchase: set "kind": "request" or "purchase"'],
      ['/restricted', 'must be false unless match says "kind": "request" or "purchase"'],
      ['/allow_edit', 'must be false unless match says "kind": "request" or "purchase"'],
    ])
    const would = { kind: 'purchase', type: 'furniture', document: details }
    const evaluated = await admin('/v1/policies/evaluate', { method: 'POST', body: would })
    expect(evaluated.body.policy).toMatchObject({ name: 'Chairs' })
    const { id } = await ask(tenant)
    expect((await tenant.as('other', ['member'])(`${path}/${id}`)).status).toBe(404)
    const fewer = await post(tenant, 'coordinator', `/${id}/approve`, { details: { ...details, count: 2 } })
    expect(fewer.body).toMatchObject({ status: 'approved', edited: true, approved_details: { count: 2 } })
    const plain = await ask(tenant, { type: 'lamps' })
    expect(said(await admin(`${path}/${plain.id}/approve`, { method: 'POST' }))).toEqual([200, 'approved'])
  })

  test('an external_ref is one request’s in the tenant, of whatever kind', async () => {
    const tenant = await newTenant()
    await ask(tenant, { external_ref: 'po-1' })
    const other = { type: 'access', title: 'Open the door', external_ref: 'po-1' }
    expect(said(await postTo('/v1/requests')(tenant, 'member', '', other))).toEqual([409, 'duplicate_external_ref'])
  })
})
