import { runDurableObjectAlarm } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { expect, test, vi } from 'vitest'
import { stepSize } from '../../src/claims/advance-batch.ts'
import { maintain } from '../../src/maintenance/maintain.ts'
import { ended, soon, submitClaims } from '../support/batches.ts'
import { overSocket } from '../support/over-socket.ts'
import { newTenant, type Caller } from '../support/tenant.ts'

const path = '/api/v1/approval-batches'
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()

async function cast() {
  const tenant = await newTenant()
  const [coordinator, member, admin] = [tenant.as('coordinator'), tenant.as('member'), tenant.as('admin')]
  const batch = async (body: object) => (await coordinator(path, { method: 'POST', body })).body
  return { tenant, coordinator, member, admin, batch }
}

test('a batch approves what can be approved and says of each claim what became of it', async () => {
  const { coordinator, member, batch } = await cast()
  const ids = await submitClaims(member, 5)
  const [own] = await submitClaims(coordinator, 1)
  await coordinator(`/api/v1/claims/${ids[1]}/approve`, { method: 'POST' })
  await member(`/api/v1/claims/${ids[2]}`, { method: 'DELETE' })
  const accepted = await batch({ claim_ids: [...ids, own, 'clm_nobody'], comment: 'March' })
  expect(accepted).toEqual({
    batch_id: expect.stringMatching(/^bat_/),
    coordinator_id: 'usr_coordinator',
    status: 'processing',
    total_claims: 7,
    created_at: expect.any(String),
  })
  const done = await ended(coordinator, accepted.batch_id)
  const counts = { approved_count: 3, rejected_count: 4, processed_count: 7, total_claims: 7 }
  expect(done).toMatchObject({ status: 'completed', comment: 'March', ...counts })
  expect(done.results.map((one: any) => [one.claim_id, one.decision, one.error])).toEqual([
    [ids[0], 'approved', undefined],
    [ids[1], 'rejected', 'Claim already processed'],
    [ids[2], 'rejected', 'Claim was withdrawn'],
    [ids[3], 'approved', undefined],
    [ids[4], 'approved', undefined],
    [own, 'rejected', 'Coordinator may not approve their own claim'],
    ['clm_nobody', 'rejected', 'Claim not found'],
  ])
  const claim = await member(`/api/v1/claims/${ids[0]}`)
  const approved = { status: 'approved', batch_id: accepted.batch_id, decided_by: 'usr_coordinator', comment: 'March' }
  expect(claim.body).toMatchObject(approved)
  expect((await member(`/api/v1/claims/${own}`)).body.status).toBe('pending')
  const listed = await member(`/api/v1/claims?batch_id=${accepted.batch_id}`)
  expect(listed.body.pagination.total).toBe(3)
})

test('a claim of another tenant is not found, and stays as it was', async () => {
  const { coordinator, batch } = await cast()
  const stranger = (await newTenant()).as('member')
  const [theirs] = await submitClaims(stranger, 1)
  const done = await ended(coordinator, (await batch({ claim_ids: [theirs] })).batch_id)
  expect(done.results).toMatchObject([{ decision: 'rejected', error: 'Claim not found' }])
  expect((await stranger(`/api/v1/claims/${theirs}`)).body.status).toBe('pending')
})

test('an id given twice counts once', async () => {
  const { coordinator, member, batch } = await cast()
  const [one, two] = await submitClaims(member, 2)
  const accepted = await batch({ claim_ids: [one, two, one, one] })
  expect(accepted.total_claims).toBe(2)
  expect((await ended(coordinator, accepted.batch_id)).results.map((item: any) => item.claim_id)).toEqual([one, two])
})

test('10,000 claims are accepted in one request and all approved', async () => {
  const { coordinator, member, batch } = await cast()
  const ids = await submitClaims(member, 10_000)
  const accepted = await batch({ claim_ids: ids })
  expect(accepted.total_claims).toBe(10_000)
  const under = await coordinator(`${path}/${accepted.batch_id}`)
  expect(under.body.results).toHaveLength(under.body.processed_count)
  const done = await ended(coordinator, accepted.batch_id)
  expect(done).toMatchObject({ status: 'completed', approved_count: 10_000, rejected_count: 0 })
  expect(done.results.map((item: any) => item.claim_id)).toEqual(ids)
  expect((await member('/api/v1/claims?status=approved&limit=1')).body.pagination.total).toBe(10_000)
})

test('a batch with process_at waits; process starts it now, and again answers the same', async () => {
  const { coordinator, member, batch } = await cast()
  const process_at = inAnHour()
  const waiting = await batch({ claim_ids: await submitClaims(member, 2), process_at })
  expect(waiting).toMatchObject({ status: 'pending', process_at })
  const started = await coordinator(`${path}/${waiting.batch_id}/process`, { method: 'POST' })
  expect(started).toMatchObject({ status: 200, body: { status: 'processing', total_claims: 2 } })
  expect((await ended(coordinator, waiting.batch_id)).approved_count).toBe(2)
  const late = await coordinator(`${path}/${waiting.batch_id}/process`, { method: 'POST' })
  expect(late).toMatchObject({ status: 409, body: { code: 'batch_not_pending' } })
})

test('a batch starts by itself at its time', async () => {
  const { coordinator, member } = await cast()
  const claim_ids = await submitClaims(member, 2)
  const waiting = await soon(async (process_at) => {
    const answer = await coordinator(path, { method: 'POST', body: { claim_ids, process_at } })
    return answer.status === 201 ? answer.body : undefined
  })
  expect(waiting.status).toBe('pending')
  expect(await ended(coordinator, waiting.batch_id)).toMatchObject({ status: 'completed', approved_count: 2 })
})

test('a batch whose alarm was lost is started, or taken further, by the next sweep', async () => {
  const { tenant, coordinator, member, batch } = await cast()
  const waiting = await batch({ claim_ids: await submitClaims(member, 2), process_at: inAnHour() })
  const past = Date.now() - 1
  await env.DB.prepare('UPDATE batches SET process_at = ?, poke_at = ? WHERE id = ?')
    .bind(past, past, waiting.batch_id)
    .run()
  await maintain(env, Date.now())
  expect(await ended(coordinator, waiting.batch_id)).toMatchObject({ status: 'completed', approved_count: 2 })

  const [id] = await submitClaims(member, 1)
  const stuck = 'bat_stuck'
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO batches (id, tenant_id, coordinator_id, created_by, roles, status, total_claims, write_id, created_at, updated_at, poke_at)
       VALUES (?, ?, 'usr_coordinator', 'usr_coordinator', '["coordinator"]', 'processing', 1, 'wrt_x', 0, 0, ?)`,
    ).bind(stuck, tenant.id, past),
    env.DB.prepare('INSERT INTO batch_items (batch_id, position, claim_ids) VALUES (?, 0, json_array(?))').bind(
      stuck,
      id,
    ),
  ])
  await maintain(env, Date.now())
  expect(await ended(coordinator, stuck)).toMatchObject({ status: 'completed', approved_count: 1 })
})

test('a batch that was amended by more claims than a row of items has keeps all of them, once, in order', async () => {
  const { coordinator, member, batch } = await cast()
  const ids = await submitClaims(member, 2_200)
  const submitted = [ids[7]!, 'clm_nobody', ids[3]!]
  const { batch_id } = await batch({ claim_ids: submitted, process_at: inAnHour() })
  const put = { method: 'PUT', body: { claim_ids: [...ids, 'clm_nobody'] } }
  expect((await coordinator(`${path}/${batch_id}`, put)).body).toMatchObject({ total_claims: 2_201 })
  const { results } = await env.DB.prepare(
    'SELECT position, json_array_length(claim_ids) AS n FROM batch_items WHERE batch_id = ? ORDER BY position',
  )
    .bind(batch_id)
    .all()
  expect(results).toEqual([
    { position: 0, n: 3 },
    { position: 3, n: 500 },
    { position: 503, n: 500 },
    { position: 1003, n: 500 },
    { position: 1503, n: 500 },
    { position: 2003, n: 198 },
  ])
  await coordinator(`${path}/${batch_id}/process`, { method: 'POST' })
  const done = await ended(coordinator, batch_id)
  const added = ids.filter((id) => !submitted.includes(id))
  expect(done.results.map((item: any) => [item.claim_id, item.decision])).toEqual(
    [...submitted, ...added].map((id) => [id, id === 'clm_nobody' ? 'rejected' : 'approved']),
  )
})

test('a pending batch can be amended: comment and time replaced, claims added to those there', async () => {
  const { coordinator, member, batch } = await cast()
  const ids = await submitClaims(member, 5)
  const { batch_id } = await batch({ claim_ids: ids.slice(0, 3), comment: 'Before', process_at: inAnHour() })
  const put = (body: object, headers = {}) => coordinator(`${path}/${batch_id}`, { method: 'PUT', body, headers })
  const later = new Date(Date.now() + 7_200_000).toISOString()
  expect((await put({ comment: 'After' })).body).toMatchObject({ status: 'pending', total_claims: 3, comment: 'After' })
  expect((await put({ process_at: later })).body).toMatchObject({ process_at: later, comment: 'After' })
  expect((await put({ claim_ids: [ids[4], ids[0], ids[3], ids[4]] })).body).toMatchObject({
    total_claims: 5,
    comment: 'After',
  })
  expect((await put({})).status).toBe(422)
  const now = `to start the batch now, POST ${path}/${batch_id}/process`
  for (const beside of [{}, { nonsense: 1 }]) {
    const { body } = await put({ process_at: '2020-01-01T00:00:00Z', ...beside })
    expect(body.errors).toContainEqual(expect.objectContaining({ message: `must be in the future; ${now}` }))
  }
  const tag = (await coordinator(`${path}/${batch_id}`)).headers.get('ETag')!
  expect((await put({ comment: 'No' }, { 'If-Match': '"0"' })).status).toBe(412)
  expect((await put({ comment: 'Yes' }, { 'If-Match': tag })).status).toBe(200)
  await coordinator(`${path}/${batch_id}/process`, { method: 'POST' })
  const done = await ended(coordinator, batch_id)
  expect(done.results.map((item: any) => item.claim_id)).toEqual([ids[0], ids[1], ids[2], ids[4], ids[3]])
  expect(await put({ comment: 'Late' })).toMatchObject({ status: 409, body: { code: 'batch_not_pending' } })
})

test('a batch never grows beyond 10,000 claims', async () => {
  const { coordinator, batch } = await cast()
  const ids = Array.from({ length: 10_001 }, (_, index) => `clm_${index}`)
  const tooMany = await coordinator(path, { method: 'POST', body: { claim_ids: ids } })
  expect(tooMany).toMatchObject({ status: 422, body: { errors: [{ pointer: '/claim_ids' }] } })
  const { batch_id } = await batch({ claim_ids: ids.slice(0, 9_999), process_at: inAnHour() })
  const put = (claim_ids: string[]) => coordinator(`${path}/${batch_id}`, { method: 'PUT', body: { claim_ids } })
  expect(await put(ids.slice(-2))).toMatchObject({ status: 422, body: { errors: [{ pointer: '/claim_ids' }] } })
  expect((await put([ids[0]!, ids[10_000]!])).body.total_claims).toBe(10_000)
})

test('cancelling puts back what the batch approved and nothing else; again answers the same', async () => {
  const { tenant, coordinator, member, batch } = await cast()
  const ids = await submitClaims(member, 4)
  await coordinator(`/api/v1/claims/${ids[0]}/approve`, { method: 'POST' })
  const { batch_id } = await batch({ claim_ids: ids, process_at: inAnHour() })
  const { advanceBatch } = await import('../../src/claims/advance-batch.ts')
  await env.DB.prepare('UPDATE batches SET process_at = 1 WHERE id = ?').bind(batch_id).run()
  await advanceBatch(tenant.ctx('system', []), batch_id, 3)
  expect((await coordinator(`${path}/${batch_id}`)).body).toMatchObject({
    processed_count: 3,
    approved_count: 2,
    status: 'processing',
  })
  const cancelled = await coordinator(`${path}/${batch_id}`, { method: 'DELETE' })
  expect(cancelled).toMatchObject({ status: 200, body: { batch_id, cancelled: true, claims_reverted: 2 } })
  expect((await coordinator(`${path}/${batch_id}`, { method: 'DELETE' })).body).toEqual(cancelled.body)
  const { body } = await coordinator(`${path}/${batch_id}`)
  expect(body).toMatchObject({ status: 'cancelled', cancelled_at: cancelled.body.cancelled_at, completed_at: null })
  const reverted_at = cancelled.body.cancelled_at
  expect(body.results).toMatchObject([
    { claim_id: ids[0], decision: 'rejected', error: 'Claim already processed' },
    { claim_id: ids[1], decision: 'approved', reverted_at },
    { claim_id: ids[2], decision: 'approved', reverted_at },
  ])
  const states = await Promise.all(ids.map(async (id) => (await member(`/api/v1/claims/${id}`)).body.status))
  expect(states).toEqual(['approved', 'pending', 'pending', 'pending'])
  const next = await batch({ claim_ids: ids })
  expect(await ended(coordinator, next.batch_id)).toMatchObject({ approved_count: 3, rejected_count: 1 })
})

test('a completed batch cannot be cancelled, a pending one reverts nothing', async () => {
  const { coordinator, member, batch } = await cast()
  const ids = await submitClaims(member, 1)
  const pending = await batch({ claim_ids: ids, process_at: inAnHour() })
  const early = await coordinator(`${path}/${pending.batch_id}`, { method: 'DELETE' })
  expect(early.body).toMatchObject({ cancelled: true, claims_reverted: 0 })
  const done = await batch({ claim_ids: ids })
  await ended(coordinator, done.batch_id)
  const late = await coordinator(`${path}/${done.batch_id}`, { method: 'DELETE' })
  expect(late).toMatchObject({ status: 409, body: { code: 'batch_completed' } })
  expect((await member(`/api/v1/claims/${ids[0]}`)).body.status).toBe('approved')
})

test('a cancel that meets a running batch leaves nothing approved', async () => {
  const { coordinator, member, batch } = await cast()
  const size = 2 * stepSize
  const ids = await submitClaims(member, size)
  const { batch_id } = await batch({ claim_ids: ids })
  await new Promise((resolve) => setTimeout(resolve, 60))
  const answer = await coordinator(`${path}/${batch_id}`, { method: 'DELETE' })
  const approved = (await member('/api/v1/claims?status=approved&limit=1')).body.pagination.total
  if (answer.status === 200) {
    expect(approved).toBe(0)
    expect((await coordinator(`${path}/${batch_id}`)).body.approved_count).toBe(answer.body.claims_reverted)
  } else {
    expect([answer.status, approved]).toEqual([409, size])
  }
})

test('batches are listed newest first, narrowed by status and coordinator, with right totals', async () => {
  const { tenant, coordinator, member, admin, batch } = await cast()
  const ids = await submitClaims(member, 1)
  const first = await batch({ claim_ids: ids })
  await ended(coordinator, first.batch_id)
  const second = await batch({ claim_ids: ids, process_at: inAnHour() })
  const third = await tenant.as('other', ['coordinator'])(path, {
    method: 'POST',
    body: { claim_ids: ids, process_at: inAnHour() },
  })
  const list = async (query: string) => {
    const { body } = await admin(`${path}?${query}`)
    expect(body.pagination.total).toBe(body.data.length)
    return body.data.map((one: any) => one.batch_id)
  }
  expect(await list('')).toEqual([third.body.batch_id, second.batch_id, first.batch_id])
  expect(await list('status=pending')).toEqual([third.body.batch_id, second.batch_id])
  expect(await list('coordinator_id=usr_coordinator')).toEqual([second.batch_id, first.batch_id])
  expect(await list('coordinator_id=usr_coordinator&status=completed')).toEqual([first.batch_id])
  const { body, headers } = await admin(`${path}?limit=2`)
  expect(body.pagination).toEqual({ page: 1, limit: 2, total: 3 })
  const next = new URL(/<(.*)>/.exec(headers.get('Link')!)![1]!)
  expect((await admin(next.pathname + next.search)).body.data).toMatchObject([{ batch_id: first.batch_id }])
})

test('an admin starts a batch in the name of a coordinator; a coordinator does not', async () => {
  const { coordinator, admin, member } = await cast()
  const claim_ids = await submitClaims(member, 1)
  const own = await submitClaims(admin, 1)
  const body = { claim_ids: [...claim_ids, ...own], coordinator_id: 'usr_somebody' }
  expect(await coordinator(path, { method: 'POST', body })).toMatchObject({
    status: 403,
    body: { code: 'actor_mismatch' },
  })
  const accepted = await admin(path, { method: 'POST', body })
  expect(accepted.body.coordinator_id).toBe('usr_somebody')
  const done = await ended(admin, accepted.body.batch_id)
  expect(done.results).toMatchObject([
    { decision: 'approved' },
    { error: 'Coordinator may not approve their own claim' },
  ])
})

test('the same submission with an Idempotency-Key makes one batch', async () => {
  const { coordinator, member } = await cast()
  const body = { claim_ids: await submitClaims(member, 1) }
  const headers = { 'Idempotency-Key': 'march' }
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => coordinator(path, { method: 'POST', body, headers })),
  )
  expect(new Set(answers.map((answer) => answer.body.batch_id)).size).toBe(1)
  await ended(coordinator, answers[0]!.body.batch_id)
  expect((await coordinator(path)).body.pagination.total).toBe(1)
})

test('bad input is a 422 that names every fault', async () => {
  const { coordinator } = await cast()
  const faults = async (body: object) => {
    const answer = await coordinator(path, { method: 'POST', body })
    expect(answer.status).toBe(422)
    return answer.body.errors.map((fault: any) => fault.pointer).sort()
  }
  const day = 24 * 3_600_000
  expect(await faults({})).toEqual(['/claim_ids'])
  expect(await faults({ claim_ids: [] })).toEqual(['/claim_ids'])
  expect(await faults({ claim_ids: [''], comment: 5 })).toEqual(['/claim_ids/0', '/comment'])
  expect(await faults({ claim_ids: ['clm_1', 7, null] })).toEqual(['/claim_ids/1', '/claim_ids/2'])
  for (const process_at of [
    'tomorrow',
    '2026-03-25',
    5,
    new Date(0).toISOString(),
    new Date(Date.now() + 31 * day).toISOString(),
  ]) {
    expect(await faults({ claim_ids: ['clm_1'], process_at, proces_at: 1 })).toEqual(['/proces_at', '/process_at'])
  }
})

/** Opens the server-sent events of a batch; what reads them to their end. */
async function follow(key: string, batchId: string): Promise<() => Promise<{ event: string; data: any }[]>> {
  const answer = await exports.default.fetch(`https://countersign.test${path}/${batchId}/events`, {
    headers: { 'X-API-Key': key },
  })
  expect(answer.headers.get('Content-Type')).toBe('text/event-stream')
  const text = answer.text()
  return async () =>
    [...(await text).matchAll(/event: (\w+)\ndata: (.*)\n\n/g)].map(([, event, data]) => ({
      event: event!,
      data: JSON.parse(data!),
    }))
}

test('a batch is followed live: progress after each step, then its end, then the stream closes', async () => {
  const { tenant, coordinator, member, batch } = await cast()
  const key = await tenant.key('member')
  const size = 2 * stepSize + 200
  const { batch_id } = await batch({ claim_ids: await submitClaims(member, size), process_at: inAnHour() })
  const events = await follow(key, batch_id)
  await coordinator(`${path}/${batch_id}/process`, { method: 'POST' })
  const seen = await events()
  expect(seen.map(({ event, data }) => [event, data.processed_count])).toEqual([
    ['progress', 0],
    ['progress', stepSize],
    ['progress', 2 * stepSize],
    ['progress', size],
    ['completed', size],
  ])
  expect(seen.at(-1)!.data).toEqual({
    processed_count: size,
    total_claims: size,
    approved_count: size,
    rejected_count: 0,
  })
  expect((await (await follow(key, batch_id))()).map(({ event }) => event)).toEqual(['progress', 'completed'])
})

test('a follower of a batch that is cancelled is told so', async () => {
  const { tenant, coordinator, member, batch } = await cast()
  const { batch_id } = await batch({ claim_ids: await submitClaims(member, 1), process_at: inAnHour() })
  const events = await follow(await tenant.key('member'), batch_id)
  await coordinator(`${path}/${batch_id}`, { method: 'DELETE' })
  expect((await events()).map(({ event }) => event)).toEqual(['progress', 'progress', 'cancelled'])
})

// Alarms are run by hand only inside.
test.skipIf(overSocket)('a runner that has nothing to do any more keeps nothing', async () => {
  const { tenant, coordinator, member, batch } = await cast()
  const { batch_id } = await batch({ claim_ids: await submitClaims(member, 1) })
  await ended(coordinator, batch_id)
  const stub = env.BATCH_RUNNER.getByName(batch_id)
  await stub.wake(tenant.id, batch_id, Date.now() + 60_000)
  expect(await runDurableObjectAlarm(stub)).toBe(true)
  expect(await runDurableObjectAlarm(stub)).toBe(false)
  expect((await coordinator(`${path}/${batch_id}`)).body).toMatchObject({ status: 'completed', processed_count: 1 })
})

test('only its coordinator, or an admin, amends a batch; nobody has their own claim approved through that of another', async () => {
  const tenant = await newTenant()
  const [ann, ben] = [tenant.as('ann', ['coordinator']), tenant.as('ben', ['coordinator'])]
  const boss = tenant.as('boss', ['admin', 'coordinator'])
  const claims = await submitClaims(tenant.as('member'), 1)
  const [bens] = await submitClaims(tenant.as('ben', ['member']), 1)
  const [bosss] = await submitClaims(tenant.as('boss', ['member']), 1)
  const process_at = new Date(Date.now() + 3_600_000).toISOString()
  const { body: batch } = await ann(path, { method: 'POST', body: { claim_ids: claims, process_at } })
  const amend = (call: Caller, claim_ids: unknown[]) =>
    call(`${path}/${batch.batch_id}`, { method: 'PUT', body: { claim_ids } })
  expect(await amend(ben, [bens])).toMatchObject({ status: 403, body: { code: 'actor_mismatch' } })
  expect((await amend(boss, [bosss, bens])).body.total_claims).toBe(3)
  await ann(`${path}/${batch.batch_id}/process`, { method: 'POST' })
  const { results } = await ended(ann, batch.batch_id)
  expect(results.map((one: any) => [one.claim_id, one.error ?? one.decision])).toEqual([
    [claims[0], 'approved'],
    [bosss, 'Coordinator may not approve their own claim'],
    [bens, 'approved'],
  ])
})

test('a scheduled batch is answered again under its key also when its time is over', async () => {
  const tenant = await newTenant()
  const claim_ids = await submitClaims(tenant.as('member'), 1)
  const { call, first } = await soon(async (process_at) => {
    const call = { method: 'POST', body: { claim_ids, process_at }, headers: { 'Idempotency-Key': process_at } }
    const first = await tenant.as('coordinator')(path, call)
    return first.status === 201 ? { call, first } : undefined
  })
  await vi.waitUntil(() => Date.now() > Date.parse(call.body.process_at), { timeout: 30_000, interval: 10 })
  expect(await tenant.as('coordinator')(path, call)).toMatchObject({ status: 201, body: first.body })
  const other = { ...call, headers: { 'Idempotency-Key': 'late' } }
  expect((await tenant.as('coordinator')(path, other)).status).toBe(422)
})

test('a time may leave its seconds out; null is at once', async () => {
  const tenant = await newTenant()
  const claim_ids = await submitClaims(tenant.as('member'), 1)
  const submit = (process_at: unknown) =>
    tenant.as('coordinator')(path, { method: 'POST', body: { claim_ids, process_at } })
  const soon = `${new Date(Date.now() + 3_600_000).toISOString().slice(0, 16)}Z`
  expect((await submit(soon)).body.status).toBe('pending')
  expect((await submit(null)).body.status).toBe('processing')
})
