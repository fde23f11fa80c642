import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import { roles, type Role } from '../../src/context.ts'
import { submitClaims } from '../support/batches.ts'
import { heldResult, invoiceGate } from '../support/gates.ts'
import { overSocket } from '../support/over-socket.ts'
import { newReceiver } from '../support/receiver.ts'
import { operations } from '../support/promised.ts'
import { boundTo, newTenant, send, type Caller, type Tenant } from '../support/tenant.ts'

const open = new Set(['/openapi.json', '/healthz'])
const all = await operations()
const guarded = all.filter(({ path }) => !open.has(path))

/** Addresses that each tenant has for itself: there a list is empty, and a write makes a thing of its own. */
const ownAddress = new Set(['listEntities', 'setEntity', 'requestIntent', 'listPendingIntents', 'leaseOutbox'])

let mine: Tenant
/** With a key of the first tenant that is bound to its instance. */
let bound: Caller
let other: Tenant
/** Ids of the first tenant's own things, by the path parameter that takes them, with the path before it where that matters. */
let existing: Record<string, string>

beforeAll(async () => {
  ;[mine, other] = [await newTenant(), await newTenant()]
  const [claim_id] = await submitClaims(mine.as('member'), 1)
  const process_at = new Date(Date.now() + 3_600_000).toISOString()
  const batch = await mine.as('coordinator')('/api/v1/approval-batches', {
    method: 'POST',
    body: { claim_ids: [claim_id], process_at },
  })
  const offer = { entityType: 'offer', entityId: 'of_1' }
  await mine.as('admin')('/api/v1/entities/offer/of_1', { method: 'PUT', body: { entityName: 'Offer', data: {} } })
  const change = await mine.as('member')('/api/v1/approvals', {
    method: 'POST',
    body: { ...offer, entityName: 'Offer', action: 'delete' },
  })
  const instance_id = crypto.randomUUID()
  const service = mine.as('service')
  const intent = await service(`/internal/v1/instances/${instance_id}/approvals/request`, {
    method: 'POST',
    body: { action: 'a', skill_slug: 's', customer_id: instance_id, serialized_intent: {} },
  })
  const resolution = {
    approval_ref: intent.body.approval_ref,
    action: 'approve',
    pin_verified: true,
    resolver_role: 'customer',
  }
  const resolved = await service(`/internal/v1/instances/${instance_id}/approvals/resolve`, {
    method: 'POST',
    body: resolution,
  })
  samples.IntentResolution = resolution
  const gate = await invoiceGate(mine.as('admin'), {
    rules: [{ type: 'min_confidence', config: { threshold: 0.5 } }],
  })
  const { check_ids, rules } = (await mine.as('admin')(`/v1/structuring/gates/${gate}`)).body
  samples.NewResult = { gate_id: gate, data: {} }
  const receiver = await newReceiver(mine)
  const sent = await mine.as('admin')(`/v1/webhook-endpoints/${receiver.id}/test`, { method: 'POST' })
  bound = await boundTo(mine, instance_id, 'admin')
  existing = {
    '/v1/structuring/checks/{id}': check_ids[0],
    '/v1/structuring/gates/{id}': gate,
    '/v1/structuring/results/{id}': await heldResult(mine.as('service'), gate),
    '/v1/structuring/approvals/{id}': await heldResult(mine.as('service'), gate),
    rule_id: rules[0].id,
    '/v1/webhook-endpoints/{id}': receiver.id,
    '/v1/webhook-deliveries/{id}': sent.body.id,
    instance_id,
    outbox_id: resolved.body.outbox_id,
    approval_ref: intent.body.approval_ref,
    claim_id: claim_id!,
    batch_id: batch.body.batch_id,
    id: change.body.id,
    ...offer,
  }
})

/** The path with the first tenant's ids; a parameter that this test knows nothing of fails it. */
function concrete(path: string): string {
  return path.replace(/\{(\w+)\}/g, (parameter: string, name: string, at: number) => {
    const id = existing[path.slice(0, at) + parameter] ?? existing[name]
    if (id === undefined) throw new Error(`${path}: give the access test something to put for {${name}}`)
    return id
  })
}

test('only the document, the docs and the health check are open', () => {
  expect(
    all
      .filter(({ security }) => security.length === 0)
      .map(({ path }) => path)
      .sort(),
  ).toEqual([...open].sort())
})

describe.each(guarded)('$operationId', ({ path, method, ...operation }) => {
  const body = operation.requestBody ? {} : undefined

  test('without a key: 401', async () => {
    expect((await send(concrete(path), { method, body })).status).toBe(401)
    expect((await send(concrete(path), { method, body, headers: { 'X-API-Key': 'cs_wrong' } })).status).toBe(401)
  })

  test('with a wrong role: 403, naming the roles that may, before the body is looked at', async () => {
    const allowed = operation['x-roles']!
    expect(allowed.length).toBeGreaterThan(0)
    const wrong = allowed.includes('any') ? [] : roles.filter((role) => role !== 'admin' && !allowed.includes(role))
    for (const role of wrong) {
      const answer = await mine.as(role)(concrete(path), { method, body })
      expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden', roles: allowed } })
    }
  })

  test('without a role: 403', async () => {
    for (const has of [[], ['owner']]) {
      const answer = await mine.as('nobody', has as never)(concrete(path), { method, body })
      expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    }
  })

  test('with a key that is bound to an instance: 403, but at that instance', async () => {
    const base = '/internal/v1/instances/{instance_id}/'
    const { status, body: answer } = await bound(concrete(path), { method, body })
    if (!path.startsWith(base)) return expect([status, answer.code]).toEqual([403, 'forbidden'])
    expect([401, 403]).not.toContain(status)
    const shouted = path.replace('{instance_id}', existing.instance_id!.toUpperCase())
    expect((await bound(concrete(shouted), { method, body })).status).toBe(status)
    const elsewhere = await bound(concrete(path.replace('{instance_id}', crypto.randomUUID())), { method, body })
    expect(elsewhere).toMatchObject({ status: 404, body: { code: 'not_found' } })
  })

  test('of another tenant: 404, exactly like what does not exist', async () => {
    if ((!path.includes('{') && operation.operationId !== 'submitResult') || ownAddress.has(operation.operationId))
      return
    const admin = other.as('admin')
    const valid = sample(operation.requestBody)
    const nobodys = path.replace('{instance_id}', crypto.randomUUID()).replace(/\{\w+\}/g, 'nobody')
    const seen = async (to: string) => {
      const { status, headers, body } = await admin(to, { method, body: valid })
      const { request_id: _, detail, ...rest } = body
      return {
        status,
        rest,
        detail: detail.replaceAll(/APR-\w+|\w+_\w{10,}|[0-9a-f]{8}-[-0-9a-f]{27}|nobody|offer|of_1/g, '<id>'),
        cost: headers.get('Server-Timing')!.replace(/dur=\d+/, ''),
      }
    }
    const both = async () => [await seen(concrete(path)), await seen(nobodys)]
    let [theirs, none] = await both()
    // Now and then one of the two has to read the key as well.
    if (theirs?.cost !== none?.cost) [theirs, none] = await both()
    expect(theirs?.status).toBe(404)
    expect(theirs).toEqual(none)
  })

  test('with X-Tenant-Id of another tenant: 403', async () => {
    const role = (operation['x-roles']!.find((one) => one !== 'any') ?? 'member') as Role
    const answer = await mine.as(role)(concrete(path), { method, body, headers: { 'X-Tenant-Id': other.id } })
    expect(answer).toMatchObject({ status: 403, body: { code: 'tenant_mismatch' } })
  })
})

test('what one tenant stores at an address, another neither sees nor changes', async () => {
  const path = '/api/v1/entities/offer'
  expect((await other.as('admin')(path)).body).toEqual([])
  await other.as('admin')(`${path}/of_1`, { method: 'PUT', body: { entityName: 'Theirs', data: 1 } })
  expect((await mine.as('admin')(`${path}/of_1`)).body).toMatchObject({ entityName: 'Offer', data: {} })
})

/** Bodies that the schemas take, by the schema's name. */
const samples: Record<string, unknown> = {
  ClaimApproval: {},
  ClaimRejection: { comment: 'No' },
  BatchAmendment: { comment: 'x' },
  ResolveChange: { action: 'approve' },
  CheckChange: { name: 'x' },
  GateChange: { name: 'x' },
  NewRule: { type: 'min_confidence', config: { threshold: 0.5 } },
  RuleChange: { config: { threshold: 0.5 } },
  ResultReview: {},
  WebhookEndpointChange: { description: 'x' },
  OutboxAck: { lease_token: 'x', outcome: 'succeeded' },
}

test('an instance is one per tenant: what waits in one tenant, another neither sees nor takes', async () => {
  const base = `/internal/v1/instances/${existing.instance_id}`
  const service = other.as('service')
  const pending = await service(`${base}/approvals/pending?customer_id=${existing.instance_id}`)
  const leased = await service(`${base}/outbox/lease`, { method: 'POST' })
  expect([pending.body, leased.body]).toEqual([{ total: 0, approvals: [], next: null }, { entries: [] }])
  const refused = await service(`${base}/approvals/resolve`, { method: 'POST', body: samples.IntentResolution })
  expect(refused.status).toBe(404)
})

/** A body that the schema takes, for operations on something that exists. */
function sample(requestBody: any): unknown {
  if (!requestBody) return undefined
  const { $ref, ...inline } = requestBody.content['application/json'].schema
  const name = ($ref ?? inline.$id ?? '').split('/').at(-1)
  if (!(name in samples)) throw new Error(`give the access test a sample of ${name}`)
  return samples[name]
}

test('a filter by what another tenant has costs what one by nothing does', async () => {
  const coordinator = mine.as('coordinator')
  const claim_ids = await submitClaims(mine.as('member'), 3)
  const batch = await coordinator('/api/v1/approval-batches', { method: 'POST', body: { claim_ids } })
  const at = `/api/v1/approval-batches/${batch.body.batch_id}`
  while ((await coordinator(at)).body.status === 'processing') await new Promise((resolve) => setTimeout(resolve, 20))
  const result = existing['/v1/structuring/results/{id}']
  const filters = [
    ['/api/v1/claims?batch_id=', batch.body.batch_id],
    ['/api/v1/claims?claimant_id=', 'usr_member'],
    ['/api/v1/approval-batches?coordinator_id=', 'usr_coordinator'],
    ['/v1/structuring/approvals/pending?result_id=', result],
    ['/v1/structuring/approvals/pending?gate_id=', existing['/v1/structuring/gates/{id}']],
    ['/v1/approvals?customer_id=', existing.instance_id],
  ]
  for (const [list, id] of filters) {
    const own = await mine.as('admin')(`${list}${id}`)
    const nobody = list?.includes('customer') ? crypto.randomUUID() : 'nobody'
    const both = async () =>
      [await other.as('admin')(`${list}${id}`), await other.as('admin')(`${list}${nobody}`)] as const
    let [theirs, nobodys] = await both()
    if (theirs.cost.queries !== nobodys.cost.queries) [theirs, nobodys] = await both()
    expect([list, own.cost.rowsRead > theirs.cost.rowsRead]).toEqual([list, true])
    expect([list, theirs.status, theirs.cost]).toEqual([list, nobodys.status, nobodys.cost])
  }
})

// With another binding than the server's, so without it.
test.skipIf(overSocket)('nobody wakes or asks the runner of another tenant’s batch', async () => {
  const reached: string[] = []
  const getByName = (name: string) => {
    reached.push(name)
    throw new Error('it was reached')
  }
  const headers = { 'X-API-Key': await other.key('admin'), 'Content-Type': 'application/json' }
  const at = `/api/v1/approval-batches/${existing.batch_id}`
  for (const [method, path, body] of [
    ['DELETE', at],
    ['GET', `${at}/events`],
    ['POST', `${at}/process`],
    ['PUT', at, JSON.stringify({ comment: 'x', process_at: new Date(Date.now() + 3_600_000).toISOString() })],
  ] as const) {
    const answer = await createApp().request(
      path,
      { method, headers, ...(body && { body }) },
      { ...env, BATCH_RUNNER: { getByName } },
    )
    expect([method, path, answer.status]).toEqual([method, path, 404])
  }
  expect(reached).toEqual([])
})
