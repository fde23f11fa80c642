import { env, exports } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { requestIntent } from '../../src/intents/request-intent.ts'
import { maintain } from '../../src/maintenance/maintain.ts'
import { newTenant, type Call } from '../support/tenant.ts'

const hour = 3_600_000

async function cast() {
  const tenant = await newTenant()
  const service = tenant.as('service')
  const instance = crypto.randomUUID()
  const customer_id = crypto.randomUUID()
  const base = `/internal/v1/instances/${instance}`
  const ask = (more: object = {}, headers = {}) =>
    service(`${base}/approvals/request`, {
      method: 'POST',
      headers,
      body: { action: 'refund', skill_slug: 'payments', customer_id, serialized_intent: { amount: 1 }, ...more },
    })
  const resolve = (approval_ref: string, more: object = {}) =>
    service(`${base}/approvals/resolve`, {
      method: 'POST',
      body: {
        action: 'approve',
        approval_ref,
        pin_verified: true,
        resolver_role: 'customer',
        resolved_by: 'usr_ann',
        ...more,
      },
    })
  const lease = (body: object = {}) => service(`${base}/outbox/lease`, { method: 'POST', body })
  const ack = (id: string, body: object) => service(`${base}/outbox/${id}/ack`, { method: 'POST', body })
  const pending = async () => (await service(`${base}/approvals/pending?customer_id=${customer_id}`)).body
  const approved = async (more: object = {}) => (await resolve((await ask()).body.approval_ref, more)).body
  return { tenant, service, instance, customer_id, base, ask, resolve, lease, ack, pending, approved }
}

/** Moves an intent's clocks into the past, as time does. */
async function overdue(ref: string, instance: string, by = 1) {
  await env.DB.prepare(
    'UPDATE approvals SET due_at = ? WHERE id = (SELECT approval_id FROM intents WHERE approval_ref = ? AND instance_id = ?)',
  )
    .bind(Date.now() - by, ref, instance)
    .run()
}

test('a call is stored with its defaults and gets a reference that can be read out loud', async () => {
  const { ask, instance, customer_id } = await cast()
  const { status, body } = await ask()
  expect(status).toBe(201)
  expect(body).toEqual({
    approval_ref: expect.stringMatching(/^APR-[0-9A-HJKMNP-TV-Z]{4,}$/),
    status: 'pending',
    digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    instance_id: instance,
    customer_id,
    action: 'refund',
    skill_slug: 'payments',
    serialized_intent: { amount: 1 },
    approver_role: 'customer',
    approver_person_id: null,
    rule_id: null,
    notify_channel: null,
    created_at: expect.any(String),
    expires_at: expect.any(String),
  })
  expect(Date.parse(body.expires_at) - Date.parse(body.created_at)).toBe(24 * hour)
})

test('an approved call is put in the outbox and replayed once', async () => {
  const { ask, resolve, lease, ack, instance, customer_id, pending } = await cast()
  const asked = await ask({ notify_channel: 'sms', rule_id: 'r1', expires_in_hours: 1 })
  expect((await pending()).approvals).toEqual([asked.body])
  const resolved = await resolve(asked.body.approval_ref.toLowerCase(), { resolution_channel: 'sms' })
  expect(resolved).toMatchObject({
    status: 200,
    body: {
      approval_ref: asked.body.approval_ref,
      status: 'approved',
      resolved_by: 'usr_ann',
      resolver_role: 'customer',
      resolution_channel: 'sms',
      outbox_id: expect.stringMatching(/^out_/),
    },
  })
  expect(await pending()).toEqual({ total: 0, approvals: [], next: null })
  const [entry] = (await lease()).body.entries
  expect(entry).toEqual({
    outbox_id: resolved.body.outbox_id,
    approval_ref: asked.body.approval_ref,
    action: 'refund',
    skill_slug: 'payments',
    serialized_intent: { amount: 1 },
    approved_at: resolved.body.resolved_at,
    execute_by: new Date(Date.parse(resolved.body.resolved_at) + 24 * hour).toISOString(),
    attempt: 1,
    lease_token: expect.any(String),
    lease_expires_at: expect.any(String),
  })
  expect((await lease()).body.entries).toEqual([])
  const done = { lease_token: entry.lease_token, outcome: 'succeeded', result: { id: 7 } }
  const first = await ack(entry.outbox_id, done)
  expect(first).toMatchObject({ status: 200, body: { status: 'succeeded', attempt: 1 } })
  expect((await ack(entry.outbox_id, done)).body).toEqual(first.body)
  expect(await ack(entry.outbox_id, { ...done, outcome: 'failed' })).toMatchObject({
    status: 409,
    body: { code: 'lease_lost' },
  })
  expect((await lease()).body.entries).toEqual([])
  const events = await env.DB.prepare(
    'SELECT e.type, e.actor_id FROM events e JOIN intents i ON i.approval_id = e.resource_id WHERE i.instance_id = ? AND i.customer_id = ? ORDER BY e.seq',
  )
    .bind(instance, customer_id)
    .all()
  expect(events.results).toEqual([
    { type: 'intent.requested', actor_id: 'usr_service' },
    { type: 'intent.approved', actor_id: 'usr_ann' },
    { type: 'intent.executed', actor_id: 'usr_service' },
  ])
})

test('a rejection needs no PIN and puts nothing in the outbox', async () => {
  const { ask, resolve, lease } = await cast()
  const { body } = await ask()
  const rejected = await resolve(body.approval_ref, { action: 'reject', pin_verified: false })
  expect(rejected).toMatchObject({ status: 200, body: { status: 'rejected', outbox_id: null } })
  expect((await lease()).body.entries).toEqual([])
})

test('approving without a verified PIN, or as somebody else than asked for, is refused', async () => {
  const { ask, resolve } = await cast()
  const any = (await ask()).body.approval_ref
  expect(await resolve(any, { pin_verified: false })).toMatchObject({ status: 403, body: { code: 'pin_required' } })
  expect(await resolve(any, { resolver_role: 'owner' })).toMatchObject({
    status: 403,
    body: { code: 'wrong_resolver' },
  })
  const owners = (await ask({ approver_role: 'owner', approver_person_id: 'p_1' })).body.approval_ref
  for (const more of [
    { resolver_role: 'customer' },
    { resolver_role: 'owner' },
    { resolver_role: 'owner', resolver_person_id: 'p_2' },
  ]) {
    expect(await resolve(owners, more)).toMatchObject({ status: 403, body: { code: 'wrong_resolver' } })
  }
  const right = { resolver_role: 'owner', resolver_person_id: 'p_1' }
  expect(await resolve(owners, right)).toMatchObject({
    status: 200,
    body: { status: 'approved', resolver_role: 'owner' },
  })
  expect(await resolve(owners, { resolver_role: 'customer' })).toMatchObject({
    status: 403,
    body: { code: 'wrong_resolver' },
  })
  expect((await resolve('APR-0000')).status).toBe(404)
})

test('the same answer by the same person again is the same; another one names the winner', async () => {
  const { ask, resolve } = await cast()
  const { approval_ref } = (await ask()).body
  const first = await resolve(approval_ref)
  expect((await resolve(approval_ref)).body).toEqual(first.body)
  const winner = { decision: 'approved', decided_by: 'usr_ann', decided_at: first.body.resolved_at }
  expect(await resolve(approval_ref, { action: 'reject' })).toMatchObject({
    status: 409,
    body: { code: 'already_decided', winner },
  })
  expect(await resolve(approval_ref, { resolved_by: 'usr_bob' })).toMatchObject({ status: 409, body: { winner } })
})

test('50 who resolve the same reference at once make one outbox entry', async () => {
  const { ask, resolve, lease } = await cast()
  const { approval_ref } = (await ask()).body
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) => resolve(approval_ref, { resolved_by: `usr_${index}` })),
  )
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(answers.filter(({ status, body }) => status === 409 && body.winner)).toHaveLength(49)
  expect((await lease({ max: 100 })).body.entries).toHaveLength(1)
})

test('an outbox entry that cannot be written takes the approval with it', async () => {
  const { ask, resolve, instance, pending } = await cast()
  const { approval_ref } = (await ask()).body
  await env.DB.prepare(
    "INSERT INTO outbox (id, tenant_id, instance_id, approval_id, status, approved_at, execute_by) SELECT 'out_blocker' || approval_id, tenant_id, 'x', approval_id, 'open', 0, 0 FROM intents WHERE instance_id = ?",
  )
    .bind(instance)
    .run()
  expect((await resolve(approval_ref)).status).toBe(500)
  expect((await pending()).total).toBe(1)
})

test('past its time it is expired for every reader and decider, before any sweep; the sweep records it once', async () => {
  const { tenant, ask, resolve, instance, pending } = await cast()
  const { approval_ref } = (await ask()).body
  const kept = (await ask()).body
  await overdue(approval_ref, instance)
  expect(await resolve(approval_ref)).toMatchObject({ status: 409, body: { code: 'approval_expired' } })
  expect((await pending()).approvals).toEqual([kept])
  const dashboard = async (status: string) =>
    (await tenant.as('member')(`/v1/approvals?status=${status}`)).body.approvals.map((one: any) => [
      one.approval_ref,
      one.status,
    ])
  expect(await dashboard('expired')).toEqual([[approval_ref, 'expired']])
  expect(await dashboard('pending')).toEqual([[kept.approval_ref, 'pending']])
  await Promise.all([maintain(env, Date.now()), maintain(env, Date.now()), maintain(env, Date.now())])
  expect(await dashboard('expired')).toEqual([[approval_ref, 'expired']])
  expect(await resolve(approval_ref)).toMatchObject({ status: 409, body: { code: 'approval_expired' } })
  const { results } = await env.DB.prepare("SELECT type FROM events WHERE tenant_id = ? AND type = 'intent.expired'")
    .bind(tenant.id)
    .all()
  expect(results).toHaveLength(1)
})

test('a report is answered with the status that reading the entry shows', async () => {
  const { service, base, approved, lease, ack } = await cast()
  const { outbox_id } = await approved()
  const [{ lease_token }] = (await lease()).body.entries
  expect(await ack(outbox_id, { lease_token: 'lse_other', outcome: 'succeeded' })).toMatchObject({
    status: 409,
    body: {
      code: 'lease_lost',
      detail: `The token is not that of the current lease on ${outbox_id}; the entry is pending.`,
      outbox_status: 'pending',
    },
  })
  await env.DB.prepare('UPDATE outbox SET execute_by = ? WHERE id = ?').bind(Date.now(), outbox_id).run()
  const acked = await ack(outbox_id, { lease_token, outcome: 'failed', retry: true })
  const read = await service(`${base}/outbox/${outbox_id}`)
  expect([acked.body.status, read.body.status]).toEqual(['lapsed', 'lapsed'])
})

test('an error, and another attempt, are of what has failed', async () => {
  const { approved, lease, ack } = await cast()
  const { outbox_id } = await approved()
  const [{ lease_token }] = (await lease()).body.entries
  const done = { lease_token, outcome: 'succeeded' }
  const faults = async (body: object) => {
    const { status, body: said } = await ack(outbox_id, body)
    return [status, ...said.detail.map(({ loc, msg }: any) => `${loc.join('.')} ${msg}`)]
  }
  const both = ['body.error belongs to failed only', 'body.retry belongs to failed only']
  expect(await faults({ ...done, retry: true, error: 'boom' })).toEqual([422, ...both])
  expect(await faults({ ...done, retry: true, error: 'boom', extra: 1 })).toHaveLength(4)
  expect(await faults({ ...done, retry: true, lease_token: 5 })).toHaveLength(3)
  expect((await ack(outbox_id, { ...done, retry: false, error: null })).body.status).toBe('succeeded')
})

test('a lease is exclusive under 20 consumers at once', async () => {
  const { approved, lease } = await cast()
  for (let index = 0; index < 30; index += 1) await approved()
  const leases = await Promise.all(Array.from({ length: 20 }, () => lease({ max: 3 })))
  const ids = leases.flatMap(({ body }) => body.entries.map((entry: any) => entry.outbox_id))
  expect(ids).toHaveLength(30)
  expect(new Set(ids).size).toBe(30)
})

test('an entry whose consumer died comes back after its lease, and the old token never acks', async () => {
  const { approved, lease, ack } = await cast()
  const { outbox_id } = await approved()
  const [first] = (await lease({ lease_seconds: 5 })).body.entries
  await env.DB.prepare('UPDATE outbox SET lease_until = ? WHERE id = ?')
    .bind(Date.now() - 1, outbox_id)
    .run()
  const [second] = (await lease()).body.entries
  expect(second).toMatchObject({ outbox_id, attempt: 2 })
  const report = { outcome: 'succeeded' }
  expect(await ack(outbox_id, { ...report, lease_token: first.lease_token })).toMatchObject({
    status: 409,
    body: { code: 'lease_lost' },
  })
  expect((await ack(outbox_id, { ...report, lease_token: second.lease_token })).status).toBe(200)
})

test('a late report counts as long as nobody else has taken the entry', async () => {
  const { approved, lease, ack } = await cast()
  const { outbox_id } = await approved()
  const [entry] = (await lease()).body.entries
  await env.DB.prepare('UPDATE outbox SET lease_until = ? WHERE id = ?')
    .bind(Date.now() - 1, outbox_id)
    .run()
  expect((await ack(outbox_id, { lease_token: entry.lease_token, outcome: 'succeeded' })).body.status).toBe('succeeded')
})

test('a failed entry may be tried five times in all, then stops and shows why', async () => {
  const { tenant, approved, lease, ack } = await cast()
  const { outbox_id } = await approved()
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    const [entry] = (await lease()).body.entries
    expect(entry.attempt).toBe(attempt)
    const report = { lease_token: entry.lease_token, outcome: 'failed', retry: true, error: `no ${attempt}` }
    const { body } = await ack(outbox_id, report)
    expect(body).toMatchObject({ status: attempt < 5 ? 'pending' : 'failed', attempt, error: `no ${attempt}` })
    expect((await ack(outbox_id, report)).body).toEqual(body)
  }
  expect((await lease()).body.entries).toEqual([])
  const { body } = await tenant.as('member')('/v1/approvals?kind=intent')
  expect(body.approvals[0]).toMatchObject({ outbox_status: 'failed', outbox_attempt: 5, outbox_error: 'no 5' })
})

test('an entry that is leased five times without any answer stops too', async () => {
  const { tenant, approved, lease } = await cast()
  const { outbox_id } = await approved()
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    expect((await lease()).body.entries).toHaveLength(1)
    await env.DB.prepare('UPDATE outbox SET lease_until = ? WHERE id = ?')
      .bind(Date.now() - 1, outbox_id)
      .run()
  }
  expect((await lease()).body.entries).toEqual([])
  await maintain(env, Date.now())
  const { body } = await tenant.as('member')('/v1/approvals?kind=intent')
  expect(body.approvals[0]).toMatchObject({
    outbox_status: 'failed',
    outbox_error: 'It was leased 5 times, without an answer to the last',
  })
})

test('past execute_by an entry is never handed out; the sweep calls it lapsed', async () => {
  const { tenant, approved, lease } = await cast()
  const { outbox_id } = await approved({ execute_within_hours: 1 })
  await env.DB.prepare('UPDATE outbox SET execute_by = ? WHERE id = ?').bind(Date.now(), outbox_id).run()
  expect((await lease()).body.entries).toEqual([])
  await Promise.all([maintain(env, Date.now()), maintain(env, Date.now())])
  const { body } = await tenant.as('member')('/v1/approvals?kind=intent')
  expect(body.approvals[0]).toMatchObject({ status: 'approved', outbox_status: 'lapsed' })
  const { results } = await env.DB.prepare("SELECT type FROM events WHERE tenant_id = ? AND type = 'intent.lapsed'")
    .bind(tenant.id)
    .all()
  expect(results).toHaveLength(1)
})

test('100 identical requests at once make one approval, one reference and 100 equal answers', async () => {
  const { ask, pending } = await cast()
  const answers = await Promise.all(Array.from({ length: 100 }, () => ask({ idempotency_key: 'once' })))
  expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1)
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  expect(
    answers.filter(({ status, headers }) => status === 200 && headers.get('Idempotency-Replayed') === 'true'),
  ).toHaveLength(99)
  expect((await pending()).total).toBe(1)
  const other = await ask({ idempotency_key: 'once', action: 'other' })
  expect(other).toMatchObject({
    status: 422,
    body: { detail: [{ loc: ['body', 'idempotency_key'], type: 'idempotency_key_reused' }] },
  })
  expect((await cast().then((elsewhere) => elsewhere.ask({ idempotency_key: 'once' }))).status).toBe(201)
})

test('what waits comes in pages of up to a hundred, oldest first', async () => {
  const { service, base, customer_id, ask } = await cast()
  const asked: string[] = []
  for (let index = 0; index < 60; index += 1) asked.push((await ask()).body.approval_ref)
  const page = async (query: string, path = `${base}/approvals/pending?customer_id=${customer_id}`) => {
    const { status, body } = await service(`${path}${query}`)
    return { status, refs: body.approvals?.map((one: any) => one.approval_ref), total: body.total, next: body.next }
  }
  expect(await page('&limit=100')).toEqual({ status: 200, refs: asked, total: 60, next: null })
  const first = await page('')
  expect(first).toMatchObject({ refs: asked.slice(0, 50), total: 60 })
  expect(await page(`&cursor=${first.next}`)).toMatchObject({ refs: asked.slice(50), next: null })
  expect([(await page('&limit=0')).status, (await page('&limit=101')).status]).toEqual([422, 422])
})

test('references stay unique in an instance when short ones collide', async () => {
  const { tenant, instance, customer_id } = await cast()
  const ctx = tenant.ctx('service')
  const asked = {
    instance_id: instance,
    customer_id,
    action: 'a',
    skill_slug: 's',
    serialized_intent: '{}',
    approver_role: 'customer' as const,
    approver_person_id: null,
    rule_id: null,
    notify_channel: null,
    expires_in_hours: 1,
  }
  const bits = (count: number) => Array.from(crypto.getRandomValues(new Uint8Array(count)), (byte) => byte % 2).join('')
  const refs = new Set<string>()
  for (let index = 0; index < 40; index += 1) {
    refs.add((await requestIntent(ctx, asked, (attempt) => `APR-${bits(4 + 2 * attempt)}`)).approval_ref)
  }
  expect(refs.size).toBe(40)
  expect([...refs].some((ref) => ref.length > 8)).toBe(true)
})

test('a call comes back from the outbox as it was sent: order, large integers, decimals', async () => {
  const { tenant, instance, customer_id, resolve } = await cast()
  const intent =
    '{"z":1,"b":12345678901234567890,"10":1.10,"9":-0.0,"a":[1e400,"\\u00e9",{"__proto__":{"x":null}}],"s":"APR \\"q\\" }{"}'
  const body = `{"serialized_intent": ${intent} ,"action":"refund","skill_slug":"pay","customer_id":"${customer_id}"}`
  const raw = async (to: string, more: Call) => {
    const headers = { 'X-API-Key': await tenant.key('service'), 'Content-Type': 'application/json' }
    return (
      await exports.default.fetch(`https://countersign.test/internal/v1/instances/${instance}/${to}`, {
        method: 'POST',
        headers,
        body: more.body as string,
      })
    ).text()
  }
  const asked = await raw('approvals/request', { body })
  expect(asked).toContain(`"serialized_intent":${intent}`)
  await resolve(JSON.parse(asked).approval_ref)
  expect(await raw('outbox/lease', { body: '{}' })).toContain(`"serialized_intent":${intent}`)
})

test('a call is up to 256 KiB', async () => {
  const { ask } = await cast()
  const text = (bytes: number) => ({ serialized_intent: { a: 'x'.repeat(bytes - 8) } })
  expect((await ask(text(256 * 1024))).status).toBe(201)
  expect((await ask(text(256 * 1024 + 1))).status).toBe(413)
})

test('bad input is a 422 as FastAPI shows it: every fault at once, each with the right loc', async () => {
  const { service, base, ask, resolve } = await cast()
  const locs = ({ status, body }: any) => [status, body.detail.map((one: any) => one.loc.join('.')).sort()]
  for (const expires_in_hours of [0, 169, 1.5, '24', null])
    expect(locs(await ask({ expires_in_hours }))).toEqual([422, ['body.expires_in_hours']])
  expect(locs(await ask({ approver_role: 'Owner' }))).toEqual([422, ['body.approver_role']])
  expect(locs(await ask({ action: 'x'.repeat(101), customer_id: 'me', extra: 1 }))).toEqual([
    422,
    ['body.action', 'body.customer_id', 'body.extra'],
  ])
  for (const serialized_intent of [[], 'x', 1, null])
    expect(locs(await ask({ serialized_intent }))).toEqual([422, ['body.serialized_intent']])
  expect(locs(await resolve('APR-1', { pin_verified: undefined, action: 'Approve' }))).toEqual([
    422,
    ['body.action', 'body.pin_verified'],
  ])
  const both = await service('/internal/v1/instances/nonsense/approvals/request', { method: 'POST', body: {} })
  expect(locs(both)).toEqual([
    422,
    ['body.action', 'body.customer_id', 'body.serialized_intent', 'body.skill_slug', 'path.instance_id'],
  ])
  expect(both.body.detail.find((one: any) => one.loc[1] === 'action')).toEqual({
    loc: ['body', 'action'],
    msg: expect.any(String),
    type: 'missing',
  })
  expect(locs(await service(`${base}/approvals/pending`))).toEqual([422, ['query.customer_id']])
  expect(locs(await service('/v1/approvals?limit=0&offset=-1&kind=open'))).toEqual([
    422,
    ['query.kind', 'query.limit', 'query.offset'],
  ])
  expect(locs(await service(`${base}/outbox/lease`, { method: 'POST', body: { max: 101, lease_seconds: 4 } }))).toEqual(
    [422, ['body.lease_seconds', 'body.max']],
  )
  const notJson = await service(`${base}/approvals/request`, { method: 'POST', body: '{' })
  expect(notJson).toMatchObject({ status: 400, body: { code: 'invalid_json' } })
})

test('If-Match: an answer that was meant for another state changes nothing', async () => {
  const { service, base, ask, pending, lease } = await cast()
  const { approval_ref } = (await ask()).body
  const before = await service(`${base}/approvals/${approval_ref}`)
  const etag = before.headers.get('ETag')!
  const answer = (tag: string, action = 'approve') =>
    service(`${base}/approvals/resolve`, {
      method: 'POST',
      headers: { 'If-Match': tag },
      body: { action, approval_ref, pin_verified: true, resolver_role: 'customer', resolved_by: 'usr_ann' },
    })
  for (const action of ['approve', 'reject']) {
    expect(await answer('"7"', action)).toMatchObject({ status: 412, body: { code: 'precondition_failed', etag } })
  }
  expect([(await pending()).total, (await lease()).body.entries]).toEqual([1, []])
  const after = await service(`${base}/approvals/${approval_ref}`)
  expect([after.body, after.headers.get('ETag')]).toEqual([before.body, etag])
  const resolved = await answer(`"7", ${etag}`)
  expect([resolved.status, resolved.body.status]).toEqual([200, 'approved'])
  expect(await answer('"7"')).toMatchObject({ status: 200, body: resolved.body })
})

test.each(['succeeded', 'lapsed'])(
  'the ETag of an intent changes with whatever is shown of it, by whatever path, until it has %s',
  async (end) => {
    const { tenant, service, base, ask, resolve, lease, ack } = await cast()
    const { approval_ref: ref } = (await ask()).body
    const { id } = (await service('/v1/approvals?kind=intent')).body.approvals[0]
    const seen: { tag: string | null; shown: string }[] = []
    const look = async () => {
      const { headers, body } = await service(`${base}/approvals/${ref}`)
      const tag = headers.get('ETag')
      seen.push({ tag, shown: JSON.stringify(body) })
      expect((await tenant.as('admin')(`/v1/approvals/${id}`)).headers.get('ETag')).toBe(tag)
      return tag
    }
    await look()
    const resolved = await resolve(ref)
    expect(await look()).toBe(resolved.headers.get('ETag'))
    for (const error of ['too slow', 'too large']) {
      const [{ outbox_id, lease_token }] = (await lease()).body.entries
      await look()
      await ack(outbox_id, { lease_token, outcome: 'failed', retry: true, error })
      expect(await look()).toBe(await look())
    }
    if (end === 'succeeded') {
      const [{ outbox_id, lease_token }] = (await lease()).body.entries
      await look()
      await ack(outbox_id, { lease_token, outcome: 'succeeded' })
    } else {
      await env.DB.prepare('UPDATE outbox SET execute_by = ? WHERE id = ?')
        .bind(Date.now(), resolved.body.outbox_id)
        .run()
    }
    await look()
    await maintain(env, Date.now())
    expect(await look()).toBe((await resolve(ref)).headers.get('ETag'))
    const byTag = Map.groupBy(seen, ({ tag }) => tag)
    expect([...byTag.values()].filter((same) => new Set(same.map(({ shown }) => shown)).size > 1)).toEqual([])
    expect(new Set(seen.map(({ shown }) => shown)).size).toBeGreaterThan(6)
  },
)

test('a member that a policy needs is pointed at where it would be in the body, and named with the policy', async () => {
  const needing = async (field: string) => {
    const { tenant, ask } = await cast()
    const body = {
      name: 'Large',
      match: { kind: 'intent', where: [{ field, op: '>', value: 1 }] },
      required_approvals: 1,
      approver_roles: ['admin'],
      allow_self_approval: true,
    }
    const policy = await tenant.as('admin')('/v1/policies', { method: 'POST', body })
    return { id: policy.body.id, refused: await ask() }
  }
  const { id, refused } = await needing('/order/lines/0/a~1b')
  expect([refused.status, refused.body]).toEqual([
    422,
    {
      detail: [
        {
          loc: ['body', 'serialized_intent', 'order', 'lines', 0, 'a/b'],
          msg: 'The policy "Large" compares /order/lines/0/a~1b with a number, but it is missing.',
          type: 'policy_needs_member',
          ctx: { policy: { id, name: 'Large' }, field: '/order/lines/0/a~1b', condition: 0 },
        },
      ],
    },
  ])
  const byName = await needing('a/b')
  expect(byName.refused.body.detail).toMatchObject([{ loc: ['body', 'serialized_intent', 'a/b'] }])
})

test('an idempotency key that was used for another body is pointed at where it came from', async () => {
  const { ask } = await cast()
  await ask({}, { 'Idempotency-Key': 'k' })
  const reused = (loc: string[]) => ({ detail: [{ loc, msg: expect.any(String), type: 'idempotency_key_reused' }] })
  const inHeader = await ask({ action: 'other' }, { 'Idempotency-Key': '"k"' })
  expect([inHeader.status, inHeader.body]).toEqual([422, reused(['header', 'idempotency-key'])])
  const inBody = await ask({ action: 'other', idempotency_key: 'k' })
  expect([inBody.status, inBody.body]).toEqual([422, reused(['body', 'idempotency_key'])])
})

test('a key that is bound to one instance reaches no other', async () => {
  const { tenant, service, instance } = await cast()
  await service(`/internal/v1/instances/${instance}/outbox/lease`, { method: 'POST' })
  await env.DB.prepare('UPDATE api_keys SET instance_id = ? WHERE tenant_id = ?')
    .bind(crypto.randomUUID(), tenant.id)
    .run()
  const bound = tenant.as('bound', ['service'])
  await tenant.key('bound', ['service'])
  await env.DB.prepare('UPDATE api_keys SET instance_id = ? WHERE tenant_id = ?')
    .bind(crypto.randomUUID(), tenant.id)
    .run()
  expect(await bound('/v1/approvals')).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  for (const [method, to] of [
    ['POST', 'outbox/lease'],
    ['GET', `approvals/pending?customer_id=${crypto.randomUUID()}`],
  ] as const) {
    expect((await bound(`/internal/v1/instances/${instance}/${to}`, { method })).status).toBe(404)
  }
})

test('the dashboard shows all families, newest first, with filters, offset and cursor', async () => {
  const { tenant, ask, resolve, customer_id } = await cast()
  const [member, admin] = [tenant.as('member'), tenant.as('admin')]
  const claim = (
    await member('/api/v1/claims', { method: 'POST', body: { description: 'Train', amount: 5, currency: 'EUR' } })
  ).body
  await admin('/api/v1/entities/offer/o1', { method: 'PUT', body: { entityName: 'O', data: {} } })
  const change = (
    await member('/api/v1/approvals', {
      method: 'POST',
      body: { entityType: 'offer', entityId: 'o1', entityName: 'O', action: 'delete' },
    })
  ).body
  const first = (await ask()).body
  const second = (await ask()).body
  await resolve(first.approval_ref)
  const list = async (query = '') => (await member(`/v1/approvals?${query}`)).body
  const all = await list()
  expect(all).toMatchObject({ total: 4, limit: 50, offset: 0 })
  expect(all.approvals.map((one: any) => [one.kind, one.status])).toEqual([
    ['intent', 'pending'],
    ['intent', 'approved'],
    ['change', 'pending'],
    ['claim', 'pending'],
  ])
  expect(all.approvals[3]).toMatchObject({
    id: claim.claim_id,
    title: 'Train',
    requester: 'usr_member',
    amount: 5,
    due_at: null,
    decided_by: null,
  })
  expect(all.approvals[2]).toMatchObject({ id: change.id, entity_id: 'o1', action: 'delete' })
  expect(all.approvals[1]).toMatchObject({
    approval_ref: first.approval_ref,
    decided_by: 'usr_ann',
    outbox_status: 'pending',
  })
  expect((await list('status=pending')).total).toBe(3)
  expect((await list('kind=intent&status=pending')).approvals).toMatchObject([{ approval_ref: second.approval_ref }])
  expect(await list(`customer_id=${customer_id}`)).toMatchObject({ total: 2, approvals: [{}, {}] })
  expect(await list(`customer_id=${customer_id}&status=approved`)).toMatchObject({
    total: 1,
    approvals: [{ approval_ref: first.approval_ref }],
  })
  expect(await list(`customer_id=${crypto.randomUUID()}`)).toMatchObject({ total: 0, approvals: [] })
  expect((await list('limit=2&offset=2')).approvals.map((one: any) => one.kind)).toEqual(['change', 'claim'])
  const page = await member('/v1/approvals?limit=3')
  const next = new URL(/<(.*)>/.exec(page.headers.get('Link')!)![1]!)
  expect((await member(next.pathname + next.search)).body.approvals).toMatchObject([{ kind: 'claim' }])
  const deep = await member('/v1/approvals?offset=10001')
  expect(deep).toMatchObject({ status: 422, body: { detail: [{ loc: ['query', 'offset'] }] } })
})

test('the record says in what role the person answered, and whose key reported it; nobody passes for the system', async () => {
  const { ask, resolve, instance } = await cast()
  const { approval_ref } = (await ask()).body
  expect((await resolve(approval_ref, { resolved_by: 'system:expiry' })).status).toBe(422)
  expect((await resolve(approval_ref, { resolver_person_id: 'system:gate' })).status).toBe(422)
  await resolve(approval_ref, { resolver_person_id: 'p_9', resolution_channel: 'sms' })
  const kept = await env.DB.prepare(
    'SELECT resolver_role, resolver_person_id, resolution_channel, pin_verified, reported_by FROM intents WHERE instance_id = ?',
  )
    .bind(instance)
    .first()
  expect(kept).toEqual({
    resolver_role: 'customer',
    resolver_person_id: 'p_9',
    resolution_channel: 'sms',
    pin_verified: 1,
    reported_by: 'usr_service',
  })
})

test('a replay is the first answer again, also when the call has expired meanwhile', async () => {
  const { ask, instance } = await cast()
  const first = await ask({ idempotency_key: 'k', expires_in_hours: 1 })
  await overdue(first.body.approval_ref, instance)
  await maintain(env, Date.now())
  const again = await ask({ idempotency_key: 'k', expires_in_hours: 1 })
  expect([again.status, again.body]).toEqual([200, first.body])
  const both = await ask({ idempotency_key: 'k' }, { 'Idempotency-Key': 'other' })
  expect(both).toMatchObject({ status: 422, body: { detail: [{ loc: ['body', 'idempotency_key'] }] } })
})

test('ids are the same in any case', async () => {
  const { service, instance, customer_id, ask } = await cast()
  const { body } = await ask({ customer_id: customer_id.toUpperCase() })
  expect(body.customer_id).toBe(customer_id)
  const path = `/internal/v1/instances/${instance.toUpperCase()}/approvals/pending?customer_id=${customer_id.toUpperCase()}`
  expect((await service(path)).body.approvals).toEqual([body])
  expect((await service(`/v1/approvals?customer_id=${customer_id.toUpperCase()}`)).body.total).toBe(1)
})

test('one lease hands out no more than an isolate can hold, and always something', async () => {
  const { approved, ask, resolve, lease } = await cast()
  await approved()
  for (let index = 0; index < 20; index += 1) {
    const { body } = await ask({ serialized_intent: { a: 'x'.repeat(250 * 1024) } })
    await resolve(body.approval_ref)
  }
  const counts = []
  for (let index = 0; index < 3; index += 1) counts.push((await lease({ max: 100 })).body.entries.length)
  expect(counts).toEqual([17, 4, 0])
})

test('of a customer there are intents only, and of a status that does not exist nothing', async () => {
  const { service, ask, customer_id } = await cast()
  await ask()
  const total = async (query: string) => (await service(`/v1/approvals?customer_id=${customer_id}&${query}`)).body.total
  expect([await total('kind=intent'), await total('kind=claim'), await total('status=string')]).toEqual([1, 0, 0])
})
