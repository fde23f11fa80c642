import { beforeAll, expect, test } from 'vitest'
import { boundTo, newTenant, type Answer, type Caller, type Tenant } from '../support/tenant.ts'

/*
 * Keys that are bound to an agent instance: beside its operations they reach what was asked through it, and never vote.
 */

const path = '/v1/requests'
const [mine, other] = [crypto.randomUUID(), crypto.randomUUID()]
const ask = (caller: Caller, more: object = {}) =>
  caller(path, { method: 'POST', body: { type: 'deployment', title: 'Deploy', ...more } })
const post = (caller: Caller, at: string, body: object = {}) => caller(at, { method: 'POST', body })
const code = ({ status, body }: Answer) => [status, body.code]
const none = 'req_01jq8m2v9kf3wt6x5n4c7b8d9e'

let tenant: Tenant
/** Two keys of the instance, of two users, and one of another instance. */
let agent: Caller
let helper: Caller
let elsewhere: Caller
/** What was asked through the instance, and with a key that is bound to none, though by the same user. */
let asked: string
let restricted: string
let unbound: string

beforeAll(async () => {
  tenant = await newTenant()
  agent = await boundTo(tenant, mine)
  // In whichever case a key's instance is stored.
  helper = await boundTo(tenant, mine.toUpperCase(), 'member')
  elsewhere = await boundTo(tenant, other)
  // The calls that are compared find the key in the isolate's memory.
  await elsewhere(`${path}/${none}`)
  asked = (await ask(agent, { external_ref: 'plain' })).body.id
  restricted = (await ask(agent, { external_ref: 'secret', restricted: true, requester_id: 'usr_member' })).body.id
  unbound = (await ask(tenant.as('bound_service', ['service']), { external_ref: 'unbound' })).body.id
})

test('what was asked through the instance is there for each of its keys, and for no other instance', async () => {
  for (const id of [asked, restricted]) {
    const addresses = [`${path}/${id}`, ...['', '/events', '/decision'].map((more) => `/v1/approvals/${id}${more}`)]
    for (const at of addresses) {
      expect([at, (await agent(at)).status, (await helper(at)).status]).toEqual([at, 200, 200])
      const [hidden, missing] = [await elsewhere(at), await elsewhere(at.replace(id, none))]
      expect([hidden.status, hidden.body.code, hidden.cost]).toEqual([404, 'not_found', missing.cost])
      expect(hidden.body.detail.replace(id, none)).toBe(missing.body.detail)
    }
  }
  for (const at of [`${path}/${unbound}`, `/v1/approvals/${unbound}`, `/v1/approvals/${unbound}/decision`]) {
    expect(code(await agent(at))).toEqual([404, 'not_found'])
    expect(code(await elsewhere(at))).toEqual([404, 'not_found'])
  }
})

test('lists have what was asked through the instance, and count nothing else', async () => {
  const ids = async (caller: Caller, query = '') => {
    const { status, body } = await caller(`${path}?${query}`)
    expect([status, body.pagination.total]).toEqual([200, null])
    return body.data.map(({ id }: { id: string }) => id)
  }
  for (const caller of [agent, helper]) {
    expect(await ids(caller)).toEqual([restricted, asked])
    expect(await ids(caller, 'status=pending&type=deployment')).toEqual([restricted, asked])
    expect(await ids(caller, 'status=approved')).toEqual([])
    expect(await ids(caller, 'requester_id=usr_member')).toEqual([restricted])
    expect(await ids(caller, 'external_ref=plain')).toEqual([asked])
    expect(await ids(caller, 'external_ref=unbound')).toEqual([])
  }
  expect(await ids(agent, 'external_ref=secret')).toEqual([restricted])
  for (const query of ['', 'status=pending', 'type=deployment', 'external_ref=secret', 'external_ref=plain']) {
    expect(await ids(elsewhere, query)).toEqual([])
  }
})

test('they never vote, whatever their roles, nor are told what there is to vote on', async () => {
  for (const role of ['reviewer', 'coordinator', 'admin'] as const) {
    const voter = await boundTo(tenant, mine, role)
    for (const id of [asked, none]) {
      for (const at of [`${path}/${id}`, `/v1/approvals/${id}`]) {
        for (const [verb, body] of [
          ['approve', {}],
          ['reject', { comment: 'No' }],
        ] as const) {
          expect(code(await post(voter, `${at}/${verb}`, body))).toEqual([403, 'forbidden'])
        }
      }
    }
    expect((await voter(`${path}/${asked}`)).body.status).toBe('pending')
    // Nor do their roles open what is elsewhere.
    expect(code(await voter(`${path}/${unbound}`))).toEqual([404, 'not_found'])
    expect(code(await voter('/v1/approvals'))).toEqual([403, 'forbidden'])
  }
})

test('only through the instance is it amended and withdrawn, by who asked', async () => {
  const { id } = (await ask(agent)).body
  const amend = (caller: Caller, about = id) =>
    caller(`${path}/${about}`, { method: 'PATCH', body: { title: 'Deploy later' } })
  const withdraw = (caller: Caller, about = id) => caller(`${path}/${about}`, { method: 'DELETE' })
  for (const change of [amend, withdraw]) {
    expect(code(await change(elsewhere))).toEqual([404, 'not_found'])
    expect(code(await change(helper))).toEqual([403, 'not_requester'])
    // Asked by the same user, but not through this instance.
    expect(code(await change(agent, unbound))).toEqual([404, 'not_found'])
  }
  expect((await amend(agent)).body.title).toBe('Deploy later')
  expect((await withdraw(agent)).body.status).toBe('withdrawn')
})

test('each key of the asking instance may redeem, once, and reports what it has redeemed', async () => {
  for (const is of [false, true]) {
    const { id, digest } = (await ask(agent, { restricted: is })).body
    await post(tenant.as('reviewer'), `${path}/${id}/approve`)
    const redeem = (caller: Caller) => post(caller, `${path}/${id}/redeem`, { digest })
    expect(code(await redeem(elsewhere))).toEqual([404, 'not_found'])
    expect(code(await post(elsewhere, `${path}/${id}/revoke`, { comment: 'x' }))).toEqual([404, 'not_found'])
    expect((await redeem(helper)).status).toBe(200)
    expect(code(await redeem(agent))).toEqual([409, 'already_redeemed'])
    const outcome = { outcome: 'succeeded' }
    expect(code(await post(elsewhere, `${path}/${id}/outcome`, outcome))).toEqual([404, 'not_found'])
    expect(code(await post(agent, `${path}/${id}/outcome`, outcome))).toEqual([403, 'not_redeemer'])
    expect((await post(helper, `${path}/${id}/outcome`, outcome)).body.redemption.outcome).toBe('succeeded')
  }
})

test('what was asked through another instance is neither answered again nor named, even to the same user', async () => {
  const one = await newTenant()
  const [here, there] = [await boundTo(one, mine), await boundTo(one, other)]
  const unbound = one.as('bound_service', ['service'])
  const call = { method: 'POST', body: { type: 'deployment', title: 'Deploy' }, headers: { 'Idempotency-Key': 'ik' } }
  const ids: string[] = []
  for (const caller of [here, there, unbound]) {
    const [first, again] = [await caller(path, call), await caller(path, call)]
    expect([first.status, first.headers.get('Idempotency-Replayed')]).toEqual([201, null])
    expect([again.body, again.headers.get('Idempotency-Replayed')]).toEqual([first.body, 'true'])
    ids.push(first.body.id)
  }
  expect(new Set(ids).size).toBe(3)
  const { id } = (await ask(here, { external_ref: 'taken' })).body
  const told = async (caller: Caller) => (await ask(caller, { external_ref: 'taken' })).body
  const code = 'duplicate_external_ref'
  expect(await told(here)).toMatchObject({ code, existing: [{ external_ref: 'taken', request_id: id }] })
  const hidden = await told(there)
  expect(hidden).toMatchObject({ code, existing: [] })
  expect(JSON.stringify(hidden)).not.toContain(id)
})

test('an intent is its instance’s, whoever has asked for it', async () => {
  const intent = { action: 'refund', skill_slug: 'shop', customer_id: crypto.randomUUID(), serialized_intent: {} }
  const at = `/internal/v1/instances/${mine}/approvals`
  const { approval_ref } = (await post(tenant.as('service'), `${at}/request`, intent)).body
  const { body } = await tenant.as('admin')('/v1/approvals?kind=intent')
  const [{ id }] = body.approvals
  expect((await agent(`/v1/approvals/${id}`)).body).toMatchObject({ id, kind: 'intent', family: { approval_ref } })
  expect(code(await elsewhere(`/v1/approvals/${id}`))).toEqual([404, 'not_found'])
})
