import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { systemContext } from '../../src/context.ts'
import { approveDueResults } from '../../src/structuring/decide-due-results.ts'
import { heldResult, invoiceGate, newCheck, newGate } from '../support/gates.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'

const checks = '/v1/structuring/checks'
const gates = '/v1/structuring/gates'
const results = '/v1/structuring/results'
const approvals = '/v1/structuring/approvals'

const historyOf = async (id: string) =>
  (
    await env.DB.prepare('SELECT type, actor_id FROM events WHERE resource_id = ? ORDER BY seq')
      .bind(id)
      .all<{ type: string; actor_id: string }>()
  ).results.map(({ type, actor_id }) => `${type} by ${actor_id}`)

/** Moves the clock on for a result: its hours are over. */
const comeDue = (id: string) =>
  env.DB.prepare('UPDATE approvals SET due_at = ? WHERE id = ?')
    .bind(Date.now() - 1, id)
    .run()

const sweep = () => approveDueResults(systemContext(env, 'system:maintenance', Date.now()))

async function atGate(body: object = {}): Promise<{ tenant: Tenant; gate: string }> {
  const tenant = await newTenant()
  return { tenant, gate: await invoiceGate(tenant.as('admin'), body) }
}

test('checks are made, read, listed, changed and deleted', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const body = {
    name: 'Amount range check',
    description: 'Large ones',
    type: 'value_range',
    severity: 'warning',
    config: { field: 'total', max: 1 },
    sort_order: 3,
  }
  const made = await admin(checks, { method: 'POST', body })
  expect(made).toMatchObject({ status: 201, body: { ...body, is_active: true } })
  expect(made.body.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
  const at = `${checks}/${made.body.id}`
  expect((await tenant.as('member')(at)).body).toEqual(made.body)
  expect((await tenant.as('member')(checks)).body).toEqual({ data: [made.body], next: null })
  const changed = await admin(at, { method: 'PATCH', body: { config: { field: 'total', max: 2 }, is_active: false } })
  expect(changed.body).toMatchObject({ ...body, config: { field: 'total', max: 2 }, is_active: false })
  expect((await admin(at, { method: 'DELETE' })).body).toEqual({ id: made.body.id, deleted: true })
  for (const method of ['GET', 'DELETE']) expect((await admin(at, { method })).status).toBe(404)
  expect((await admin(checks)).body).toEqual({ data: [], next: null })
})

test('a config is kept digit by digit', async () => {
  const admin = (await newTenant()).as('admin')
  const config = '{"field":"total","max":9007199254740993.10}'
  const made = await admin(checks, { method: 'POST', body: `{"name":"x","type":"value_range","config":${config}}` })
  const stored = await env.DB.prepare('SELECT config FROM checks WHERE id = ?').bind(made.body.id).first()
  expect(stored).toEqual({ config })
})

test('what is wrong with a check is said, all of it, when it is made and when it is changed', async () => {
  const admin = (await newTenant()).as('admin')
  const pointers = ({ body }: any) => body.errors.map((one: any) => one.pointer)
  const bad = { name: '', type: 'field_format', config: { pattern: '(a' }, x: 1 }
  expect(pointers(await admin(checks, { method: 'POST', body: bad }))).toEqual(
    expect.arrayContaining(['/name', '/x', '/config/field', '/config/pattern']),
  )
  const config = { field: 'a', pattern: '(a', extra: 1 }
  const faulty = await admin(checks, { method: 'POST', body: { name: 'x', type: 'field_format', config } })
  expect([faulty.status, pointers(faulty).sort()]).toEqual([422, ['/config/extra', '/config/pattern']])
  const id = await newCheck(admin, { type: 'field_format', config: { field: 'a', pattern: 'a' } })
  const change = (body: object) => admin(`${checks}/${id}`, { method: 'PATCH', body })
  expect(pointers(await change({ config: { field: 'a', pattern: '(a+' } }))).toEqual(['/config/pattern'])
  expect((await change({})).status).toBe(422)
  expect(pointers(await change({ type: 'reported' }))).toEqual(['/type', ''])
})

test('what is wrong with a JSON Schema is said at its place, in the words of all other faults', async () => {
  const admin = (await newTenant()).as('admin')
  const faults = async (schema: unknown) => {
    const body = { name: 'x', type: 'json_schema', config: { schema } }
    const { status, body: said } = await admin(checks, { method: 'POST', body })
    expect(status).toBe(422)
    return said.errors.map(({ pointer, message }: any) => [pointer.slice('/config/schema'.length), message])
  }
  const ofTypes = 'must be one of null, boolean, object, array, number, string, integer, or a list of these'
  const schema = {
    minimum: 'x',
    multipleOf: 0,
    maxLength: 1.5,
    required: ['a', 5, 6],
    uniqueItems: 'yes',
    properties: { a: { type: 'text' }, b: { type: ['string', 'text'] }, c: { type: [] } },
  }
  expect(await faults(schema)).toEqual([
    ['/minimum', 'must be a number'],
    ['/multipleOf', 'must be above 0'],
    ['/maxLength', 'must be a whole number'],
    ['/required/1', 'must be text'],
    ['/required/2', 'must be text'],
    ['/uniqueItems', 'must be true or false'],
    ['/properties/a/type', ofTypes],
    ['/properties/b/type', ofTypes],
    ['/properties/c/type', 'must not be empty'],
  ])
  for (const keyword of ['allOf', 'anyOf', 'oneOf', 'prefixItems']) {
    expect(await faults({ not: { [keyword]: [] } })).toEqual([[`/not/${keyword}`, 'must not be empty']])
  }
})

test('gates are made with rules, read, listed, changed and deleted; what they name must be there', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const check = await newCheck(admin, { type: 'required_field', config: { field: 'a' } })
  const rules = [{ type: 'min_confidence', config: { threshold: 0.9 } }]
  const made = await admin(gates, { method: 'POST', body: { name: 'Invoices', check_ids: [check], rules } })
  expect(made).toMatchObject({
    status: 201,
    body: {
      name: 'Invoices',
      check_ids: [check],
      on_approve: { type: 'none' },
      on_reject: { type: 'none' },
      auto_approve_after_hours: null,
      queue_warnings: true,
      is_active: true,
      rules,
    },
  })
  const at = `${gates}/${made.body.id}`
  expect((await admin(at)).body).toEqual(made.body)
  expect((await admin(gates)).body).toEqual({ data: [made.body], next: null })
  const unknown = { check_ids: [check, 'nobody'], on_approve: { type: 'webhook', endpoint_id: 'whe_nobody' } }
  for (const call of [
    { method: 'POST', body: { name: 'x', ...unknown } },
    { method: 'PATCH', body: unknown },
  ]) {
    const refused = await admin(call.method === 'POST' ? gates : at, call)
    const errors = [{ pointer: '/check_ids/1' }, { pointer: '/on_approve/endpoint_id' }]
    expect(refused).toMatchObject({ status: 422, body: { code: 'invalid_input', errors } })
  }
  for (const bad of [
    { auto_approve_after_hours: 0 },
    { auto_approve_after_hours: 8761 },
    { check_ids: [check, check] },
  ])
    expect((await admin(at, { method: 'PATCH', body: bad })).status).toBe(422)
  const change = { auto_approve_after_hours: 8760, queue_warnings: false, check_ids: [] }
  expect((await admin(at, { method: 'PATCH', body: change })).body).toMatchObject(change)
  expect((await admin(at, { method: 'DELETE' })).status).toBe(200)
  expect((await admin(at)).status).toBe(404)
})

test('the checks of a gate have so much config together, whether it is the gate that changes or a check', async () => {
  const admin = (await newTenant()).as('admin')
  const values = (kib: number) => ({
    field: 'a',
    values: Array.from({ length: kib }, (_, n) => `${n}`.padEnd(1_000, 'x')),
  })
  const ids: string[] = []
  for (let n = 0; n < 3; n += 1) ids.push(await newCheck(admin, { type: 'allowed_values', config: values(85) }))
  const gate = await newGate(admin, { check_ids: ids })
  const more = await newCheck(admin, { type: 'required_field', config: { field: 'a'.repeat(400) } })
  const large = await newCheck(admin, { type: 'allowed_values', config: values(20) })
  const change = (check_ids: string[]) => admin(`${gates}/${gate}`, { method: 'PATCH', body: { check_ids } })
  expect((await change([...ids, more])).status).toBe(200)
  const grown = {
    status: 422,
    body: { errors: [{ pointer: '/check_ids', message: expect.stringContaining('262144') }] },
  }
  expect(await change([...ids, large])).toMatchObject(grown)
  expect(await admin(gates, { method: 'POST', body: { name: 'x', check_ids: [...ids, large] } })).toMatchObject(grown)
  const config = (kib: number) => admin(`${checks}/${ids[0]}`, { method: 'PATCH', body: { config: values(kib) } })
  expect(await config(100)).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '/config', message: expect.stringContaining(gate) }] },
  })
  expect([(await config(86)).status, (await config(10)).status, (await change([...ids, large])).status]).toEqual([
    200, 200, 200,
  ])
})

test('a check that is deleted leaves the gates that named it', async () => {
  const { tenant, gate } = await atGate()
  const admin = tenant.as('admin')
  const [first, second] = (await admin(`${gates}/${gate}`)).body.check_ids
  await admin(`${checks}/${first}`, { method: 'DELETE' })
  const { body } = await admin(`${gates}/${gate}`)
  expect(body.check_ids).toEqual([second])
  const { name, description, check_ids, on_approve, on_reject } = body
  const same = { name, description, check_ids, on_approve, on_reject }
  expect((await admin(`${gates}/${gate}`, { method: 'PATCH', body: same })).status).toBe(200)
})

test('rules are added, read, changed and removed; at most 20', async () => {
  const admin = (await newTenant()).as('admin')
  const gate = await newGate(admin, {})
  const at = `${gates}/${gate}/rules`
  const added = await admin(at, {
    method: 'POST',
    body: { type: 'field_coverage', config: { threshold: 1, fields: ['a'] } },
  })
  expect(added.status).toBe(201)
  expect((await admin(`${at}/${added.body.id}`)).body).toEqual(added.body)
  const changed = await admin(`${at}/${added.body.id}`, { method: 'PATCH', body: { config: { threshold: 0.5 } } })
  expect(changed.body).toMatchObject({ type: 'field_coverage', config: { threshold: 0.5 } })
  const bad = await admin(at, {
    method: 'POST',
    body: { type: 'min_confidence', config: { threshold: 1.1, fields: ['a'] } },
  })
  expect(bad.status).toBe(422)
  const rule = { type: 'min_confidence', config: { threshold: 0.5 } }
  for (let n = 1; n < 20; n += 1) await admin(at, { method: 'POST', body: rule })
  expect(await admin(at, { method: 'POST', body: rule })).toMatchObject({ status: 409, body: { code: 'rule_limit' } })
  expect((await admin(at)).body.data).toHaveLength(20)
  const other = (await admin(at)).body.data.at(-1)
  const fields = { config: { threshold: 0.5, fields: ['a'] } }
  const misplaced = await admin(`${at}/${other.id}`, { method: 'PATCH', body: fields })
  expect(misplaced).toMatchObject({ status: 422, body: { errors: [{ pointer: '/config/fields' }] } })
  expect((await admin(`${at}/${added.body.id}`, { method: 'DELETE' })).status).toBe(200)
  expect((await admin(`${at}/${added.body.id}`)).status).toBe(404)
  expect((await admin(at)).body.data).toHaveLength(19)
})

test('a result that passes is approved by the gate, and never queued', async () => {
  const { tenant, gate } = await atGate()
  const body = { gate_id: gate, data: { invoice: 'R-1', total: 5 }, confidence: 0.9, external_ref: 'R-1' }
  const { status, body: result } = await tenant.as('service')(results, { method: 'POST', body })
  expect(status).toBe(201)
  expect(result).toMatchObject({ status: 'approved', decided_by: 'system:gate', queued_items: 0, confidence: 0.9 })
  expect(result.checks.map(({ passed, queued }: any) => [passed, queued])).toEqual([
    [true, false],
    [true, false],
  ])
  expect((await tenant.as('reviewer')(`${approvals}/pending`)).body).toEqual({ data: [], next: null })
  expect(await historyOf(result.id)).toEqual(['result.approved by system:gate'])
  const late = await tenant.as('reviewer')(`${approvals}/${result.id}/approve`, { method: 'POST' })
  expect(late).toMatchObject({
    status: 409,
    body: { code: 'already_decided', winner: { decision: 'approved', decided_by: 'system:gate' } },
  })
})

test('a result that fails waits with an item for each check and rule; reading shows all of them', async () => {
  const { tenant, gate } = await atGate({ rules: [{ type: 'min_confidence', config: { threshold: 0.9 } }] })
  const id = await heldResult(tenant.as('service'), gate, { confidence: 0.5 })
  const { data } = (await tenant.as('reviewer')(`${approvals}/pending`)).body
  expect(data.map((one: any) => [one.result_id, one.check_name, one.severity, one.passed])).toEqual([
    [id, 'Check', 'warning', false],
    [id, 'Check', 'error', false],
    [id, 'min_confidence', 'error', false],
  ])
  expect(data[0].details).toEqual({ field: 'total', value: 1_500_000, max: 1_000_000 })
  expect(data[2].details).toEqual({ confidence: 0.5, threshold: 0.9 })
  const rule = (await tenant.as('admin')(`${gates}/${gate}`)).body.rules[0]
  expect(data[2].check_id).toBe(rule.id)
  const read = await tenant.as('member')(`${results}/${id}`)
  expect(read.body).toMatchObject({
    id,
    status: 'pending',
    queued_items: 3,
    data: { total: 1_500_000 },
    auto_approve_at: null,
  })
  const said = await tenant.as('member')(`${results}/${id}/checks`)
  expect(said.body.data.map(({ queued, cleared_at }: any) => [queued, cleared_at])).toEqual(
    data.map(() => [true, null]),
  )
  expect(await historyOf(id)).toEqual(['result.queued by usr_service'])
})

test('approving by the result, or by any of its items, decides the whole result and clears its items', async () => {
  const { tenant, gate } = await atGate()
  const reviewer = tenant.as('reviewer')
  for (const [verb, status] of [
    ['approve', 'approved'],
    ['reject', 'rejected'],
  ] as const) {
    for (const which of ['result', 'first', 'last']) {
      const result_id = await heldResult(tenant.as('service'), gate)
      const items = (await reviewer(`${approvals}/pending?result_id=${result_id}`)).body.data
      const id = which === 'result' ? result_id : items.at(which === 'first' ? 0 : -1).id
      const decided = await reviewer(`${approvals}/${id}/${verb}`, { method: 'POST', body: { comment: 'Seen' } })
      expect(decided).toMatchObject({
        status: 200,
        body: { id, result_id, status, cleared_items: 2, decided_by: 'usr_reviewer' },
      })
      expect((await reviewer(`${approvals}/pending?result_id=${result_id}`)).body.data).toEqual([])
      const said = await reviewer(`${results}/${result_id}/checks`)
      expect(said.body.data.map((one: any) => one.cleared_at)).toEqual([
        decided.body.decided_at,
        decided.body.decided_at,
      ])
      expect((await reviewer(`${results}/${result_id}`)).body).toMatchObject({ status, comment: 'Seen' })
      expect(await historyOf(result_id)).toEqual(['result.queued by usr_service', `result.${status} by usr_reviewer`])
    }
  }
})

test('the same decision again gets the same answer, another person is told who won, another decision too', async () => {
  const { tenant, gate } = await atGate()
  const id = await heldResult(tenant.as('service'), gate)
  const reviewer = tenant.as('reviewer')
  const first = await reviewer(`${approvals}/${id}/approve`, { method: 'POST' })
  const again = await reviewer(`${approvals}/${id}/approve`, { method: 'POST' })
  expect(again).toMatchObject({ status: 200, body: first.body })
  const lost = {
    status: 409,
    body: { code: 'already_decided', winner: { decision: 'approved', decided_by: 'usr_reviewer' } },
  }
  expect(await reviewer(`${approvals}/${id}/reject`, { method: 'POST' })).toMatchObject(lost)
  expect(await tenant.as('second', ['reviewer'])(`${approvals}/${id}/approve`, { method: 'POST' })).toMatchObject(lost)
  expect((await historyOf(id)).length).toBe(2)
})

test('of reviewers who decide at once, by different items, one wins', async () => {
  const { tenant, gate } = await atGate()
  const id = await heldResult(tenant.as('service'), gate)
  const { data } = (await tenant.as('reviewer')(`${approvals}/pending?result_id=${id}`)).body
  const answers = await Promise.all(
    [id, data[0].id, data[1].id, id].map((one, n) =>
      tenant.as(`r${n}`, ['reviewer'])(`${approvals}/${one}/${n % 2 ? 'reject' : 'approve'}`, { method: 'POST' }),
    ),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409])
  expect((await historyOf(id)).length).toBe(2)
})

test('If-Match holds a decision to the state that was read', async () => {
  const { tenant, gate } = await atGate()
  const id = await heldResult(tenant.as('service'), gate)
  const tag = (await tenant.as('reviewer')(`${results}/${id}`)).headers.get('ETag')!
  const decide = (etag: string) =>
    tenant.as('reviewer')(`${approvals}/${id}/approve`, { method: 'POST', headers: { 'If-Match': etag } })
  expect((await decide('"99"')).status).toBe(412)
  const decided = await decide(tag)
  expect(decided.status).toBe(200)
  expect(decided.headers.get('ETag')).not.toBe(tag)
})

test('the pending list is oldest first, narrowed by result, gate and severity, and has a cursor', async () => {
  const { tenant, gate } = await atGate()
  const second = await invoiceGate(tenant.as('admin'))
  const ids: string[] = []
  for (const one of [gate, second, gate]) ids.push(await heldResult(tenant.as('service'), one))
  const list = async (query: string) => {
    const { body } = await tenant.as('reviewer')(`${approvals}/pending?${query}`)
    return body.data.map((one: any) => [ids.indexOf(one.result_id), one.severity])
  }
  const [w, e] = ['warning', 'error']
  expect(await list('')).toEqual([[0, w], [0, e], [1, w], [1, e], [2, w], [2, e]]) // prettier-ignore
  expect(await list(`gate_id=${gate}`)).toEqual([[0, w], [0, e], [2, w], [2, e]]) // prettier-ignore
  expect(await list('severity=error')).toEqual([[0, e], [1, e], [2, e]]) // prettier-ignore
  expect(await list(`severity=warning&gate_id=${second}`)).toEqual([[1, w]])
  expect(await list(`severity=warning&gate_id=${second}&result_id=${ids[1]}`)).toEqual([[1, w]])
  expect(await list(`gate_id=${second}&result_id=${ids[0]}`)).toEqual([])
  expect((await tenant.as('reviewer')(`${approvals}/pending?severity=fatal`)).status).toBe(422)
  expect((await tenant.as('reviewer')(`${approvals}/pending?limit=101`)).status).toBe(422)
  const seen: string[] = []
  let path: string | undefined = `${approvals}/pending?limit=4`
  while (path) {
    const { body, headers }: any = await tenant.as('reviewer')(path)
    seen.push(...body.data.map((one: any) => one.id))
    const link = /<(.*)>/.exec(headers.get('Link') ?? '')?.[1]
    path = link && link.slice(link.indexOf('/v1'))
  }
  expect([seen.length, new Set(seen).size]).toEqual([6, 6])
})

test('outcomes that the caller reports count for reported checks, and for no others', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const [model, field] = [
    await newCheck(admin, { type: 'reported', severity: 'warning' }),
    await newCheck(admin, { type: 'required_field', config: { field: 'a' } }),
  ]
  const gate_id = await newGate(admin, { check_ids: [model, field] })
  const submit = (reported: object[]) =>
    tenant.as('service')(results, { method: 'POST', body: { gate_id, data: { a: 1 }, reported } })
  const details = { model: 'v7', score: 0.2 }
  expect((await submit([{ check_id: model, passed: true }])).body.status).toBe('approved')
  const failed = await submit([{ check_id: model, passed: false, details }])
  expect(failed.body).toMatchObject({
    status: 'pending',
    checks: [{ check_id: model, passed: false, details }, { passed: true }],
  })
  expect((await submit([])).body.checks[0]).toMatchObject({
    passed: false,
    details: { reason: 'its outcome was not reported' },
  })
  const misreported = await submit([
    { check_id: field, passed: true },
    { check_id: model, passed: true },
    { check_id: model, passed: true },
  ])
  const errors = [{ pointer: '/reported/0/check_id' }, { pointer: '/reported/2/check_id' }]
  expect(misreported).toMatchObject({ status: 422, body: { errors } })
})

test('a result is judged by what the gate says when it is submitted, also where an isolate remembers an older one', async () => {
  const { tenant, gate } = await atGate()
  const admin = tenant.as('admin')
  const submit = () =>
    tenant.as('service')(results, { method: 'POST', body: { gate_id: gate, data: { invoice: 'x', total: 7 } } })
  expect((await submit()).body.status).toBe('approved')
  const check = (await admin(`${gates}/${gate}`)).body.check_ids[0]
  await admin(`${checks}/${check}`, { method: 'PATCH', body: { config: { field: 'total', max: 6 } } })
  expect((await submit()).body.status).toBe('pending')
  await admin(`${checks}/${check}`, { method: 'PATCH', body: { is_active: false } })
  expect((await submit()).body).toMatchObject({ status: 'approved', checks: [{ type: 'required_field' }] })
  await admin(`${gates}/${gate}/rules`, {
    method: 'POST',
    body: { type: 'min_confidence', config: { threshold: 0.1 } },
  })
  expect((await submit()).body.status).toBe('pending')
  await admin(`${gates}/${gate}`, { method: 'PATCH', body: { is_active: false } })
  expect(await submit()).toMatchObject({ status: 409, body: { code: 'gate_inactive' } })
  await admin(`${gates}/${gate}`, { method: 'DELETE' })
  expect((await submit()).status).toBe(404)
})

test('what waits at a gate that is deleted can still be decided', async () => {
  const { tenant, gate } = await atGate()
  const id = await heldResult(tenant.as('service'), gate)
  await tenant.as('admin')(`${gates}/${gate}`, { method: 'DELETE' })
  expect((await tenant.as('reviewer')(`${approvals}/${id}/reject`, { method: 'POST' })).status).toBe(200)
})

test('the same submission with the same key is one result', async () => {
  const { tenant, gate } = await atGate()
  const call = {
    method: 'POST',
    body: `{"gate_id":"${gate}","data":{"total":9007199254740993.10}}`,
    headers: { 'Idempotency-Key': 'once' },
  }
  const first = await tenant.as('service')(results, call)
  const again = await tenant.as('service')(results, call)
  expect([first.status, again.status, again.headers.get('Idempotency-Replayed')]).toEqual([201, 201, 'true'])
  expect(again.body).toEqual(first.body)
  const stored = await env.DB.prepare('SELECT data FROM results WHERE approval_id = ?').bind(first.body.id).first()
  expect(stored).toEqual({ data: '{"total":9007199254740993.10}' })
})

test('what was submitted once is answered so under its key, also where the gate would refuse it now', async () => {
  const { tenant, gate } = await atGate()
  const call = (key: string) =>
    tenant.as('service')(results, {
      method: 'POST',
      body: { gate_id: gate, data: { total: 2_000_000 } },
      headers: { 'Idempotency-Key': key },
    })
  const first = await call('a')
  await tenant.as('admin')(`${gates}/${gate}`, { method: 'PATCH', body: { is_active: false } })
  expect((await call('a')).body).toEqual(first.body)
  expect((await call('b')).status).toBe(409)
  await tenant.as('admin')(`${gates}/${gate}`, { method: 'DELETE' })
  expect(await call('a')).toMatchObject({ status: 201, body: first.body })
  expect((await call('b')).status).toBe(404)
})

test('what nobody decides in time is approved by the clock, as a person would', async () => {
  const { tenant, gate } = await atGate({ auto_approve_after_hours: 2 })
  const id = await heldResult(tenant.as('service'), gate)
  const { body } = await tenant.as('member')(`${results}/${id}`)
  expect(Date.parse(body.auto_approve_at) - Date.parse(body.created_at)).toBe(2 * 3_600_000)
  await sweep()
  expect((await tenant.as('member')(`${results}/${id}`)).body.status).toBe('pending')
  await comeDue(id)
  await Promise.all([sweep(), sweep()])
  expect((await tenant.as('member')(`${results}/${id}`)).body).toMatchObject({
    status: 'approved',
    decided_by: 'system:auto-approve',
  })
  expect((await tenant.as('member')(`${approvals}/pending?result_id=${id}`)).body.data).toEqual([])
  expect(await historyOf(id)).toEqual(['result.queued by usr_service', 'result.approved by system:auto-approve'])
  const late = await tenant.as('reviewer')(`${approvals}/${id}/reject`, { method: 'POST' })
  expect(late).toMatchObject({
    status: 409,
    body: { winner: { decision: 'approved', decided_by: 'system:auto-approve' } },
  })
})

test('until the clock has decided a person may, also after the hours are over', async () => {
  const { tenant, gate } = await atGate({ auto_approve_after_hours: 1 })
  const id = await heldResult(tenant.as('service'), gate)
  await comeDue(id)
  expect((await tenant.as('reviewer')(`${approvals}/${id}/reject`, { method: 'POST' })).status).toBe(200)
  await sweep()
  expect((await tenant.as('member')(`${results}/${id}`)).body.status).toBe('rejected')
})

test('a person and the clock at the same moment: one of them', async () => {
  const { tenant, gate } = await atGate({ auto_approve_after_hours: 1 })
  for (let round = 0; round < 10; round += 1) {
    const id = await heldResult(tenant.as('service'), gate)
    await comeDue(id)
    const reject = () => tenant.as('reviewer')(`${approvals}/${id}/reject`, { method: 'POST' })
    const personFirst = round % 2 === 0
    const both = personFirst ? [reject(), sweep()] : [sweep(), reject()]
    const answer: any = (await Promise.all<unknown>(both))[personFirst ? 0 : 1]
    const { body } = await tenant.as('member')(`${results}/${id}`)
    if (answer.status === 200) expect(body.status).toBe('rejected')
    else expect([answer.body.winner.decided_by, body.status]).toEqual(['system:auto-approve', 'approved'])
    expect((await historyOf(id)).length).toBe(2)
  }
})

test('the dashboard shows results', async () => {
  const { tenant, gate } = await atGate()
  const id = await heldResult(tenant.as('service'), gate, { external_ref: 'R-9', confidence: 0.4 })
  const { body } = await tenant.as('member')('/v1/approvals?kind=result&status=pending')
  expect(body).toMatchObject({
    total: 1,
    approvals: [
      { id, kind: 'result', title: 'Gate: R-9', gate_id: gate, external_ref: 'R-9', confidence: 0.4, queued_items: 2 },
    ],
  })
})

test('what is wrong with a submission is said', async () => {
  const { tenant, gate } = await atGate()
  const submit = (body: unknown) => tenant.as('service')(results, { method: 'POST', body })
  const { body } = await submit({ data: [1], confidence: 2, reported: [{ check_id: 1 }], x: 1 })
  expect(body.errors.map((one: any) => one.pointer).sort()).toEqual(
    ['/confidence', '/data', '/gate_id', '/reported/0/check_id', '/reported/0/passed', '/x'].sort(),
  )
  expect((await submit({ gate_id: 'nobody', data: {} })).status).toBe(404)
  expect((await submit(`{"gate_id":"${gate}","data":{"a":${'['.repeat(70)}${']'.repeat(70)}}}`)).status).toBe(422)
  expect((await submit({ gate_id: gate, data: { a: 'x'.repeat(300_000) } })).status).toBe(413)
  expect(
    (
      await submit({
        gate_id: gate,
        data: {},
        reported: [{ check_id: 'x', passed: true, details: { a: 'x'.repeat(5_000) } }],
      })
    ).status,
  ).toBe(422)
})

test('what becomes of a gate is in the history, with who and what', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const check = await newCheck(admin, { type: 'required_field', config: { field: 'invoice' } })
  const rules = [{ type: 'min_confidence', config: { threshold: 0.5 } }]
  const at = `${gates}/${await newGate(admin, { name: 'Invoices', check_ids: [check], rules })}`
  const patch = (path: string, body: object) => admin(path, { method: 'PATCH', body })
  await patch(at, { auto_approve_after_hours: 48 })
  await patch(at, { is_active: false })
  await patch(at, { check_ids: ['nobody'] })
  const rule = (
    await admin(`${at}/rules`, { method: 'POST', body: { type: 'validation_pass_rate', config: { threshold: 1 } } })
  ).body.id
  await patch(`${at}/rules/${rule}`, { config: { threshold: 0.9 } })
  await patch(`${at}/rules/${rule}`, { config: { threshold: 0.9, fields: ['a'] } })
  await admin(`${at}/rules/${rule}`, { method: 'DELETE' })
  await admin(`${checks}/${check}`, { method: 'DELETE' })
  await admin(at, { method: 'DELETE' })
  for (const path of [at, `${at}/rules/${rule}`]) expect((await admin(path, { method: 'DELETE' })).status).toBe(404)
  const { results: said } = await env.DB.prepare(
    "SELECT type, actor_id, from_status, to_status, data FROM events WHERE tenant_id = ? AND type LIKE 'gate.%' ORDER BY seq",
  )
    .bind(tenant.id)
    .all<any>()
  expect(new Set(said.map(({ actor_id }) => actor_id))).toEqual(new Set(['usr_admin']))
  expect(
    said.map(({ type, from_status, to_status, data }) => [type, from_status, to_status, JSON.parse(data)]),
  ).toEqual([
    [
      'gate.created',
      null,
      'active',
      {
        name: 'Invoices',
        description: null,
        check_ids: [check],
        on_approve: { type: 'none' },
        on_reject: { type: 'none' },
        auto_approve_after_hours: null,
        queue_warnings: true,
        is_active: true,
        rules: [{ id: expect.any(String), ...rules[0] }],
      },
    ],
    ['gate.updated', 'active', 'active', { auto_approve_after_hours: 48 }],
    ['gate.updated', 'active', 'inactive', { is_active: false }],
    [
      'gate.updated',
      'inactive',
      'inactive',
      { added_rule: { id: rule, type: 'validation_pass_rate', config: { threshold: 1 } } },
    ],
    ['gate.updated', 'inactive', 'inactive', { changed_rule: { id: rule, config: { threshold: 0.9 } } }],
    ['gate.updated', 'inactive', 'inactive', { removed_rule: rule }],
    ['gate.updated', 'inactive', 'inactive', { removed_check: check }],
    ['gate.deleted', 'inactive', 'deleted', {}],
  ])
})
