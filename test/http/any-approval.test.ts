import { env } from 'cloudflare:workers'
import { describe, expect, test } from 'vitest'
import { expireDue } from '../../src/approvals/decide-due.ts'
import { systemContext } from '../../src/context.ts'
import { heldResult, invoiceGate } from '../support/gates.ts'
import { newTenant, type Answer, type Caller, type Tenant } from '../support/tenant.ts'

const post = (caller: Caller, path: string, body: object = {}, headers: Record<string, string> = {}) =>
  caller(path, { method: 'POST', body, headers })
const at = (id: string, more = '') => `/v1/approvals/${id}${more}`
const said = ({ status, body }: Answer) => (status < 300 ? [status, body.status] : [status, body.code])

const trip = { description: 'Train to Bern', amount: 4250, currency: 'CHF' }
const claimed = async (tenant: Tenant) => (await post(tenant.as('member'), '/api/v1/claims', trip)).body.claim_id

const offer = '/api/v1/entities/offer/of_1'
async function changed(tenant: Tenant) {
  await tenant.as('admin')(offer, { method: 'PUT', body: { entityName: 'Offer', data: { rate: 1 } } })
  const body = { entityType: 'offer', entityId: 'of_1', entityName: 'Offer', action: 'update', payload: { rate: 2 } }
  return (await post(tenant.as('member'), '/api/v1/approvals', body)).body.id
}

const instance = crypto.randomUUID()
async function called(tenant: Tenant, asked: { approver_role?: string; approver_person_id?: string } = {}) {
  const intent = { action: 'refund', skill_slug: 'payments', customer_id: instance, serialized_intent: { a: 1.1 } }
  const path = `/internal/v1/instances/${instance}/approvals/request`
  const { approval_ref: ref } = (await post(tenant.as('service'), path, { ...intent, ...asked })).body
  const found = await env.DB.prepare('SELECT approval_id AS id FROM intents WHERE tenant_id = ? AND approval_ref = ?')
    .bind(tenant.id, ref)
    .first<{ id: string }>()
  return { ref, id: found!.id }
}
const entriesOf = async (tenant: Tenant) =>
  (await post(tenant.as('service'), `/internal/v1/instances/${instance}/outbox/lease`)).body.entries

const held = async (tenant: Tenant) => heldResult(tenant.as('service'), await invoiceGate(tenant.as('admin')))

const requested = async (tenant: Tenant, more: object = {}) =>
  (await post(tenant.as('member'), '/v1/requests', { type: 'deploy', title: 'Deploy', details: { v: 1 }, ...more }))
    .body

/** What the family's own path gives. */
async function ownPath(kind: string, id: string) {
  if (kind === 'claim') return `/api/v1/claims/${id}`
  if (kind === 'change') return `/api/v1/approvals/${id}`
  if (kind === 'result') return `/v1/structuring/results/${id}`
  if (kind === 'request') return `/v1/requests/${id}`
  const intent = await env.DB.prepare('SELECT approval_ref FROM intents WHERE approval_id = ?').bind(id).first<any>()
  return `/internal/v1/instances/${instance}/approvals/${intent.approval_ref}`
}

/** How each family asks, and who without a policy decides. */
const families = [
  ['claim', claimed, 'coordinator'],
  ['change', changed, 'admin'],
  ['intent', async (tenant: Tenant) => (await called(tenant, { approver_role: 'owner' })).id, 'admin'],
  ['result', held, 'reviewer'],
  ['request', async (tenant: Tenant) => (await requested(tenant)).id, 'reviewer'],
] as const

describe.each(families)('%s', (kind, ask, decider) => {
  test('is read by its id, with all that an approver decides on', async () => {
    const tenant = await newTenant()
    const id = await ask(tenant)
    await tenant.as('member')(at(id))
    const { status, body, cost } = await tenant.as('member')(at(id))
    expect([status, cost.queries]).toEqual([200, 1])
    expect(cost.rowsRead).toBeLessThanOrEqual(10)
    expect(body).toMatchObject({ id, kind, status: 'pending', revision: 1, approved_digest: null, edited: false })
    expect(body).toMatchObject({ policy: null, votes: [], decided_by: null, decided_at: null, final: false })
    expect(body.stages).toEqual([
      {
        name: null,
        status: 'open',
        all: [{ group: null, roles: expect.arrayContaining([decider]), approvals: 1, given: 0 }],
      },
    ])
    // Over a connection the origin is another.
    expect(body.url).toMatch(new RegExp(`^https?://[^/]+/a/${id}$`))
    expect(Object.keys(body.what).length).toBeGreaterThan(3)
    const listed = (await tenant.as('member')(`/v1/approvals?kind=${kind}`)).body.approvals[0]
    expect(listed).toMatchObject({ id, ...body.family })
  })

  test('is approved by its id, in one round trip, by who may; and the same again is the same answer', async () => {
    const tenant = await newTenant()
    // The first of a tenant makes tallies.
    await ask(tenant)
    const id = await ask(tenant)
    const seen = await tenant.as('member')(at(id))
    const wrong = await post(tenant.as('member'), at(id, '/approve'))
    expect([wrong.status, wrong.headers.get('Content-Type')]).toEqual([403, 'application/problem+json'])
    const { digest } = seen.body
    await tenant.as(decider)(at(id))
    const approved = await post(tenant.as(decider), at(id, '/approve'), { comment: 'Fine', digest })
    expect([said(approved), approved.cost.queries]).toEqual([[200, 'approved'], 1])
    // Applying a change reads the entity once more.
    expect(approved.cost.rowsRead).toBeLessThanOrEqual(21)
    const { decided_at } = approved.body
    expect(approved.body).toMatchObject({
      approved_digest: digest,
      decided_by: `usr_${decider}`,
      comment: 'Fine',
      final: true,
    })
    expect(approved.body.votes).toEqual([
      {
        voter: `usr_${decider}`,
        vote: 'approve',
        comment: 'Fine',
        voted_at: decided_at,
        reported_by: null,
        revision: 1,
        voided_at: null,
        stage: null,
      },
    ])
    expect(approved.body.stages[0].all[0].given).toBe(1)
    const again = await post(tenant.as(decider), at(id, '/approve'), { digest })
    expect([again.status, again.body]).toEqual([200, approved.body])
    const read = await tenant.as('member')(at(id))
    expect([read.body, read.headers.get('ETag')]).toEqual([approved.body, approved.headers.get('ETag')])
    expect(read.headers.get('ETag')).not.toBe(seen.headers.get('ETag'))
    expect(read.cost.rowsRead).toBeLessThanOrEqual(10)
  })

  test('has another ETag once its time is over, with a sweep or without, and the same on each path', async () => {
    const tenant = await newTenant()
    const id = await ask(tenant)
    const paths = [at(id), await ownPath(kind, id)]
    const look = async () => {
      const answers = await Promise.all(paths.map((path) => tenant.as('admin')(path)))
      const [one, other] = answers.map(({ headers }) => headers.get('ETag'))
      expect(one).toBe(other)
      return [answers[0]!.body.status, one]
    }
    const [before, pending] = await look()
    await env.DB.prepare("UPDATE approvals SET due_at = 5, on_due = 'expire' WHERE id = ?").bind(id).run()
    const [after, expired] = await look()
    expect([before, after]).toEqual(['pending', 'expired'])
    expect(expired).not.toBe(pending)
    await expireDue(systemContext(env, 'system:test', Date.now()))
    const [swept, tag] = await look()
    expect([swept, tag === pending]).toEqual(['expired', false])
  })

  test('is rejected with a comment only, and then not approved', async () => {
    const tenant = await newTenant()
    const id = await ask(tenant)
    for (const body of [{}, { comment: '' }, { comment: ' ' }, { comment: '\u200b\u2060 \u2800' }]) {
      const { status, body: answer } = await post(tenant.as(decider), at(id, '/reject'), body)
      expect([status, answer.errors.map(({ pointer }: any) => pointer)]).toEqual([422, ['/comment']])
    }
    const rejected = await post(tenant.as(decider), at(id, '/reject'), { comment: 'No' })
    expect(said(rejected)).toEqual([200, 'rejected'])
    expect(rejected.body).toMatchObject({ comment: 'No', approved_digest: null, final: true })
    const late = await post(tenant.as('other', [decider]), at(id, '/approve'))
    expect([said(late), late.body.winner?.decided_by]).toEqual([[409, 'already_decided'], `usr_${decider}`])
  })

  test('is not decided as another question than was seen, nor in another state', async () => {
    const tenant = await newTenant()
    const id = await ask(tenant)
    const { body, headers } = await tenant.as('member')(at(id))
    const other = 'f'.repeat(64)
    const mismatch = await post(tenant.as(decider), at(id, '/approve'), { digest: other })
    expect([said(mismatch), mismatch.body.digest]).toEqual([[409, 'digest_mismatch'], body.digest])
    const malformed = await post(tenant.as(decider), at(id, '/approve'), { digest: body.digest.toUpperCase() })
    expect(malformed.status).toBe(body.digest === body.digest.toUpperCase() ? 200 : 422)
    const stale = await post(tenant.as(decider), at(id, '/approve'), {}, { 'If-Match': '"99"' })
    expect(said(stale)).toEqual([412, 'precondition_failed'])
    expect((await tenant.as('member')(at(id))).body).toEqual(body)
    const etag = { 'If-Match': headers.get('ETag')! }
    expect(said(await post(tenant.as(decider), at(id, '/approve'), { digest: body.digest }, etag))).toEqual([
      200,
      'approved',
    ])
  })

  test('tells its history, oldest first, page by page', async () => {
    const tenant = await newTenant()
    const id = await ask(tenant)
    const { digest } = (await tenant.as('member')(at(id))).body
    await post(tenant.as(decider), at(id, '/reject'), { comment: 'No' })
    const { body, cost } = await tenant.as('member')(at(id, '/events'))
    expect([body.next, cost.queries]).toEqual([null, 1])
    expect(body.data.map(({ from, to }: any) => [from, to])).toEqual([
      [null, 'pending'],
      ['pending', 'rejected'],
    ])
    const [first, last] = body.data
    expect(last).toMatchObject({ type: `${kind}.rejected`, actor: `usr_${decider}`, digest, data: { comment: 'No' } })
    expect(first).toMatchObject({ digest })
    expect([first.seq, last.seq]).toEqual([null, null])
    const [before, after] = (await tenant.as('admin')(at(id, '/events'))).body.data
    expect(before.seq).toBeLessThan(after.seq)
    const one = await tenant.as('member')(at(id, '/events?limit=1'))
    expect([one.body.data, one.headers.get('Link')]).toEqual([[first], expect.stringContaining('rel="next"')])
    const two = await tenant.as('member')(at(id, `/events?limit=1&cursor=${one.body.next}`))
    expect([two.body.data, two.body.next]).toEqual([[last], null])
  })

  test('does not exist for another tenant, nor for one that has nothing of the kind', async () => {
    const id = await ask(await newTenant())
    const stranger = (await newTenant()).as('admin')
    for (const answer of [
      await stranger(at(id)),
      await stranger(at(id, '/events')),
      await post(stranger, at(id, '/approve')),
      await post(stranger, at(id, '/reject'), { comment: 'No' }),
    ]) {
      expect(answer).toMatchObject({ status: 404, body: { code: 'not_found', detail: `There is no approval ${id}.` } })
    }
  })
})

test('the digest is the same wherever one is served', async () => {
  const tenant = await newTenant()
  const member = tenant.as('member')
  const claim = (await post(member, '/api/v1/claims', trip)).body
  const change = await changed(tenant)
  const intent = await called(tenant)
  const result = await held(tenant)
  const channel = `/internal/v1/instances/${instance}/approvals`
  const served = [
    [
      claim.claim_id,
      claim,
      await member(`/api/v1/claims/${claim.claim_id}`),
      (await member('/api/v1/claims')).body.data[0],
    ],
    [change, await member(`/api/v1/approvals/${change}`), (await member('/api/v1/approvals')).body[0]],
    [
      intent.id,
      await tenant.as('service')(`${channel}/${intent.ref}`),
      (await tenant.as('service')(`${channel}/pending?customer_id=${instance}`)).body.approvals[0],
    ],
    [result, await member(`/v1/structuring/results/${result}`), (await member('/v1/structuring/results')).body.data[0]],
  ]
  for (const [id, ...all] of served) {
    const { digest } = (await member(at(id))).body
    expect(all.map((one) => (one.body ?? one).digest)).toEqual(all.map(() => digest))
  }
})

test.each([
  [
    'an admin, where it waits for any owner',
    { approver_role: 'owner' },
    ['admin'],
    { admin: 'allowed', ann: 'wrong_resolver' },
  ],
  [
    'a certain person',
    { approver_role: 'owner', approver_person_id: 'usr_ann' },
    [],
    { admin: 'wrong_resolver', ann: 'allowed' },
  ],
  ['its customer, through the channel', {}, [], { admin: 'wrong_resolver', ann: 'wrong_resolver' }],
])('of an intent without a policy it is said who decides: %s', async (_, asked, roles, may) => {
  const tenant = await newTenant()
  const { id } = await called(tenant, asked)
  const ann = tenant.as('ann', ['member'])
  const who = { admin: tenant.as('admin'), ann }
  for (const [name, by] of Object.entries(who)) {
    const explained = (await by(at(id, '/explain'))).body
    expect([name, explained.may.approve.code]).toEqual([name, may[name as keyof typeof who]])
    expect(explained.stages).toMatchObject([{ all: [{ roles, approvals: 1, given: 0, missing: 1 }] }])
    const voters = name === 'admin' || may.ann === 'allowed' ? [] : null
    expect(explained.stages[0].all[0].voters).toEqual(voters)
    expect((await by(at(id))).body.stages).toMatchObject([{ all: [{ roles, given: 0 }] }])
  }
  const [decider] = Object.entries(may).find(([, code]) => code === 'allowed') ?? []
  if (decider === undefined) return
  const decided = await post(who[decider as keyof typeof who], at(id, '/approve'))
  expect(decided.body.stages).toMatchObject([{ status: 'closed', all: [{ given: 1 }] }])
})

test('who has seen a question that was amended since does not decide the new one', async () => {
  const tenant = await newTenant()
  const { id, digest } = await requested(tenant)
  const patch = { method: 'PATCH', body: { details: { v: 2 } } }
  const amended = (await tenant.as('member')(`/v1/requests/${id}`, patch)).body
  const approve = (seen: string) => post(tenant.as('reviewer'), at(id, '/approve'), { digest: seen })
  const refused = await approve(digest)
  expect([said(refused), refused.body.digest]).toEqual([[409, 'digest_mismatch'], amended.digest])
  expect((await approve(amended.digest)).body).toMatchObject({ revision: 2, approved_digest: amended.digest })
  const { data } = (await tenant.as('member')(at(id, '/events'))).body
  expect(data.map((event: any) => event.digest)).toEqual([digest, amended.digest, amended.digest])
})

test('what is restricted is to a stranger as if it were not there, to the cost', async () => {
  const tenant = await newTenant()
  const { id } = await requested(tenant, { restricted: true })
  const none = `req_${'0'.repeat(26)}`
  const stranger = tenant.as('stranger', ['member'])
  const seen = async (one: string) => {
    const answers = [
      await stranger(at(one)),
      await stranger(at(one, '/events')),
      await post(stranger, at(one, '/approve')),
      await post(stranger, at(one, '/reject'), { comment: 'No' }),
    ]
    return answers.map(({ status, body, cost }) => [status, body.code, body.detail.replaceAll(one, ''), cost])
  }
  await stranger(at(none))
  expect(await seen(id)).toEqual(await seen(none))
  expect((await seen(id)).map(([status]) => status)).toEqual([404, 404, 404, 404])
  for (const caller of [tenant.as('member'), tenant.as('coordinator'), tenant.as('admin')]) {
    expect((await caller(at(id))).status).toBe(200)
  }
})

test('an id of no known form is nothing', async () => {
  const admin = (await newTenant()).as('admin')
  for (const id of ['nobody', 'bat_1', 'out_demo0001', crypto.randomUUID(), 'clm_', '_']) {
    expect([id, (await admin(at(id))).status]).toEqual([id, 404])
    expect([id, (await post(admin, at(id, '/approve'))).status]).toEqual([id, 404])
  }
})

test('nobody decides what they asked for, here either', async () => {
  const tenant = await newTenant()
  const { claim_id } = (await post(tenant.as('coordinator'), '/api/v1/claims', trip)).body
  expect(said(await post(tenant.as('coordinator'), at(claim_id, '/approve')))).toEqual([403, 'self_approval'])
})

test('a change is applied when it is approved by its id; a stale one needs the ETag of what is there now', async () => {
  const tenant = await newTenant()
  const id = await changed(tenant)
  const admin = tenant.as('admin')
  const before = (await admin(at(id))).headers.get('ETag')!
  await admin(offer, { method: 'PUT', body: { entityName: 'Offer', data: { rate: 7, cap: 1 } } })
  expect(said(await post(admin, at(id, '/approve')))).toEqual([409, 'stale'])
  expect(said(await post(admin, at(id, '/approve'), {}, { 'If-Match': before }))).toEqual([412, 'precondition_failed'])
  const [here, there] = [await admin(at(id)), await admin(`/api/v1/approvals/${id}`)]
  const now = here.headers.get('ETag')!
  expect([now, now === before]).toEqual([there.headers.get('ETag'), false])
  const approved = await post(admin, at(id, '/approve'), {}, { 'If-Match': now })
  expect(said(approved)).toEqual([200, 'approved'])
  expect(approved.headers.get('ETag')).toBe((await admin(`/api/v1/approvals/${id}`)).headers.get('ETag'))
  expect((await admin(offer)).body.data).toEqual({ rate: 2, cap: 1 })
})

describe('an intent', () => {
  test('that waits for the customer is decided through its channel only', async () => {
    const tenant = await newTenant()
    const { id, ref } = await called(tenant)
    for (const caller of [tenant.as('admin'), tenant.as('service')]) {
      expect(said(await post(caller, at(id, '/approve')))).toEqual([403, 'wrong_resolver'])
      expect(said(await post(caller, at(id, '/reject'), { comment: 'No' }))).toEqual([403, 'wrong_resolver'])
    }
    const resolve = {
      action: 'approve',
      approval_ref: ref,
      pin_verified: true,
      resolver_role: 'customer',
      resolved_by: 'ann',
    }
    await post(tenant.as('service'), `/internal/v1/instances/${instance}/approvals/resolve`, resolve)
    const { body } = await tenant.as('member')(at(id))
    expect(body).toMatchObject({
      status: 'approved',
      decided_by: 'ann',
      votes: [{ voter: 'ann', reported_by: 'usr_service' }],
    })
  })

  test('that waits for a certain owner is decided by that person, whatever their role, and by nobody else', async () => {
    const tenant = await newTenant()
    const { id, ref } = await called(tenant, { approver_role: 'owner', approver_person_id: 'usr_member' })
    for (const caller of [tenant.as('admin'), tenant.as('service'), tenant.as('reviewer')]) {
      expect(said(await post(caller, at(id, '/approve')))).toEqual([403, 'wrong_resolver'])
    }
    expect(said(await post(tenant.as('member'), at(id, '/approve')))).toEqual([200, 'approved'])
    const intent = (await tenant.as('service')(`/internal/v1/instances/${instance}/approvals/${ref}`)).body
    expect(intent).toMatchObject({ resolved_by: 'usr_member', resolver_role: 'owner', resolution_channel: 'api' })
    expect(intent).toMatchObject({ reported_by: null, outbox_status: 'pending' })
    expect(await entriesOf(tenant)).toMatchObject([{ approval_ref: ref }])
  })

  test('that waits for any owner is decided by an admin, and put in the outbox once', async () => {
    const tenant = await newTenant()
    const { id } = await called(tenant, { approver_role: 'owner' })
    expect(said(await post(tenant.as('member'), at(id, '/approve')))).toEqual([403, 'wrong_resolver'])
    const all = await Promise.all(
      Array.from({ length: 10 }, (_, n) => post(tenant.as(`a${n}`, ['admin']), at(id, '/approve'))),
    )
    expect(all.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(9).fill(409)])
    expect(await entriesOf(tenant)).toHaveLength(1)
  })

  test('that nobody has decided in time is expired, before and after the sweep, and cannot be decided', async () => {
    const tenant = await newTenant()
    const { id } = await called(tenant, { approver_role: 'owner' })
    await env.DB.prepare('UPDATE approvals SET due_at = ? WHERE id = ?')
      .bind(Date.now() - 1, id)
      .run()
    const unswept = (await tenant.as('member')(at(id))).body
    expect(unswept).toMatchObject({
      status: 'expired',
      decided_by: 'system:expiry',
      decided_at: unswept.due_at,
      final: true,
    })
    expect(said(await post(tenant.as('admin'), at(id, '/approve')))).toEqual([409, 'approval_expired'])
    await expireDue(systemContext(env, 'system:maintenance', Date.now()))
    const { updated_at: _, ...swept } = (await tenant.as('member')(at(id))).body
    expect(unswept).toMatchObject(swept)
  })
})

test('a claim that a running batch has approved is not final yet', async () => {
  const tenant = await newTenant()
  const id = await claimed(tenant)
  const batch = { id: `bat_${crypto.randomUUID()}`, status: 'processing' }
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO batches (id, tenant_id, status, coordinator_id, created_by, roles, total_claims, write_id, created_at, updated_at, poke_at)
       VALUES (?, ?, ?, 'usr_c', 'usr_c', '[]', 1, 'w', 0, 0, 1)`,
    ).bind(batch.id, tenant.id, batch.status),
    env.DB.prepare(
      "UPDATE approvals SET status = 'approved', bulk_id = ?, decision_id = ?, decided_by = 'usr_c', decided_at = 1 WHERE id = ?",
    ).bind(batch.id, batch.id, id),
  ])
  const { body, cost } = await tenant.as('member')(at(id))
  expect(body).toMatchObject({ status: 'approved', final: false })
  expect(cost.rowsRead).toBeLessThanOrEqual(10)
  await env.DB.prepare("UPDATE batches SET status = 'completed', completed_at = 1, poke_at = NULL WHERE id = ?")
    .bind(batch.id)
    .run()
  expect((await tenant.as('member')(at(id))).body.final).toBe(true)
})

test('of twenty who decide at once by one id, one wins', async () => {
  const tenant = await newTenant()
  const id = await claimed(tenant)
  const votes = Array.from({ length: 20 }, (_, n) =>
    n % 2
      ? post(tenant.as(`c${n}`, ['coordinator']), at(id, '/approve'))
      : post(tenant.as(`c${n}`, ['coordinator']), at(id, '/reject'), { comment: 'No' }),
  )
  const codes = (await Promise.all(votes)).map(({ status }) => status)
  expect(codes.filter((status) => status === 200)).toHaveLength(1)
  expect(codes.filter((status) => status === 409)).toHaveLength(19)
  expect((await tenant.as('member')(at(id))).body.votes).toHaveLength(1)
})
