import { beforeAll, expect, test } from 'vitest'
import { operations } from '../support/promised.ts'
import { invoiceGate, newCheck, newGate } from '../support/gates.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'

const guarded = (await operations()).filter(({ security }) => security.length > 0)
let tenant: Tenant

beforeAll(async () => {
  tenant = await newTenant()
})

/** The faults of an answer: what they point at, and what they say. */
function faults(body: any): Record<string, string> {
  const list = body.errors
    ? body.errors.map(({ in: part, pointer, message }: any) => [`${part}${pointer}`, message])
    : body.detail.map(({ loc, msg }: any) => [loc.join('/'), msg])
  return Object.fromEntries(list)
}

test.each(guarded)(
  '$operationId refuses a query parameter that it does not know',
  async ({ method, path, requestBody }) => {
    const somewhere = path.replace('{instance_id}', crypto.randomUUID()).replace(/\{\w+\}/g, 'x')
    const { status, body } = await tenant.as('admin')(`${somewhere}?stauts=open`, {
      method,
      ...(requestBody && { body: {} }),
    })
    expect(status).toBe(422)
    expect(faults(body)).toMatchObject({ 'query/stauts': expect.stringContaining('is not a known query parameter') })
  },
)

/* Faults that only a look at what is stored tells, each beside one that the form of the input has. */

const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`
const structuring = '/v1/structuring'

test('what a gate names and is not there is told beside other faults', async () => {
  const admin = tenant.as('admin')
  const known = await newCheck(admin, { type: 'reported' })
  const body = {
    check_ids: [known, 'nobody', 5],
    on_approve: { type: 'webhook', endpoint_id: 'whe_none' },
    rules: [{ type: 'min_confidence', config: { threshold: 2 } }],
  }
  const expected = {
    'body/name': 'is required: text',
    'body/check_ids/1': 'there is no check nobody',
    'body/check_ids/2': 'must be text',
    'body/on_approve/endpoint_id': 'there is no webhook endpoint whe_none',
    'body/rules/0/config/threshold': 'must be at most 1',
  }
  const made = await admin(`${structuring}/gates`, { method: 'POST', body })
  expect([made.status, faults(made.body)]).toEqual([422, expected])
  const gate = await newGate(admin, {})
  const change = { check_ids: ['nobody'], auto_approve_after_hours: 0 }
  expect(faults((await admin(`${structuring}/gates/${gate}`, { method: 'PATCH', body: change })).body)).toEqual({
    'body/check_ids/0': 'there is no check nobody',
    'body/auto_approve_after_hours': 'must be at least 1',
  })
})

test('what the stored type of a check or a rule does not take is told beside other faults', async () => {
  const admin = tenant.as('admin')
  const check = await newCheck(admin, { type: 'value_range', config: { field: 'a', min: 1 } })
  const body = { name: ' ', config: { field: '', maximum: 5 } }
  expect(faults((await admin(`${structuring}/checks/${check}`, { method: 'PATCH', body })).body)).toEqual({
    'body/name': 'must not be blank',
    'body/config/field': 'must not be blank',
    'body/config/maximum': 'is not a member of a value_range config',
    'body/config': 'needs min, max or both',
  })
  const gate = await newGate(admin, { rules: [{ type: 'min_confidence', config: { threshold: 1 } }] })
  const [rule] = (await admin(`${structuring}/gates/${gate}`)).body.rules
  const call = { method: 'PATCH', body: { config: { threshold: -1, fields: ['a'] } } }
  expect(faults((await admin(`${structuring}/gates/${gate}/rules/${rule.id}`, call)).body)).toEqual({
    'body/config/threshold': 'must be at least 0',
    'body/config/fields': 'belongs to field_coverage only',
  })
})

test('what is reported and not asked for is told beside other faults', async () => {
  const gate_id = await invoiceGate(tenant.as('admin'))
  const reported = [{ check_id: 'nobody', passed: true }, { check_id: '', passed: 'yes' }, 'x']
  const body = { gate_id, data: {}, confidence: 2, reported }
  const { status, body: answer } = await tenant.as('service')(`${structuring}/results`, { method: 'POST', body })
  expect([status, faults(answer)]).toEqual([
    422,
    {
      'body/confidence': 'must be at most 1',
      'body/reported/0/check_id': 'is not an active check of type reported at this gate',
      'body/reported/1/check_id': 'must not be blank',
      'body/reported/1/passed': 'must be true or false',
      'body/reported/2': 'must be an object',
    },
  ])
})

test('the URL of a webhook endpoint is told beside other faults', async () => {
  const admin = tenant.as('admin')
  const body = { url: 'ftp://hooks.example.com', event_types: ['claim.eaten'] }
  const { status, body: answer } = await admin('/v1/webhook-endpoints', { method: 'POST', body })
  expect([status, faults(answer)]).toEqual([
    422,
    { 'body/url': 'must begin with https://', 'body/event_types/0': expect.stringContaining('claim.approved') },
  ])
  const change = { method: 'PATCH', body: { url: 'nonsense', enabled: 1 } }
  expect(faults((await admin('/v1/webhook-endpoints/whe_none', change)).body)).toEqual({
    'body/url': 'is not a URL',
    'body/enabled': 'must be true or false',
  })
})

test('what is in a list twice is told where it repeats, beside whatever else is wrong with the list', async () => {
  const admin = tenant.as('admin')
  const check = await newCheck(admin, { type: 'reported' })
  const post = async (path: string, body: object) => {
    const made = await admin(path, { method: 'POST', body })
    return [made.status, faults(made.body)]
  }
  const gate = (check_ids: unknown[]) => post(`${structuring}/gates`, { name: 'x', check_ids })
  const twice = 'is given twice'
  expect(await gate(['nope', check, check])).toEqual([
    422,
    { 'body/check_ids/0': 'there is no check nope', 'body/check_ids/2': twice },
  ])
  expect(await gate([check, check, 5])).toEqual([
    422,
    { 'body/check_ids/1': twice, 'body/check_ids/2': 'must be text' },
  ])
  expect(await post('/v1/people', { name: 'Ada', roles: ['member', 'member', 5], groups: ['g', 'g'] })).toMatchObject([
    422,
    { 'body/roles/1': twice, 'body/roles/2': expect.any(String), 'body/groups/1': twice },
  ])
  const types = ['*', 'claim.approved', '*', 5]
  expect(await post('/v1/webhook-endpoints', { url: 'https://hooks.example.com/', event_types: types })).toMatchObject([
    422,
    {
      'body/event_types': 'must not name other types beside *, which stands for all of them',
      'body/event_types/2': twice,
      'body/event_types/3': expect.any(String),
    },
  ])
  const policy = { name: 'P', match: {}, required_approvals: 1, approver_roles: ['admin', 'admin', 5] }
  expect(await post('/v1/policies', policy)).toMatchObject([422, { 'body/approver_roles/1': twice }])
})

test('what members have to be together is told beside what is wrong with each', async () => {
  const call = async (path: string, body: unknown) => {
    const made = await tenant.as('admin')(path, { method: 'POST', body })
    return [made.status, faults(made.body)]
  }
  const check = { name: 'x', type: 'value_range', sort_order: 1.5, config: { min: 2, max: 1 } }
  expect(await call(`${structuring}/checks`, check)).toEqual([
    422,
    {
      'body/sort_order': 'must be a whole number',
      'body/config/field': 'is required: text',
      'body/config/min': 'must not be above max',
    },
  ])
  expect(await call(`${structuring}/checks`, { ...check, config: {} })).toMatchObject([
    422,
    { 'body/config/field': 'is required: text', 'body/config': 'needs min, max or both' },
  ])
  const rule = { type: 'min_confidence', config: { threshold: 'high', fields: ['a'] } }
  expect(await call(`${structuring}/gates`, { name: 'x', rules: [rule] })).toEqual([
    422,
    {
      'body/rules/0/config/threshold': 'must be a number',
      'body/rules/0/config/fields': 'belongs to field_coverage only',
    },
  ])
  expect(await call('/api/v1/approvals', { action: 'update', entityType: 5 })).toMatchObject([
    422,
    { 'body/entityType': 'must be text', 'body/payload': 'is required for an update: say what is to change' },
  ])
  for (const body of [null, 5, 'x', []]) {
    for (const path of [
      `${structuring}/checks`,
      `${structuring}/gates`,
      '/api/v1/approvals',
      '/v1/webhook-endpoints',
    ]) {
      expect(await call(path, JSON.stringify(body))).toEqual([422, { body: 'must be an object' }])
    }
  }
})

test('the time of a batch, and references given twice, are told beside other faults', async () => {
  const batch = { method: 'POST', body: { claim_ids: [], process_at: '2020-01-01T00:00:00Z' } }
  expect(faults((await tenant.as('coordinator')('/api/v1/approval-batches', batch)).body)).toEqual({
    'body/claim_ids': 'must not be empty',
    'body/process_at': 'must be in the future; leave it out to start at once',
  })
  const claim = { description: 'Train', amount: 1, currency: 'EUR', external_ref: ' twice' }
  const bulk = { method: 'POST', body: { claims: [claim, { ...claim, amount: 0 }, 'x'] } }
  expect(faults((await tenant.as('member')('/api/v1/claims/bulk', bulk)).body)).toEqual({
    'body/claims/1/amount': 'must be at least 1',
    'body/claims/1/external_ref': 'is the same as that of /claims/0',
    'body/claims/2': 'must be an object',
  })
})

test('an Idempotency-Key that is none, or another than that of the body, is told beside other faults', async () => {
  const claim = { description: 'Train', amount: 0, currency: 'EUR' }
  for (const key of ['x'.repeat(256), '""']) {
    const call = { method: 'POST', body: claim, headers: { 'Idempotency-Key': key } }
    expect(faults((await tenant.as('member')('/api/v1/claims', call)).body)).toEqual({
      'header/idempotency-key': 'must be 1 to 255 printable ASCII characters',
      'body/amount': 'must be at least 1',
    })
  }
  const path = `/internal/v1/instances/${crypto.randomUUID()}/approvals/request`
  const intent = { method: 'POST', body: { idempotency_key: 'a' }, headers: { 'Idempotency-Key': 'b' } }
  expect(faults((await tenant.as('service')(path, intent)).body)).toMatchObject({
    'body/action': 'is required: text',
    'body/idempotency_key': 'must be the same as the Idempotency-Key header',
  })
})

test.each(['gzip', 'br', 'GZIP, identity'])('a body that is encoded as %s is refused for that', async (coding) => {
  const bytes = await new Response(
    new Blob([JSON.stringify({ type: 'x', title: 'x' })]).stream().pipeThrough(new CompressionStream('gzip')),
  ).arrayBuffer()
  const { status, body } = await tenant.as('member')('/v1/requests', {
    method: 'POST',
    headers: { 'Content-Encoding': coding },
    body: bytes as never,
  })
  expect([status, body.code]).toEqual([415, 'unsupported_media_type'])
  expect(body.detail).toContain(coding.toLowerCase())
})

test('JSON that two readers might read otherwise is neither asked about nor judged', async () => {
  const twice = '{"amount":5000,"amount":1}'
  const instance = crypto.randomUUID()
  const call = `{"action":"refund","skill_slug":"payments","customer_id":"${instance}","serialized_intent":${twice}}`
  const path = `/internal/v1/instances/${instance}/approvals/request`
  const asked = await tenant.as('service')(path, { method: 'POST', body: call })
  expect([asked.status, faults(asked.body)]).toEqual([422, { 'body/serialized_intent/amount': 'is given twice' }])
  const result = `{"gate_id":"${crypto.randomUUID()}","confidence":1,"data":${twice}}`
  const submitted = await tenant.as('service')('/v1/structuring/results', { method: 'POST', body: result })
  expect([submitted.status, faults(submitted.body)]).toEqual([422, { 'body/data/amount': 'is given twice' }])
})

test('what is wrong with JSON that is kept as sent is told beside other faults, all of it', async () => {
  const admin = tenant.as('admin')
  const large = `"${'x'.repeat(256 * 1024)}"`
  const put = async (body: string) => {
    const { status, body: answer } = await admin('/api/v1/entities/offer/of_1', { method: 'PUT', body })
    return [status, answer.code === 'invalid_input' ? faults(answer) : answer.code]
  }
  const repeats = { 'body/data/a': 'is given twice', 'body/data/b/0/c': 'is given twice' }
  expect(await put(`{"data":{"a":1,"a":2,"b":[{"c":1,"c":2}]}}`)).toEqual([
    422,
    { 'body/entityName': 'is required: text', ...repeats },
  ])
  expect(await put(`{"data":{"d":${deep(64)}}}`)).toEqual([
    422,
    { 'body/entityName': 'is required: text', 'body/data': 'is nested deeper than 64' },
  ])
  expect(await put(`{"data":{"e":${large}}}`)).toEqual([
    422,
    { 'body/entityName': 'is required: text', 'body/data': 'must have at most 262144 bytes' },
  ])
  expect(await put(`{"entityName":"x","data":{"e":${large}}}`)).toEqual([413, 'body_too_large'])
})

test('the faults of an input take little more room than the input', async () => {
  const twice = Array.from({ length: 200 }, () => '"a":1').join(',')
  const payload = `{"${'n'.repeat(100_000)}":{${twice}}}`
  const body = `{"entityType":"offer","entityId":"of_1","entityName":"Offer","action":"create","payload":${payload}}`
  const { status, body: answer } = await tenant.as('member')('/api/v1/approvals', { method: 'POST', body })
  expect([status, answer.code]).toEqual([422, 'invalid_input'])
  expect(answer.detail).toMatch(/ \(and 99 more; errors stops after 1\)\.$/)
  expect(JSON.stringify(answer).length).toBeLessThan(3 * body.length)
})

test('half a character is told beside other faults', async () => {
  const body = '{"description":"\\ud800","amount":0,"currency":"EUR"}'
  const { body: answer } = await tenant.as('member')('/api/v1/claims', { method: 'POST', body })
  expect(faults(answer)).toEqual({
    body: expect.stringContaining('half of a surrogate pair'),
    'body/amount': 'must be at least 1',
  })
})

test('a faulty input tells nothing of another tenant', async () => {
  const stranger = (await newTenant()).as('admin')
  const check = await newCheck(tenant.as('admin'), { type: 'value_range', config: { field: 'a', min: 1 } })
  const body = { name: ' ', config: { nonsense: 1 } }
  const { body: theirs } = await stranger(`${structuring}/checks/${check}`, { method: 'PATCH', body })
  expect(faults(theirs)).toEqual({ 'body/name': 'must not be blank' })
})

test('an input without faults costs no more for that', async () => {
  const admin = tenant.as('admin')
  const check = await newCheck(admin, { type: 'reported' })
  const gate = await admin(`${structuring}/gates`, { method: 'POST', body: { name: 'Gate', check_ids: [check] } })
  expect([gate.status, gate.cost.queries]).toEqual([201, 1])
})
