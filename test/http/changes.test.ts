import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { requestChange } from '../../src/changes/request-change.ts'
import { newTenant } from '../support/tenant.ts'

const path = '/api/v1/approvals'
const rule = '/api/v1/entities/qualificationRule'

async function cast() {
  const tenant = await newTenant()
  const [member, admin, boss] = [tenant.as('member'), tenant.as('admin'), tenant.as('boss', ['admin'])]
  const set = (id: string, data: unknown, headers = {}) =>
    admin(`${rule}/${id}`, { method: 'PUT', body: { entityName: 'Rule', data }, headers })
  const ask = async (id: string, action: string, payload?: unknown, call = member) => {
    const body = {
      entityType: 'qualificationRule',
      entityId: id,
      entityName: 'Rule',
      action,
      ...(payload !== undefined && { payload }),
    }
    return call(path, { method: 'POST', body })
  }
  const resolve = (id: string, body: object = { action: 'approve' }, headers = {}, call = admin) =>
    call(`${path}/${id}`, { method: 'POST', body, headers })
  return { tenant, member, admin, boss, set, ask, resolve }
}

test('an update is asked for, seen beside what is stored, approved and applied at once', async () => {
  const { member, set, ask, resolve } = await cast()
  await set('qr_1', { config: { threshold: 600, window: '90d' } })
  const asked = await ask('qr_1', 'update', { config: { threshold: 650 } })
  expect(asked.status).toBe(201)
  const seen = await member(`${path}/${asked.body.id}`)
  expect(seen.body).toEqual({
    ...asked.body,
    baseVersion: 1,
    currentVersion: 1,
    stale: false,
    preview: { config: { threshold: 650, window: '90d' } },
  })
  const resolved = await resolve(asked.body.id, { action: 'approve', comments: 'Looks good' })
  expect(resolved).toMatchObject({
    status: 200,
    body: { status: 'approved', approverId: 'usr_admin', comments: 'Looks good', applied: true, version: 2 },
  })
  const entity = await member(`${rule}/qr_1`)
  expect(entity.body).toMatchObject({
    data: { config: { threshold: 650, window: '90d' } },
    version: 2,
    approvalId: asked.body.id,
    updatedBy: 'usr_admin',
  })
  expect(entity.headers.get('ETag')).toBe('"2"')
  const after = await member(`${path}/${asked.body.id}`)
  expect(after.body).toMatchObject({ status: 'approved', approverName: 'admin', applied: true, version: 2 })
  expect(after.body).not.toHaveProperty('preview')
})

test('a rejection changes nothing', async () => {
  const { member, set, ask, resolve } = await cast()
  await set('qr_1', { a: 1 })
  const { body } = await ask('qr_1', 'update', { a: 2 })
  const rejected = await resolve(body.id, { action: 'reject', comments: 'Too much' })
  expect(rejected.body).toMatchObject({ status: 'rejected', comments: 'Too much', applied: false, version: null })
  expect((await member(`${rule}/qr_1`)).body).toMatchObject({ data: { a: 1 }, version: 1 })
})

test('create and delete, with every version kept, who asked and who approved', async () => {
  const { member, ask, resolve } = await cast()
  const created = await ask('qr_1', 'create', { a: 1 })
  expect((await member(`${path}/${created.body.id}`)).body).toMatchObject({
    baseVersion: null,
    currentVersion: null,
    preview: { a: 1 },
  })
  await resolve(created.body.id)
  const removed = await ask('qr_1', 'delete', { reason: 'obsolete' })
  expect((await member(`${path}/${removed.body.id}`)).body).toMatchObject({
    payload: { reason: 'obsolete' },
    preview: null,
    currentVersion: 1,
  })
  await resolve(removed.body.id)
  expect(await member(`${rule}/qr_1`)).toMatchObject({ status: 404, body: { code: 'entity_not_found' } })
  const again = await ask('qr_1', 'create')
  await resolve(again.body.id)
  const { body } = await member(`${rule}/qr_1/versions`)
  const who = { requestedBy: 'usr_member', approvedBy: 'usr_admin' }
  expect(body).toMatchObject([
    { version: 3, action: 'create', data: {}, approvalId: again.body.id, ...who },
    { version: 2, action: 'delete', data: null, approvalId: removed.body.id, ...who },
    { version: 1, action: 'create', data: { a: 1 }, approvalId: created.body.id, ...who },
  ])
})

test('create on what exists is 409, update and delete of what does not 404: when asked for and when approved', async () => {
  const { admin, set, ask, resolve } = await cast()
  const early = [await ask('qr_1', 'create', { a: 1 }), await ask('qr_1', 'create', { a: 2 })]
  expect(await ask('qr_1', 'update', {})).toMatchObject({ status: 404, body: { code: 'entity_not_found' } })
  expect(await ask('qr_1', 'delete')).toMatchObject({ status: 404, body: { code: 'entity_not_found' } })
  await resolve(early[0]!.body.id)
  expect(await ask('qr_1', 'create')).toMatchObject({ status: 409, body: { code: 'entity_exists' } })
  expect(await resolve(early[1]!.body.id)).toMatchObject({ status: 409, body: { code: 'entity_exists' } })
  const [one, two] = [await ask('qr_1', 'delete'), await ask('qr_1', 'update', { a: 3 })]
  await resolve(one!.body.id)
  expect(await resolve(two!.body.id)).toMatchObject({ status: 404, body: { code: 'entity_not_found' } })
  expect((await admin(`${path}/${two!.body.id}`)).body.status).toBe('pending')
  await set('qr_2', 1)
})

test('of two changes made on the same version one applies; the other is stale until its approver has seen the new state', async () => {
  const { admin, set, ask, resolve } = await cast()
  await set('qr_1', { a: 1, b: 1 })
  const [first, second] = [await ask('qr_1', 'update', { a: 2 }), await ask('qr_1', 'update', { b: 2 })]
  const before = (await admin(`${path}/${second.body.id}`)).headers.get('ETag')!
  await resolve(first.body.id)
  const stale = await resolve(second.body.id)
  expect(stale).toMatchObject({ status: 409, body: { code: 'stale', baseVersion: 1, currentVersion: 2 } })
  const seen = await admin(`${path}/${second.body.id}`)
  expect(seen.body).toMatchObject({ status: 'pending', stale: true, preview: { a: 2, b: 2 } })
  expect(seen.headers.get('ETag')).not.toBe(before)
  expect(await resolve(second.body.id, { action: 'approve' }, { 'If-Match': before })).toMatchObject({ status: 412 })
  const applied = await resolve(second.body.id, { action: 'approve' }, { 'If-Match': seen.headers.get('ETag')! })
  expect(applied).toMatchObject({ status: 200, body: { applied: true, version: 3 } })
  expect((await admin(`${rule}/qr_1`)).body.data).toEqual({ a: 2, b: 2 })
})

test('a stale request can be rejected, and a rejection keeps to If-Match', async () => {
  const { set, ask, resolve } = await cast()
  await set('qr_1', { a: 1 })
  const { body } = await ask('qr_1', 'update', { a: 2 })
  await set('qr_1', { a: 5 })
  expect((await resolve(body.id, { action: 'reject' }, { 'If-Match': '"1-1"' })).status).toBe(412)
  expect((await resolve(body.id, { action: 'reject' })).status).toBe(200)
})

test('two admins at once, same or different decision: one winner, and the loser sees who, what and when', async () => {
  const { tenant, set, ask } = await cast()
  await set('qr_1', { n: 0 })
  const { body } = await ask('qr_1', 'update', { n: 1 })
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      tenant.as(`boss${index}`, ['admin'])(`${path}/${body.id}`, {
        method: 'POST',
        body: { action: index % 2 ? 'approve' : 'reject' },
      }),
    ),
  )
  const won = answers.filter(({ status }) => status === 200)
  expect(won).toHaveLength(1)
  const winner = {
    decision: won[0]!.body.status,
    decided_by: won[0]!.body.approverId,
    decided_at: won[0]!.body.resolvedAt,
  }
  for (const { status, body: lost } of answers.filter((one) => one !== won[0])) {
    expect([status, lost.code, lost.winner]).toEqual([409, 'already_decided', winner])
  }
  const again = await tenant.as(winner.decided_by.slice(4), ['admin'])(`${path}/${body.id}`, {
    method: 'POST',
    body: { action: winner.decision === 'approved' ? 'approve' : 'reject' },
  })
  expect([again.status, again.body]).toEqual([200, won[0]!.body])
})

test('the requester cannot approve, a member cannot resolve', async () => {
  const { admin, member, set, ask, resolve } = await cast()
  await set('qr_1', {})
  const own = await ask('qr_1', 'update', { a: 1 }, admin)
  expect(await resolve(own.body.id)).toMatchObject({ status: 403, body: { code: 'self_approval' } })
  expect(await resolve(own.body.id, { action: 'approve' }, {}, member)).toMatchObject({
    status: 403,
    body: { code: 'forbidden' },
  })
})

test('the requester withdraws; the request can then not be resolved', async () => {
  const { member, boss, set, ask, resolve } = await cast()
  await set('qr_1', {})
  const { body } = await ask('qr_1', 'update', { a: 1 })
  expect(await boss(`${path}/${body.id}`, { method: 'DELETE' })).toMatchObject({
    status: 403,
    body: { code: 'not_requester' },
  })
  expect((await member(`${path}/${body.id}`, { method: 'DELETE', headers: { 'If-Match': '"9-1"' } })).status).toBe(412)
  const etag = (await member(`${path}/${body.id}`)).headers.get('ETag')!
  const gone = await member(`${path}/${body.id}`, { method: 'DELETE', headers: { 'If-Match': etag } })
  expect(gone).toMatchObject({ status: 200, body: { status: 'withdrawn' } })
  expect((await member(`${path}/${body.id}`, { method: 'DELETE' })).body).toEqual(gone.body)
  expect(await resolve(body.id)).toMatchObject({ status: 409, body: { code: 'already_withdrawn' } })
})

test('a type that is not stored here is accepted, and its decision only announced', async () => {
  const { member, admin } = await cast()
  const body = {
    entityType: 'paymentTerms',
    entityId: 'pt_1',
    entityName: 'Net 30',
    action: 'update',
    payload: { days: 45 },
  }
  const asked = await member(path, { method: 'POST', body })
  expect((await member(`${path}/${asked.body.id}`)).body).toMatchObject({
    stale: false,
    preview: null,
    currentVersion: null,
  })
  const resolved = await admin(`${path}/${asked.body.id}`, { method: 'POST', body: { action: 'approve' } })
  expect(resolved.body).toMatchObject({ status: 'approved', applied: false, version: null })
  expect((await member('/api/v1/entities/paymentTerms/pt_1')).status).toBe(404)
  const direct = await admin('/api/v1/entities/paymentTerms/pt_1', {
    method: 'PUT',
    body: { entityName: 'x', data: 1 },
  })
  expect(direct).toMatchObject({
    status: 422,
    body: {
      errors: [
        { in: 'path', pointer: '/entityType' },
        { in: 'body', pointer: '/data' },
      ],
    },
  })
})

test('lists: pending unless asked otherwise, by status, entity, type and requester, with cursors', async () => {
  const { tenant, member, admin, set, ask, resolve } = await cast()
  for (const id of ['qr_1', 'qr_2']) await set(id, {})
  const made = []
  for (let index = 0; index < 5; index += 1)
    made.unshift((await ask(index % 2 ? 'qr_2' : 'qr_1', 'update', { index })).body.id)
  const other = (await ask('qr_1', 'update', { x: 1 }, tenant.as('other', ['member']))).body.id
  await resolve(made[0]!)
  const ids = async (query: string) => (await member(`${path}?${query}`)).body.map((one: any) => one.id)
  expect(await ids('')).toEqual([other, ...made.slice(1)])
  expect(await ids('status=approved')).toEqual([made[0]])
  expect(await ids('status=all')).toEqual([other, ...made])
  expect(await ids('status=all&entityId=qr_2')).toEqual([made[1], made[3]])
  expect(await ids('entityType=qualificationRule&entityId=qr_1')).toEqual([other, made[2], made[4]])
  expect(await ids('entityType=offer')).toEqual([])
  expect(await ids('requesterId=usr_other')).toEqual([other])
  expect(await ids('requesterId=usr_member&status=all&entityType=qualificationRule')).toEqual(made)
  const first = await admin(`${path}?limit=3&status=all`)
  expect(first.body).toHaveLength(3)
  const next = new URL(/<(.*)>; rel="next"/.exec(first.headers.get('Link')!)![1]!)
  const second = await admin(next.pathname + next.search)
  expect([...first.body, ...second.body].map((one: any) => one.id)).toEqual([other, ...made])
  for (const query of ['status=open', 'limit=0', 'limit=101', 'cursor=x'])
    expect((await member(`${path}?${query}`)).status).toBe(422)
})

test('entities are listed by type, last changed first; versions and entities have cursors', async () => {
  const { admin, member, set } = await cast()
  for (const id of ['a', 'b', 'c']) await set(id, { id })
  await set('a', { id: 'again' })
  const first = await member(`${rule}?limit=2`)
  expect(first.body.map((one: any) => one.entityId)[0]).toBe('a')
  const next = new URL(/<(.*)>/.exec(first.headers.get('Link')!)![1]!)
  expect(
    [...first.body, ...(await member(next.pathname + next.search)).body].map((one: any) => one.entityId).sort(),
  ).toEqual(['a', 'b', 'c'])
  const versions = await member(`${rule}/a/versions?limit=1`)
  const older = new URL(/<(.*)>/.exec(versions.headers.get('Link')!)![1]!)
  expect([versions.body[0].version, (await member(older.pathname + older.search)).body[0].version]).toEqual([2, 1])
  expect((await admin('/api/v1/entities/offer')).body).toEqual([])
})

test('setting directly: If-Match honoured, the same again makes no version', async () => {
  const { member, set } = await cast()
  expect((await set('qr_1', { a: 1 }, { 'If-Match': '"1"' })).status).toBe(412)
  const first = await set('qr_1', { a: 1 })
  expect(first).toMatchObject({
    status: 200,
    body: { version: 1, approvalId: null, updatedBy: 'usr_admin', data: { a: 1 } },
  })
  expect((await set('qr_1', { a: 1 })).body).toEqual(first.body)
  expect((await set('qr_1', { a: 2 }, { 'If-Match': '"7"' })).status).toBe(412)
  const second = await set('qr_1', { a: 2 }, { 'If-Match': '"1"' })
  expect([second.body.version, second.headers.get('ETag')]).toEqual([2, '"2"'])
  expect((await member(`${rule}/qr_1/versions`)).body).toMatchObject([
    { version: 2, action: 'set', approvalId: null, requestedBy: 'usr_admin', approvedBy: 'usr_admin' },
    { version: 1 },
  ])
})

test('If-None-Match: * stores what is not there yet, and never over what is', async () => {
  const { member, set } = await cast()
  const onlyNew = { 'If-None-Match': '*' }
  const first = await set('qr_1', { a: 1 }, onlyNew)
  expect([first.status, first.body.version]).toEqual([200, 1])
  for (const data of [{ a: 2 }, { a: 1 }]) {
    expect(await set('qr_1', data, onlyNew)).toMatchObject({
      status: 412,
      body: { code: 'precondition_failed', etag: '"1"' },
    })
  }
  expect((await member(`${rule}/qr_1`)).body).toEqual(first.body)
  expect((await set('qr_1', { a: 2 }, { ...onlyNew, 'If-Match': '"1"' })).status).toBe(412)
  expect((await set('qr_2', { a: 2 }, { ...onlyNew, 'If-Match': '*' })).status).toBe(412)
  expect(await set('qr_1', { a: 2 }, { 'If-None-Match': '"1"' })).toMatchObject({
    status: 422,
    body: { errors: [{ in: 'header', pointer: '/if-none-match' }] },
  })
  const racing = await Promise.all([1, 2, 3, 4].map((a) => set('qr_3', { a }, onlyNew)))
  expect(racing.map(({ status }) => status).toSorted()).toEqual([200, 412, 412, 412])
  expect((await member(`${rule}/qr_3/versions`)).body).toHaveLength(1)
})

test('an Idempotency-Key gives the first answer again, even when the request would be refused by now', async () => {
  const { member, set, resolve } = await cast()
  await set('qr_0', 1)
  const body = { entityType: 'offer', entityId: 'of_1', entityName: 'Offer', action: 'create', payload: { a: 1 } }
  const post = () => member(path, { method: 'POST', body, headers: { 'Idempotency-Key': 'k' } })
  const first = await post()
  expect((await post()).body).toEqual(first.body)
  await resolve(first.body.id)
  const later = await post()
  expect([later.status, later.body, later.headers.get('Idempotency-Replayed')]).toEqual([201, first.body, 'true'])
  const without = await member(path, { method: 'POST', body })
  expect(without).toMatchObject({ status: 409, body: { code: 'entity_exists' } })
  const refused = { ...body, entityId: 'none', action: 'update' }
  const spend = () => member(path, { method: 'POST', body: refused, headers: { 'Idempotency-Key': 'k2' } })
  expect([(await spend()).status, (await spend()).status]).toEqual([404, 404])
})

/* RFC 7396, appendix A: original, patch, result; what is no object there is a member `v` here. */
const appendix = [
  ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
  ['{"a":"b"}', '{"a":null}', '{}'],
  ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
  ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
  ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
  ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
  ['{"v":["a","b"]}', '{"v":["c","d"]}', '{"v":["c","d"]}'],
  ['{"v":{"a":"b"}}', '{"v":["c"]}', '{"v":["c"]}'],
  ['{"v":{"a":"foo"}}', '{"v":null}', '{}'],
  ['{"v":{"a":"foo"}}', '{"v":"bar"}', '{"v":"bar"}'],
  ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
  ['{"v":[1,2]}', '{"v":{"a":"b","c":null}}', '{"v":{"a":"b"}}'],
  ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
]

test.each(appendix)('merge patch: %s and %s make %s', async (original, patch, result) => {
  const { member, set, ask, resolve } = await cast()
  await set('qr_1', JSON.parse(original!))
  const { body } = await ask('qr_1', 'update', JSON.parse(patch!))
  expect((await member(`${path}/${body.id}`)).body.preview).toEqual(JSON.parse(result!))
  expect((await resolve(body.id)).body.applied).toBe(true)
  expect((await member(`${rule}/qr_1`)).body.data).toEqual(JSON.parse(result!))
})

test('__proto__ and constructor are data, and numbers keep every digit', async () => {
  const { tenant, member, resolve } = await cast()
  const payload =
    '{"__proto__":{"admin":true},"constructor":{"prototype":{"x":1}},"big":12345678901234567890,"price":1.10,"2":"b","1":"a"}'
  const body = `{"entityType":"offer","entityId":"of_1","entityName":"Offer","action":"create","payload":${payload}}`
  const asked = await member(path, { method: 'POST', body })
  expect(asked.status).toBe(201)
  await resolve(asked.body.id)
  const { exports } = await import('cloudflare:workers')
  const read = async (to: string) =>
    (
      await exports.default.fetch(`https://countersign.test${to}`, {
        headers: { 'X-API-Key': await tenant.key('member') },
      })
    ).text()
  expect(await read('/api/v1/entities/offer/of_1')).toContain(`"data":${payload}`)
  expect(await read(`${path}/${asked.body.id}`)).toContain(`"payload":${payload}`)
  expect({}).not.toHaveProperty('admin')
})

test('a payload is up to 256 KiB and nested to depth 64', async () => {
  const { member, set } = await cast()
  await set('qr_1', {})
  const nested = (depth: number) => JSON.parse('{"a":'.repeat(depth) + '1' + '}'.repeat(depth))
  const post = (payload: unknown) =>
    member(path, {
      method: 'POST',
      body: { entityType: 'qualificationRule', entityId: 'qr_1', entityName: 'Rule', action: 'update', payload },
    })
  expect((await post(nested(64))).status).toBe(201)
  expect(await post(nested(65))).toMatchObject({ status: 422, body: { errors: [{ pointer: '/payload' }] } })
  const text = (bytes: number) => ({ a: 'x'.repeat(bytes - 8) })
  expect((await post(text(256 * 1024))).status).toBe(201)
  expect(await post(text(256 * 1024 + 1))).toMatchObject({ status: 413, body: { code: 'body_too_large' } })
  const hostile = `{"entityType":"offer","entityId":"x","entityName":"x","action":"create","payload":${'['.repeat(200_000)}${']'.repeat(200_000)}}`
  expect((await member(path, { method: 'POST', body: hostile })).status).toBe(422)
})

test('bad input is a 422 that names every fault', async () => {
  const { member, ask, resolve, set } = await cast()
  const faults = async (body: object) => {
    const answer = await member(path, { method: 'POST', body })
    expect(answer.status).toBe(422)
    return answer.body.errors.map((fault: any) => fault.pointer).sort()
  }
  expect(await faults({})).toEqual(['/action', '/entityId', '/entityName', '/entityType'])
  const whole = { entityType: 'offer', entityId: 'x', entityName: 'x' }
  expect(await faults({ ...whole, action: 'upsert', paylod: {} })).toEqual(['/action', '/paylod'])
  expect(await faults({ ...whole, action: 'update' })).toEqual(['/payload'])
  await set('qr_1', {})
  const { body } = await ask('qr_1', 'update', {})
  for (const wrong of [{}, { action: 'Approve' }, { action: 'approve', comment: 'x' }])
    expect((await resolve(body.id, wrong)).status).toBe(422)
})

test('what is decided is in the history, and an entity carries the approval that made it', async () => {
  const { tenant, set, ask, resolve } = await cast()
  await set('qr_1', {})
  const { body } = await ask('qr_1', 'update', { a: 1 })
  await resolve(body.id)
  const { results } = await env.DB.prepare('SELECT type, actor_id FROM events WHERE tenant_id = ? ORDER BY seq')
    .bind(tenant.id)
    .all()
  expect(results).toEqual([
    { type: 'entity.set', actor_id: 'usr_admin' },
    { type: 'change.requested', actor_id: 'usr_member' },
    { type: 'change.approved', actor_id: 'usr_admin' },
  ])
})

test('an entity does not grow beyond what may be set', async () => {
  const tenant = await newTenant()
  const key = { entityType: 'offer', entityId: 'of_big', entityName: 'Big' }
  const admin = tenant.as('admin')
  await admin('/api/v1/entities/offer/of_big', {
    method: 'PUT',
    body: { entityName: 'Big', data: { a: 'x'.repeat(200_000) } },
  })
  const ask = async (payload: object) =>
    (await tenant.as('member')('/api/v1/approvals', { method: 'POST', body: { ...key, action: 'update', payload } }))
      .body.id
  const approve = (id: string) => admin(`/api/v1/approvals/${id}`, { method: 'POST', body: { action: 'approve' } })
  expect(await approve(await ask({ b: 'x'.repeat(100_000) }))).toMatchObject({
    status: 422,
    body: { code: 'entity_too_large' },
  })
  expect((await approve(await ask({ a: 'x', b: 'x'.repeat(100_000) }))).status).toBe(200)
})

test('a payload that gives a member twice is refused: readers would not agree on it', async () => {
  const tenant = await newTenant()
  const body = (payload: string) =>
    `{"entityType":"offer","entityId":"of_2","entityName":"x","action":"create","payload":${payload}}`
  const ask = (payload: string) => tenant.as('member')('/api/v1/approvals', { method: 'POST', body: body(payload) })
  const twice = await ask('{"a":[{"b":1,"b":2}]}')
  expect(twice).toMatchObject({ status: 422, body: { errors: [{ pointer: '/payload/a/0/b' }] } })
  expect((await ask('{"a":[{"b":1},{"b":2}]}')).status).toBe(201)
})

test('If-Match: * needs something to be there; a withdrawal keeps to the whole tag', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const put = (id: string, headers = {}) =>
    admin(`/api/v1/entities/offer/${id}`, {
      method: 'PUT',
      body: { entityName: 'x', data: { n: Math.random() } },
      headers,
    })
  expect((await put('of_3', { 'If-Match': '*' })).status).toBe(412)
  expect((await put('of_3')).status).toBe(200)
  expect((await put('of_3', { 'If-Match': '*' })).status).toBe(200)
  const member = tenant.as('member')
  const change = { entityType: 'offer', entityId: 'of_3', entityName: 'x', action: 'update', payload: { a: 1 } }
  const { body } = await member('/api/v1/approvals', { method: 'POST', body: change })
  const at = `/api/v1/approvals/${body.id}`
  const etag = (await member(at)).headers.get('ETag')!
  await put('of_3')
  const withdraw = (tag: string) => member(at, { method: 'DELETE', headers: { 'If-Match': tag } })
  expect(await withdraw(etag)).toMatchObject({ status: 412, body: { code: 'precondition_failed' } })
  expect((await withdraw((await member(at)).headers.get('ETag')!)).status).toBe(200)
})

test('long ids have cursors that are taken back; ids that no URL can name are refused', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  for (const n of [1, 2]) {
    const id = encodeURIComponent('中'.repeat(199) + n)
    await admin(`/api/v1/entities/offer/${id}`, { method: 'PUT', body: { entityName: 'x', data: { n } } })
  }
  const first = await admin('/api/v1/entities/offer?limit=1')
  const next = /<https?:\/\/[^/]+(.*)>/.exec(first.headers.get('Link')!)![1]!
  expect((await admin(next)).body).toHaveLength(1)
  const change = { entityType: 'offer', entityId: '..', entityName: 'x', action: 'create', payload: {} }
  expect((await admin('/api/v1/approvals', { method: 'POST', body: change })).status).toBe(422)
})

test.each(['null', '5', '"x"', '[]', 'true', ' [{}]'])('what is stored here is an object, not %s', async (json) => {
  const { tenant, member, admin, set, resolve } = await cast()
  await set('qr_1', { a: 1 })
  const asking = (action: string, entityType = 'qualificationRule') =>
    member(path, {
      method: 'POST',
      body: `{"entityType":"${entityType}","entityId":"${action === 'create' ? 'qr_2' : 'qr_1'}","entityName":"x","action":"${action}","payload":${json}}`,
    })
  for (const action of ['create', 'update']) {
    expect(await asking(action)).toMatchObject({ status: 422, body: { errors: [{ in: 'body', pointer: '/payload' }] } })
    expect((await asking(action, 'somethingElse')).status).toBe(201)
  }
  expect((await asking('delete')).status).toBe(201)
  const put = await admin(`${rule}/qr_1`, { method: 'PUT', body: `{"entityName":"x","data":${json}}` })
  expect(put).toMatchObject({ status: 422, body: { errors: [{ in: 'body', pointer: '/data' }] } })

  // What was asked for before that was refused is not applied any more, and can be rejected.
  for (const action of ['create', 'update'] as const) {
    const stored = await requestChange(tenant.ctx('member'), {
      entity_type: 'qualificationRule',
      entity_id: action === 'create' ? 'qr_2' : 'qr_1',
      entity_name: 'x',
      action,
      payload: json,
    })
    const refused = await admin(`${path}/${stored.id}`, { method: 'POST', body: { action: 'approve' } })
    expect(refused).toMatchObject({ status: 422, body: { code: 'entity_not_object' } })
    expect((await resolve(stored.id, { action: 'reject' })).body.status).toBe('rejected')
  }
  expect((await member(`${rule}/qr_1`)).body).toMatchObject({ version: 1, data: { a: 1 } })
})

test('a payload that is no object is named beside all other faults', async () => {
  const { member } = await cast()
  const body = { entityType: 'offer', entityId: 'of_1', action: 'create', payload: [], more: 1 }
  const { status, body: problem } = await member(path, { method: 'POST', body })
  expect(status).toBe(422)
  expect(problem.errors.map((fault: any) => fault.pointer).sort()).toEqual(['/entityName', '/more', '/payload'])
})
