import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import { roles, type Role } from '../../src/context.ts'
import { demoTenant } from '../../src/approvals/approvals.demo.ts'
import { submitClaims } from '../support/batches.ts'
import { loadDemo } from '../support/demo.ts'
import { heldResult, invoiceGate } from '../support/gates.ts'
import { bearing, newIssuer, serviceWith, trusting } from '../support/issuer.ts'
import { overSocket } from '../support/over-socket.ts'
import { newReceiver } from '../support/receiver.ts'
import { operations } from '../support/promised.ts'
import { boundTo, newTenant, send, tenantOf, type Caller, type Tenant } from '../support/tenant.ts'
import { filledIn, madeBy } from '../support/try-out.ts'

const open = new Set(['/openapi.json', '/healthz', '/.well-known/jwks.json'])
const all = await operations()
const guarded = all.filter(({ path }) => !open.has(path))

/** The tenant that has the demo data, in which there is whatever the examples of the document name. */
let mine: Tenant
/** With a key of the first tenant that is bound to its instance. */
let bound: Caller
let other: Tenant
/** The service where people sign in with tokens, and tokens that are not for it. */
let signedIn: ReturnType<typeof serviceWith>
let strange: readonly string[]
/** Ids of what the demo data cannot have, by the operation that makes it. */
const made = new Map<string, string>()

beforeAll(async () => {
  await loadDemo()
  ;[mine, other] = [tenantOf(demoTenant), await newTenant()]
  const receiver = await newReceiver(mine)
  const sent = await mine.as('admin')(`/v1/webhook-endpoints/${receiver.id}/test`, { method: 'POST' })
  made.set('createWebhookEndpoint', receiver.id).set('testWebhookEndpoint', sent.body.id)
  bound = await boundTo(mine, instance, 'admin')
  if (overSocket) return
  const [issuer, another] = [await newIssuer(), await newIssuer()]
  signedIn = serviceWith(trusting(issuer, mine, { OIDC_DEFAULT_ROLES: 'admin' }))
  strange = [await another.token(), await issuer.token({ aud: 'another' })]
})

type Operation = (typeof all)[number]

/** An operation as it is filled in: about something that the first tenant has. */
function filled(operation: Operation) {
  const maker = Object.entries(madeBy).find(([start]) => operation.path.startsWith(start))?.[1]
  return filledIn(operation, maker === undefined ? undefined : made.get(maker))
}

/** Where the operations of an agent instance are. */
const ofInstances = '/internal/v1/instances/{instance_id}/'

/** The one agent instance of the demo data. */
const instance = parameterOf('requestIntent', 'instance_id')

function parameterOf(operationId: string, parameter: string): string {
  const found = all.find((one) => one.operationId === operationId)?.parameters?.find(({ name }) => name === parameter)
  return (found as any)?.example ?? found?.schema.example
}

test('only the document, the docs, the health check and the public keys are open', () => {
  expect(
    all
      .filter(({ security }) => security.length === 0)
      .map(({ path }) => path)
      .sort(),
  ).toEqual([...open].sort())
})

describe.each(guarded)('$operationId', (operation) => {
  const { path, method } = operation
  const body = operation.requestBody ? {} : undefined

  test('without a key: 401', async () => {
    const { path: to } = filled(operation)
    expect((await send(to, { method, body })).status).toBe(401)
    expect((await send(to, { method, body, headers: { 'X-API-Key': 'cs_wrong' } })).status).toBe(401)
  })

  // With variables of its own, so without a server.
  test.skipIf(overSocket)('with a token of another issuer, or for another service: 401', async () => {
    const { path: to } = filled(operation)
    for (const token of strange) {
      for (const headers of [bearing(token), { 'Cf-Access-Jwt-Assertion': token }])
        expect((await signedIn(to, { method, body, headers })).status).toBe(401)
    }
  })

  test('with a wrong role: 403, naming the roles that may, before the body is looked at', async () => {
    const allowed = operation['x-roles']!
    expect(allowed.length).toBeGreaterThan(0)
    const wrong = allowed.includes('any') ? [] : roles.filter((role) => role !== 'admin' && !allowed.includes(role))
    for (const role of wrong) {
      const answer = await mine.as(role)(filled(operation).path, { method, body })
      expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden', roles: allowed } })
    }
  })

  test('without a role: 403', async () => {
    for (const has of [[], ['owner']]) {
      const answer = await mine.as('nobody', has as never)(filled(operation).path, { method, body })
      expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    }
  })

  test('with a key that is bound to an instance: 403, but at that instance and where such keys are taken', async () => {
    const to = filled(operation).path
    const { status, body: answer } = await bound(to, { method, body })
    if (operation['x-bound-keys']) return expect([401, 403]).not.toContain(status)
    if (!path.startsWith(ofInstances)) return expect([status, answer.code]).toEqual([403, 'forbidden'])
    expect([401, 403]).not.toContain(status)
    expect((await bound(to.replace(instance, instance.toUpperCase()), { method, body })).status).toBe(status)
    const elsewhere = await bound(to.replace(instance, crypto.randomUUID()), { method, body })
    expect(elsewhere).toMatchObject({ status: 404, body: { code: 'not_found' } })
  })

  test('of another tenant: exactly like what does not exist', async () => {
    const { path: theirs, query, body: valid } = filled(operation)
    if (theirs === path && !operation.responses['404']) return
    const stranger = (await newTenant()).as('admin')
    const seen = async (to: string) => {
      const { status, headers, body } = await stranger(`${to}?${query}`, { method, body: valid })
      // Of a write that may be made at any address the cost is that of what was made.
      const cost = status === 404 && headers.get('Server-Timing')!.replace(/dur=\d+/, '')
      return { status, said: masked(body, theirs), cost }
    }
    const both = async () => [await seen(theirs), await seen(nobodys(path, theirs))]
    let [found, none] = await both()
    // Now and then one of the two has to read the key as well.
    if (found?.cost !== none?.cost) [found, none] = await both()
    expect(found).toEqual(none)
    if (!isAddress(operation)) expect(found?.status).toBe(404)
  })

  test('with X-Tenant-Id of another tenant: 403', async () => {
    const role = (operation['x-roles']!.find((one) => one !== 'any') ?? 'member') as Role
    const { path: to } = filled(operation)
    const answer = await mine.as(role)(to, { method, body, headers: { 'X-Tenant-Id': other.id } })
    expect(answer).toMatchObject({ status: 403, body: { code: 'tenant_mismatch' } })
  })
})

/** The address of something with an id that nobody has. */
function nobodys(path: string, theirs: string): string {
  const parts = path.split('/')
  const last = parts.findLastIndex((part) => part.startsWith('{'))
  if (last === -1) return theirs
  const id = parts[last] === '{instance_id}' ? crypto.randomUUID() : 'nobody'
  return theirs.split('/').with(last, id).join('/')
}

/** What an answer says, whatever it was asked about and when. */
function masked({ request_id: _, ...answer }: any, path: string): string {
  const names = new Set(path.split('/').slice(3))
  const ids = /APR-\w+|\b[0-9a-f]{64}\b|\w+_\w{10,}|[0-9a-f]{8}-[-0-9a-f]{27}|nobody|[-0-9]+T[.:0-9]+Z/g
  const text = JSON.stringify(answer).replace(ids, '<id>')
  return text.replaceAll(/[\w-]+/g, (word) => (names.has(word) ? '<id>' : word))
}

/** Whether each tenant has the address for itself: there a list is empty, and a write makes a thing of its own. */
function isAddress({ path, responses }: Operation): boolean {
  return !responses['404'] || (path.startsWith(ofInstances) && !path.slice(ofInstances.length).includes('{'))
}

test('what one tenant stores at an address, another neither sees nor changes', async () => {
  const mine = await newTenant()
  const path = '/api/v1/entities/offer'
  await mine.as('admin')(`${path}/of_1`, { method: 'PUT', body: { entityName: 'Offer', data: {} } })
  expect((await other.as('admin')(path)).body).toEqual([])
  await other.as('admin')(`${path}/of_1`, { method: 'PUT', body: { entityName: 'Theirs', data: 1 } })
  expect((await mine.as('admin')(`${path}/of_1`)).body).toMatchObject({ entityName: 'Offer', data: {} })
})

test('an instance is one per tenant: what waits in one tenant, another neither sees nor takes', async () => {
  const base = `/internal/v1/instances/${instance}`
  const service = (await newTenant()).as('service')
  const pending = await service(`${base}/approvals/pending?customer_id=${instance}`)
  const leased = await service(`${base}/outbox/lease`, { method: 'POST' })
  expect([pending.body, leased.body]).toEqual([{ total: 0, approvals: [], next: null }, { entries: [] }])
  const { body } = filled(all.find(({ operationId }) => operationId === 'resolveIntent')!)
  expect((await service(`${base}/approvals/resolve`, { method: 'POST', body })).status).toBe(404)
})

test('a filter by what another tenant has costs what one by nothing does', async () => {
  const mine = await newTenant()
  const coordinator = mine.as('coordinator')
  const claim_ids = await submitClaims(mine.as('member'), 3)
  const batch = await coordinator('/api/v1/approval-batches', { method: 'POST', body: { claim_ids } })
  const at = `/api/v1/approval-batches/${batch.body.batch_id}`
  while ((await coordinator(at)).body.status === 'processing') await new Promise((resolve) => setTimeout(resolve, 20))
  const gate = await invoiceGate(mine.as('admin'))
  const result = await heldResult(mine.as('service'), gate)
  const { body } = filled(all.find(({ operationId }) => operationId === 'requestIntent')!)
  await mine.as('service')(`/internal/v1/instances/${instance}/approvals/request`, { method: 'POST', body })
  const filters = [
    ['/api/v1/claims?batch_id=', batch.body.batch_id],
    ['/api/v1/claims?claimant_id=', 'usr_member'],
    ['/api/v1/approval-batches?coordinator_id=', 'usr_coordinator'],
    ['/v1/structuring/approvals/pending?result_id=', result],
    ['/v1/structuring/approvals/pending?gate_id=', gate],
    ['/v1/approvals?customer_id=', (body as any).customer_id],
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
  const at = `/api/v1/approval-batches/${parameterOf('amendBatch', 'batch_id')}`
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
