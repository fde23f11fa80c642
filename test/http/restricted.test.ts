import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import type { Role } from '../../src/context.ts'
import { maintain } from '../../src/maintenance/maintain.ts'
import { submitClaims } from '../support/batches.ts'
import { operations } from '../support/promised.ts'
import { arrived, newReceiver } from '../support/receiver.ts'
import { newTenant, type Answer, type Caller, type Tenant } from '../support/tenant.ts'
import { filledIn } from '../support/try-out.ts'

const upkeep = () => maintain({ ...env, LOG_REQUESTS: 'off' }, Date.now())

test('webhooks tell the id, type, status and digest of what is restricted, and more to an endpoint that an admin lets', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const discreet = await newReceiver(tenant, { event_types: ['claim.approved'] })
  const trusted = await newReceiver(tenant, { event_types: ['claim.approved'], include_restricted: true })
  const [id] = await submitClaims(tenant.as('member'), 1)
  await env.DB.prepare('UPDATE approvals SET restricted = 1 WHERE id = ?').bind(id).run()
  const { digest, title } = (await env.DB.prepare('SELECT digest, title FROM approvals WHERE id = ?').bind(id).first())!
  await tenant.as('coordinator')(`/api/v1/claims/${id}/approve`, { method: 'POST', body: {} })
  await upkeep()
  await vi.waitFor(() => expect([discreet, trusted].map(({ received }) => received.length)).toEqual([1, 1]))

  const [told] = discreet.received
  const only = { id, kind: 'claim', status: 'approved', digest, restricted: true, event_id: expect.any(String) }
  const untold = {
    previous_status: null,
    approved_digest: null,
    actor_id: null,
    title: null,
    requester_id: null,
    subject: null,
    url: null,
    details: null,
  }
  const less = { type: 'claim.approved', timestamp: expect.any(String), data: { ...only, ...untold } }
  expect(told!.body).toEqual(less)
  expect(trusted.received[0]!.body.data).toMatchObject({
    ...only,
    title,
    url: `https://approvals.example.com/a/${id}`,
    requester_id: 'usr_member',
    actor_id: 'usr_coordinator',
  })
  // Neither does the log tell more.
  const read = async (messageId: string) => (await admin(`/v1/webhook-deliveries/${messageId}`)).body
  expect(JSON.parse((await read(told!.id)).body)).toEqual(less)
  expect(JSON.stringify((await admin(`/v1/webhook-endpoints/${discreet.id}/deliveries`)).body)).not.toContain(title)

  // From when it is let, a replay tells more too, and less again when it is not any more.
  const replayed = async (include_restricted: boolean) => {
    await admin(`/v1/webhook-endpoints/${discreet.id}`, { method: 'PATCH', body: { include_restricted } })
    const before = discreet.received.length
    await admin(`/v1/webhook-deliveries/${told!.id}/replay`, { method: 'POST' })
    await upkeep()
    await arrived(discreet, before + 1)
    expect(JSON.parse((await read(told!.id)).body)).toEqual(discreet.received.at(-1)!.body)
    return discreet.received.at(-1)!.body.data.title
  }
  expect([await replayed(true), await replayed(false)]).toEqual([title, null])
})

test('only what an admin says lets an endpoint be told of what is restricted', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const url = 'https://hooks.example.com/in'
  const made = await admin('/v1/webhook-endpoints', { method: 'POST', body: { url, enabled: false } })
  expect(made.body.include_restricted).toBe(false)
  const path = `/v1/webhook-endpoints/${made.body.id}`
  const change = { method: 'PATCH', body: { include_restricted: true } }
  for (const role of ['member', 'coordinator', 'reviewer', 'service'] as const) {
    expect((await tenant.as(role)(path, change)).status).toBe(403)
  }
  expect((await admin(path, { method: 'PATCH', body: { description: 'x' } })).body.include_restricted).toBe(false)
  expect((await admin(path, change)).body.include_restricted).toBe(true)
})

const path = '/v1/requests'
const ask = (caller: Caller, more: object = {}) =>
  caller(path, { method: 'POST', body: { type: 'raise', title: 'A raise', ...more } })
const post = (caller: Caller, at: string, body: object = {}) => caller(at, { method: 'POST', body })

/** Something of everything that may be asked for and become of it; restricted or not. */
async function raises(tenant: Tenant, restricted: boolean): Promise<Record<string, string>> {
  const [member, service, reviewer] = [tenant.as('member'), tenant.as('service'), tenant.as('reviewer')]
  const more = { restricted, subject: { type: 'person', id: 'ada' } }
  const made: Record<string, string> = {}
  const asked = async (name: string, caller: Caller, body: object = {}) => {
    const answer = await ask(caller, { ...more, external_ref: `ref-${restricted}-${name}`, ...body })
    made[name] = answer.body.id
    return answer.body as { id: string; digest: string }
  }
  await asked('pending', member)
  await asked('sent', service, { requester_id: 'usr_member' })
  const { id: amended } = await asked('amended', member)
  await member(`${path}/${amended}`, { method: 'PATCH', body: { title: 'A larger raise' } })
  const { id: rejected } = await asked('rejected', member)
  await post(reviewer, `${path}/${rejected}/reject`, { comment: 'No' })
  const { id: withdrawn } = await asked('withdrawn', member)
  await member(`${path}/${withdrawn}`, { method: 'DELETE' })
  for (const name of ['approved', 'redeemed', 'revoked']) {
    const { id, digest } = await asked(name, member)
    await post(reviewer, `${path}/${id}/approve`)
    if (name === 'redeemed') await post(member, `${path}/${id}/redeem`, { digest })
    if (name === 'redeemed') await post(member, `${path}/${id}/outcome`, { outcome: 'succeeded' })
    if (name === 'revoked') await post(member, `${path}/${id}/revoke`, { comment: 'Never mind' })
  }
  const { id: overdue } = await asked('overdue', member, { expires_in_hours: 1 })
  await env.DB.prepare('UPDATE approvals SET due_at = 1 WHERE id = ?').bind(overdue).run()
  return made
}

/** Headers that differ from one call to the next, or are the connection's. */
const ofTheCall = new Set([
  'x-request-id',
  'x-d1-bookmark',
  'content-length',
  'connection',
  'keep-alive',
  'date',
  'transfer-encoding',
])

/** All that an answer says, but for what differs from one call to the next. */
function whole({ status, headers, body }: Answer): string {
  const said = [...headers].filter(([name]) => !ofTheCall.has(name))
  return JSON.stringify([status, said, body])
    .replaceAll(/"request_id":"[^"]+"/g, '')
    .replaceAll(/dur=\d+/g, '')
    .replaceAll(/\b[a-z]+_[0-9a-z]{26}\b|\b[0-9a-f]{8}-[-0-9a-f]{27}\b|\b[0-9a-f]{64}\b/g, '<id>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/(cursor=|"next":")[\w-]+/g, '$1<cursor>')
}

describe('a stranger', () => {
  let tenant: Tenant
  let hidden: Record<string, string>
  let plain: Record<string, string>
  let elsewhere: Record<string, string>
  /** With the same in it, but for what is restricted. */
  let without: Tenant
  /** Who is not to know: people without a role that decides, who have not asked. */
  const strangers: [name: string, roles: Role[]][] = [
    ['somebody', ['member']],
    ['some_service', ['service']],
    ['somebody_else', ['member', 'service']],
  ]

  beforeAll(async () => {
    // Others have requests too, whose ids come before and after: the end of an index costs a row less.
    await raises(await newTenant(), false)
    ;[tenant, without] = [await newTenant(), await newTenant()]
    hidden = await raises(tenant, true)
    plain = await raises(tenant, false)
    elsewhere = await raises(without, false)
    await raises(await newTenant(), false)
    // The calls that are compared find each key in the isolate's memory.
    for (const one of [tenant, without]) for (const who of strangers) await one.as(...who)(`${path}/req_none`)
  })

  const lists = [
    ...['', 'pending', 'approved', 'rejected', 'withdrawn', 'expired'].flatMap((status) => [
      `${path}?limit=100${status && `&status=${status}`}`,
      `/v1/approvals?limit=100${status && `&status=${status}`}`,
    ]),
    '/v1/approvals?kind=request',
    ...[
      'requester_id=usr_member',
      'type=raise',
      'subject_type=person&subject_id=ada',
      'external_ref=ref-true-pending',
      'external_ref=ref-false-pending',
      'limit=3',
      'limit=3&page=2',
      'created_from=2020-01-01T00:00:00.000Z',
    ].flatMap((query) => [`${path}?${query}`, `${path}?status=pending&${query}`]),
  ]

  test.each(lists)('GET %s says, and costs, what it does where nothing is restricted', async (list) => {
    for (const who of strangers) {
      const [there, other] = [await tenant.as(...who)(list), await without.as(...who)(list)]
      expect(there.status).toBe(200)
      expect(whole(there)).toBe(whole(other))
      for (const id of Object.values(hidden)) expect(JSON.stringify(there.body)).not.toContain(id)
    }
  })

  test('what has happened to another one says, page by page, what it does where nothing is restricted', async () => {
    const pages = async (one: Tenant, who: (typeof strangers)[number], id: string) => {
      const found = []
      let next = ''
      do {
        const answer = await one.as(...who)(`/v1/approvals/${id}/events?limit=1${next && `&cursor=${next}`}`)
        found.push(whole(answer))
        next = answer.body.next
        // Not even encoded is it said where in the tenant's history that was.
        if (next) expect(atob(next)).toMatch(/^\[\d{13},"evt_\w+"\]$/)
      } while (next)
      return found
    }
    for (const who of strangers) {
      for (const name of Object.keys(plain)) {
        const there = await pages(tenant, who, plain[name]!)
        expect(there).toEqual(await pages(without, who, elsewhere[name]!))
        expect(there.length).toBeGreaterThan(0)
      }
    }
  })

  test('every operation on one says what it says of none', async () => {
    const all = (await operations()).filter((one) => one.path.includes('{') && !one.path.includes('{instance_id}'))
    expect(all.map(({ operationId }) => operationId)).toEqual(
      expect.arrayContaining(['getRequest', 'redeemRequest', 'approveApproval', 'listApprovalEvents', 'awaitDecision']),
    )
    const none = 'req_01jq8m2v9kf3wt6x5n4c7b8d9e'
    for (const operation of all) {
      const isOfSuch = /^\/v1\/(requests|approvals)\//.test(operation.path)
      for (const who of isOfSuch ? strangers : strangers.slice(0, 1)) {
        const said = async (about: string) => {
          const { path: at, query, body } = filledIn(operation, about)
          return whole(await tenant.as(...who)(`${at}?${query}`, { method: operation.method, body }))
        }
        let isNot = await said(none)
        for (const [name, id] of Object.entries(hidden).slice(0, isOfSuch ? undefined : 1)) {
          let hides = await said(id)
          // Now and then one of the two has to read the key as well.
          if (hides !== isNot) [hides, isNot] = [await said(id), await said(none)]
          expect([operation.operationId, name, hides]).toEqual([operation.operationId, name, isNot])
        }
      }
    }
  })

  test('waits for the decision on one as for that on none, also beside somebody who may', async () => {
    const at = (id: string) => `/v1/approvals/${id}/decision?wait=2`
    const other = at('req_01jq8m2v9kf3wt6x5n4c7b8d9e')
    const knows = tenant.as('member')(at(hidden.pending!))
    for (const who of strangers) {
      const [hides, isNot] = [await tenant.as(...who)(at(hidden.pending!)), await tenant.as(...who)(other)]
      expect(isNot.status).toBe(404)
      expect(whole(hides)).toBe(whole(isNot))
    }
    expect((await knows).body).toMatchObject({ id: hidden.pending, status: 'pending' })
  })

  test('is not told by a reference either, which they take for themselves as if nobody had it', async () => {
    for (const who of strangers) {
      const caller = tenant.as(...who)
      const reference = { external_ref: 'ref-true-pending', restricted: true }
      expect((await ask(caller, reference)).status).toBe(201)
      // Whose key asks for others is told which of these they have sent, and not what those have asked for themselves.
      if (who[1].includes('service')) {
        const another = { ...reference, requester_id: `usr_new_to_${who[0]}` }
        const sent = await ask(caller, another)
        expect(sent.status).toBe(201)
        const again = await ask(caller, another)
        const existing = [{ external_ref: 'ref-true-pending', request_id: sent.body.id }]
        expect(again.body).toMatchObject({ code: 'duplicate_external_ref', existing })
        const found = await caller(`${path}?external_ref=ref-true-pending`)
        expect(found.body.data.map(({ id }: { id: string }) => id)).toContain(sent.body.id)
        const taken = await ask(caller, { ...reference, requester_id: 'usr_member' })
        expect(taken).toMatchObject({ status: 409, body: { code: 'duplicate_external_ref', existing: [] } })
        expect(JSON.stringify(taken.body)).not.toContain(hidden.pending)
      }
    }
  })

  test('who asked, who sent it, who may decide and admins see all of it', async () => {
    const seen = async (name: string, roles: readonly Role[]) => {
      const { body } = await tenant.as(name, roles)(`${path}?limit=100`)
      const found = new Set(body.data.map(({ id }: { id: string }) => id))
      const listed = Object.keys(hidden).filter((one) => found.has(hidden[one]))
      for (const [one, id] of Object.entries(hidden)) {
        for (const at of [
          `${path}/${id}`,
          ...['', '/events', '/decision'].map((more) => `/v1/approvals/${id}${more}`),
        ]) {
          expect([name, one, (await tenant.as(name, roles)(at)).status]).toEqual([
            name,
            one,
            listed.includes(one) ? 200 : 404,
          ])
        }
      }
      expect(Object.values(plain).every((id) => found.has(id))).toBe(true)
      return listed
    }
    const all = Object.keys(hidden)
    expect(await seen('member', ['member'])).toEqual(all)
    for (const role of ['reviewer', 'coordinator', 'admin'] as const)
      expect(await seen(`other_${role}`, [role])).toEqual(all)
    expect(await seen('service', ['service'])).toEqual(['sent'])
  })
})
