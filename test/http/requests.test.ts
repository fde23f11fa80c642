import { env } from 'cloudflare:workers'
import { describe, expect, test } from 'vitest'
import { digestOf } from '../../src/approvals/digest.ts'
import { expireDue } from '../../src/approvals/decide-due.ts'
import { systemContext, type Ctx } from '../../src/context.ts'
import { maintain } from '../../src/maintenance/maintain.ts'
import { requestKind } from '../../src/requests/request-kind.ts'
import { lapseUnredeemed } from '../../src/standard/redeem.ts'
import { lapse } from '../support/lapse.ts'
import { overSocket } from '../support/over-socket.ts'
import { boundTo, newTenant, type Answer, type Caller, type Tenant } from '../support/tenant.ts'

const path = '/v1/requests'
const deployment = {
  type: 'deployment',
  title: 'Deploy 4.2.0',
  summary: 'Fixes the *login*.',
  details: { service: 'web', version: '4.2.0', replicas: 3 },
  subject: { type: 'service', id: 'web' },
}
const ask = (caller: Caller, more: object = {}, headers = {}) =>
  caller(path, { method: 'POST', body: { ...deployment, ...more }, headers })
const post = (caller: Caller, id: string, verb: string, body: object = {}, headers = {}) =>
  caller(`${path}/${id}/${verb}`, { method: 'POST', body, headers })
const amend = (caller: Caller, id: string, body: unknown, headers = {}) =>
  caller(`${path}/${id}`, { method: 'PATCH', body, headers })
const said = ({ status, body }: Answer) => [status, body.code ?? body.status]
const key = () => ({ 'Idempotency-Key': crypto.randomUUID() })

async function approved(tenant: Tenant, more: object = {}, by: Caller = tenant.as('member')) {
  const { body } = await ask(by, more)
  expect((await post(tenant.as('reviewer'), body.id, 'approve')).status).toBe(200)
  return body as { id: string; digest: string }
}

const history = async (id: string) => {
  const events = await env.DB.prepare('SELECT type FROM events WHERE resource_id = ? ORDER BY seq').bind(id).all<any>()
  return events.results.map(({ type }) => type.replace('request.', ''))
}
const upkeep = () => maintain({ ...env, LOG_REQUESTS: 'off' }, Date.now())

describe('asking', () => {
  test('any role asks; the answer says what was asked, and the digest of exactly that', async () => {
    const tenant = await newTenant()
    for (const role of ['member', 'coordinator', 'reviewer', 'admin', 'service'] as const) {
      const { status, body } = await ask(tenant.as(role))
      expect(status).toBe(201)
      expect(body.id).toMatch(/^req_/)
      const { type, title, summary, details, subject } = deployment
      expect(body).toMatchObject({ ...deployment, status: 'pending', revision: 1, redemption: null, state: null })
      const question = { id: body.id, kind: 'request', revision: 1, title, requester: `usr_${role}` }
      expect(body.digest).toBe(await digestOf({ ...question, what: { type, summary, details, subject } }))
      const read = await tenant.as(role)(`${path}/${body.id}`)
      expect(read.body).toEqual(body)
    }
  })

  test('the same Idempotency-Key asks once', async () => {
    const member = (await newTenant()).as('member')
    const headers = key()
    const [first, again] = [await ask(member, {}, headers), await ask(member, {}, headers)]
    expect(again.body).toEqual(first.body)
    expect(again.headers.get('Idempotency-Replayed')).toBe('true')
    expect((await member(path)).body.data).toHaveLength(1)
  })

  test('external_ref is one request’s in the tenant, and finds it', async () => {
    const tenant = await newTenant()
    const first = await ask(tenant.as('member'), { external_ref: 'run-42' })
    const second = await ask(tenant.as('service'), { external_ref: 'run-42' })
    const existing = [{ external_ref: 'run-42', request_id: first.body.id }]
    expect(second).toMatchObject({ status: 409, body: { code: 'duplicate_external_ref', existing } })
    expect((await tenant.as('service')(`${path}?external_ref=run-42`)).body.data).toMatchObject([{ id: first.body.id }])
    expect((await ask((await newTenant()).as('member'), { external_ref: 'run-42' })).status).toBe(201)
  })

  test('details stay what they are, whatever their members are called', async () => {
    const member = (await newTenant()).as('member')
    const details =
      '{"2":"b","1":"a","__proto__":{"x":1},"toJSON":1,"constructor":null,"é":"\\ud83d\\ude00","n":[1e2,-0.5,1e21]}'
    const body = `{"type":"x","title":"t","details":${details}}`
    const asked = await member(path, { method: 'POST', body })
    const read = await member(`${path}/${asked.body.id}`)
    expect(JSON.stringify(read.body.details)).toBe(JSON.stringify(JSON.parse(details)))
  })

  test('every fault is listed: numbers that lose digits, members given twice, names, sizes', async () => {
    const member = (await newTenant()).as('member')
    const body =
      '{"type":"Not A Slug","title":" ","expires_in_hours":0,"nonsense":1,"details":{"a":[9007199254740993],"b":0.1,"b":2}}'
    const answer = await member(path, { method: 'POST', body })
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_input' } })
    const pointers = answer.body.errors.map(({ pointer }: any) => pointer).sort()
    expect(pointers).toEqual(['/details/a/0', '/details/b', '/expires_in_hours', '/nonsense', '/title', '/type'])
    const deep = `{"type":"x","title":"t","details":{"a":${'['.repeat(64)}${']'.repeat(64)}}}`
    expect((await member(path, { method: 'POST', body: deep })).status).toBe(422)
    expect((await ask(member, { details: { a: 'x'.repeat(256 * 1024) } })).status).toBe(413)
    expect((await ask(member, { state: 'é'.repeat(40_000) })).status).toBe(422)
    expect((await ask(member, { state: 'x'.repeat(64 * 1024) })).status).toBe(201)
    const half = '{"type":"x","title":"t","details":{"a":"\\ud800"}}'
    expect((await member(path, { method: 'POST', body: half })).status).toBe(422)
  })

  test('for somebody else ask admin and service; both of the two have asked', async () => {
    const tenant = await newTenant()
    expect(said(await ask(tenant.as('member'), { requester_id: 'usr_ada' }))).toEqual([403, 'actor_mismatch'])
    const reviewing = tenant.as('both', ['service', 'reviewer'])
    const { body } = await ask(reviewing, { requester_id: 'usr_ada' })
    expect(body).toMatchObject({ requester_id: 'usr_ada', submitted_by: 'usr_both' })
    expect(said(await post(reviewing, body.id, 'approve'))).toEqual([403, 'self_approval'])
    expect(said(await post(tenant.as('ada', ['reviewer']), body.id, 'approve'))).toEqual([403, 'self_approval'])
  })

  test('state is for the requester alone', async () => {
    const tenant = await newTenant()
    const { body } = await ask(tenant.as('member'), { state: 'step 7' })
    expect(body.state).toBe('step 7')
    const read = async (role: 'member' | 'admin') => (await tenant.as(role)(`${path}/${body.id}`)).body
    expect([(await read('member')).state, Object.hasOwn(await read('admin'), 'state')]).toEqual(['step 7', false])
    expect(JSON.stringify((await tenant.as('member')(path)).body)).not.toContain('step 7')
    expect(JSON.stringify((await post(tenant.as('admin'), body.id, 'approve')).body)).not.toContain('step 7')
  })
})

describe('deciding', () => {
  test('a reviewer, a coordinator or an admin decides, once; the same again is the same answer', async () => {
    const tenant = await newTenant()
    for (const role of ['reviewer', 'coordinator', 'admin'] as const) {
      const { body } = await ask(tenant.as('member'))
      const first = await post(tenant.as(role), body.id, 'approve', { comment: 'Go' })
      expect(first.body).toMatchObject({ status: 'approved', decided_by: `usr_${role}`, comment: 'Go' })
      expect((await post(tenant.as(role), body.id, 'approve')).body).toEqual(first.body)
      expect(said(await post(tenant.as('other', ['reviewer']), body.id, 'reject', { comment: 'No' }))).toEqual([
        409,
        'already_decided',
      ])
    }
    const { body } = await ask(tenant.as('reviewer'))
    expect(said(await post(tenant.as('member'), body.id, 'approve'))).toEqual([403, 'forbidden'])
    expect(said(await post(tenant.as('reviewer'), body.id, 'approve'))).toEqual([403, 'self_approval'])
    expect(said(await post(tenant.as('admin'), body.id, 'reject'))).toEqual([422, 'invalid_input'])
    expect(said(await post(tenant.as('admin'), body.id, 'reject', { comment: 'No' }))).toEqual([200, 'rejected'])
  })

  test('nothing newer than what was seen is approved: neither by digest nor by If-Match', async () => {
    const tenant = await newTenant()
    const reviewer = tenant.as('reviewer')
    const { body } = await ask(tenant.as('member'))
    const seen = await reviewer(`${path}/${body.id}`)
    const amended = await amend(tenant.as('member'), body.id, { details: { version: '6.6.6' } })
    const mismatch = await post(reviewer, body.id, 'approve', { digest: seen.body.digest })
    expect(mismatch).toMatchObject({ status: 409, body: { code: 'digest_mismatch', digest: amended.body.digest } })
    const stale = await post(reviewer, body.id, 'approve', {}, { 'If-Match': seen.headers.get('ETag')! })
    expect(stale.status).toBe(412)
    const { digest } = amended.body
    expect(said(await post(reviewer, body.id, 'approve', { digest }))).toEqual([200, 'approved'])
  })

  test('nobody approves it otherwise than asked', async () => {
    const tenant = await newTenant()
    const { body } = await ask(tenant.as('member'))
    const edited = await post(tenant.as('admin'), body.id, 'approve', { details: { version: '4.2.1' } })
    expect(said(edited)).toEqual([403, 'edit_not_allowed'])
  })

  test('what is not decided in time has expired at once, in every list, and in the history after a sweep', async () => {
    const tenant = await newTenant()
    const { body } = await ask(tenant.as('member'), { expires_in_hours: 1 })
    expect(Date.parse(body.due_at) - Date.parse(body.created_at)).toBe(3_600_000)
    await env.DB.prepare('UPDATE approvals SET due_at = 5 WHERE id = ?').bind(body.id).run()
    const reviewer = tenant.as('reviewer')
    const lists = async () =>
      Promise.all(['pending', 'expired'].map(async (one) => (await reviewer(`${path}?status=${one}`)).body.data.length))
    expect(await lists()).toEqual([0, 1])
    const expired = { status: 'expired', decided_by: 'system:expiry', decided_at: '1970-01-01T00:00:00.005Z' }
    expect((await reviewer(`${path}/${body.id}`)).body).toMatchObject(expired)
    expect(said(await post(reviewer, body.id, 'approve'))).toEqual([409, 'approval_expired'])
    expect(said(await amend(tenant.as('member'), body.id, { title: 'x' }))).toEqual([409, 'approval_expired'])
    const withdrawn = await tenant.as('member')(`${path}/${body.id}`, { method: 'DELETE' })
    expect(said(withdrawn)).toEqual([409, 'approval_expired'])
    await upkeep()
    expect(await lists()).toEqual([0, 1])
    expect(await history(body.id)).toEqual(['created', 'expired'])
    const { data } = (await reviewer(`/v1/approvals/${body.id}/events`)).body
    expect(data.at(-1).data).toMatchObject({ due_at: '1970-01-01T00:00:00.005Z' })
  })

  test('the requester amends what is pending: another question, with another digest; what is left out stays', async () => {
    const tenant = await newTenant()
    const member = tenant.as('member')
    const { body } = await ask(member, { state: 's' })
    const amended = await amend(member, body.id, { details: { version: '5' }, subject: { type: 'service', id: 'api' } })
    const now = { revision: 2, details: { version: '5' }, subject: { type: 'service', id: 'api' }, title: body.title }
    expect(amended.body).toMatchObject({ ...now, summary: body.summary, state: 's' })
    expect(amended.body.digest).not.toBe(body.digest)
    expect(await amend(member, body.id, { details: { version: '5' } })).toMatchObject({
      status: 200,
      body: amended.body,
    })
    expect(await amend(member, body.id, {})).toMatchObject({ status: 200, body: amended.body })
    const nothing = await amend(member, body.id, { details: null, summary: null, subject: null })
    expect(nothing.body).toMatchObject({ details: null, summary: null, subject: null, revision: 3 })
    const bySubject = await member(`${path}?subject_type=service&subject_id=web`)
    expect(bySubject.body.data).toEqual([])
    expect(await history(body.id)).toEqual(['created', 'amended', 'amended'])
  })

  test('nobody else amends or withdraws it, and nothing that is decided', async () => {
    const tenant = await newTenant()
    const { body } = await ask(tenant.as('member'))
    const withdraw = (who: Caller) => who(`${path}/${body.id}`, { method: 'DELETE' })
    expect(said(await amend(tenant.as('admin'), body.id, { title: 'x' }))).toEqual([403, 'not_requester'])
    expect(said(await withdraw(tenant.as('admin')))).toEqual([403, 'not_requester'])
    const [first, again] = [await withdraw(tenant.as('member')), await withdraw(tenant.as('member'))]
    expect([said(first), again.body]).toEqual([[200, 'withdrawn'], first.body])
    expect(said(await amend(tenant.as('member'), body.id, { title: 'x' }))).toEqual([409, 'already_withdrawn'])
    const { id } = await approved(tenant)
    expect(said(await amend(tenant.as('member'), id, { title: 'x' }))).toEqual([409, 'already_decided'])
    const lossy = await amend(tenant.as('member'), id, '{"details":{"a":9007199254740993}}')
    expect(lossy).toMatchObject({ status: 422, body: { errors: [{ pointer: '/details/a' }] } })
  })
})

describe('redeeming', () => {
  test('what was approved is redeemed once, exactly that; with the same key, the same answer', async () => {
    const tenant = await newTenant()
    const member = tenant.as('member')
    const { id, digest } = await approved(tenant)
    const open = (await member(`${path}/${id}`)).body
    expect(open.redemption).toMatchObject({ state: 'open', redeemed_at: null, outcome: null })
    expect(Date.parse(open.redemption.redeem_by) - Date.parse(open.decided_at)).toBe(24 * 3_600_000)
    const swapped = await post(member, id, 'redeem', { digest: 'f'.repeat(64) })
    expect(swapped).toMatchObject({ status: 409, body: { code: 'digest_mismatch', digest } })
    const headers = key()
    const first = await post(member, id, 'redeem', { digest }, headers)
    expect(first.body).toEqual({ id, digest, redeemed_at: expect.any(String), details: deployment.details })
    expect((await post(member, id, 'redeem', { digest }, headers)).body).toEqual(first.body)
    expect(said(await post(member, id, 'redeem', { digest }))).toEqual([409, 'already_redeemed'])
    expect(said(await post(tenant.as('service'), id, 'redeem', { digest }))).toEqual([409, 'already_redeemed'])
    const read = await member(`${path}/${id}`)
    expect(read.body.redemption).toMatchObject({ state: 'redeemed', redeemed_by: 'usr_member' })
    expect(read.headers.get('ETag')).toBe('"3"')
    expect(await history(id)).toEqual(['created', 'approved', 'redeemed'])
  })

  test('a key is spent only by what redeems', async () => {
    const tenant = await newTenant()
    const { body } = await ask(tenant.as('member'))
    const redeem = (headers = {}) => post(tenant.as('member'), body.id, 'redeem', { digest: body.digest }, headers)
    const headers = key()
    expect(said(await redeem(headers))).toEqual([409, 'not_approved'])
    await post(tenant.as('reviewer'), body.id, 'approve')
    const [redeemed, again] = [await redeem(headers), await redeem(headers)]
    expect([redeemed.status, again.body]).toEqual([200, redeemed.body])
  })

  test('the requester redeems, or a service key; nobody else', async () => {
    const tenant = await newTenant()
    const { id, digest } = await approved(tenant)
    for (const role of ['reviewer', 'admin', 'coordinator'] as const) {
      const refused = await post(tenant.as(role), id, 'redeem', { digest })
      expect(said(refused)).toEqual([403, 'not_requester'])
      expect(refused.body.detail).toMatch(
        /^Only usr_member, a key of the instance that asked or a service key can redeem /,
      )
    }
    expect((await post(tenant.as('service'), id, 'redeem', { digest })).status).toBe(200)
  })

  test.each(['reject', 'withdraw', 'nothing'])('after %s there is nothing to redeem', async (how) => {
    const tenant = await newTenant()
    const member = tenant.as('member')
    const { body } = await ask(member)
    if (how === 'reject') await post(tenant.as('admin'), body.id, 'reject', { comment: 'No' })
    if (how === 'withdraw') await member(`${path}/${body.id}`, { method: 'DELETE' })
    for (const verb of ['redeem', 'revoke'])
      expect(
        said(await post(member, body.id, verb, verb === 'redeem' ? { digest: body.digest } : { comment: 'x' })),
      ).toEqual([409, 'not_approved'])
    expect(said(await post(member, body.id, 'outcome', { outcome: 'failed' }))).toEqual([409, 'not_redeemed'])
  })

  test('not in time is too late at once, and in the history after a sweep', async () => {
    const tenant = await newTenant()
    const member = tenant.as('member')
    const { id, digest } = await approved(tenant, { redeem_within_hours: 1 })
    const tags = async () => {
      const answers = [`${path}/${id}`, `/v1/approvals/${id}`].map((one) => tenant.as('member')(one))
      return (await Promise.all(answers)).map(({ headers }) => headers.get('ETag'))
    }
    const [before] = await tags()
    await lapse(id)
    // Its ETag is another one as soon as its time is over, though no sweep has been by.
    const [after, elsewhere] = await tags()
    expect([after === before, elsewhere]).toEqual([false, after])
    expect((await member(`${path}/${id}`)).body).toMatchObject({ status: 'approved', redemption: { state: 'lapsed' } })
    expect(said(await post(member, id, 'redeem', { digest }))).toEqual([409, 'redemption_lapsed'])
    expect(said(await post(member, id, 'revoke', { comment: 'x' }))).toEqual([409, 'redemption_lapsed'])
    await Promise.all([upkeep(), upkeep()])
    expect((await member(`${path}/${id}`)).body.redemption).toMatchObject({ state: 'lapsed', redeemed_at: null })
    expect(said(await post(member, id, 'redeem', { digest }))).toEqual([409, 'redemption_lapsed'])
    expect(await history(id)).toEqual(['created', 'approved', 'lapsed'])
    const { data } = (await member(`/v1/approvals/${id}/events`)).body
    const { redemption } = (await member(`${path}/${id}`)).body
    expect(data.at(-1).data).toEqual({ redeem_by: redemption.redeem_by })
  })

  test('an approval is revoked by who asked or who may decide, until it is redeemed', async () => {
    const tenant = await newTenant()
    for (const role of ['member', 'reviewer', 'coordinator', 'admin'] as const) {
      const { id, digest } = await approved(tenant)
      expect(said(await post(tenant.as('other', ['member']), id, 'revoke', { comment: 'x' }))).toEqual([
        403,
        'not_requester',
      ])
      const revoked = await post(tenant.as(role), id, 'revoke', { comment: 'Broken' })
      const how = { state: 'revoked', revoked_by: `usr_${role}`, revoke_comment: 'Broken' }
      expect(revoked.body).toMatchObject({ status: 'approved', redemption: how })
      expect((await post(tenant.as(role), id, 'revoke', { comment: 'Broken' })).body).toEqual(revoked.body)
      expect(said(await post(tenant.as('service'), id, 'revoke', { comment: 'x' }))).toEqual([403, 'not_requester'])
      expect(said(await post(tenant.as('member'), id, 'redeem', { digest }))).toEqual([409, 'not_approved'])
      expect(await history(id)).toEqual(['created', 'approved', 'revoked'])
    }
    const { id, digest } = await approved(tenant)
    await post(tenant.as('member'), id, 'redeem', { digest })
    expect(said(await post(tenant.as('reviewer'), id, 'revoke', { comment: 'x' }))).toEqual([409, 'already_redeemed'])
  })

  test('nothing newer than what was seen is revoked by If-Match', async () => {
    const tenant = await newTenant()
    const { id } = await approved(tenant)
    const member = tenant.as('member')
    const revoke = (tag: string) => post(member, id, 'revoke', { comment: 'Broken' }, { 'If-Match': tag })
    const etag = (await member(`${path}/${id}`)).headers.get('ETag')!
    for (const stale of ['"1"', `W/${etag}`, '"never"'])
      expect(await revoke(stale)).toMatchObject({ status: 412, body: { code: 'precondition_failed', etag } })
    expect(await history(id)).toEqual(['created', 'approved'])
    const revoked = await revoke(etag)
    expect(revoked.body.redemption).toMatchObject({ state: 'revoked' })
    expect((await revoke(etag)).body).toEqual(revoked.body)
  })

  test('whoever redeemed reports what came of it, once', async () => {
    const tenant = await newTenant()
    const service = tenant.as('service')
    const { id, digest } = await approved(tenant)
    const failed = { outcome: 'failed', result: { run: 42.1 }, error: 'No disk' }
    expect(said(await post(service, id, 'outcome', failed))).toEqual([409, 'not_redeemed'])
    await post(service, id, 'redeem', { digest })
    expect(said(await post(tenant.as('member'), id, 'outcome', failed))).toEqual([403, 'not_redeemer'])
    const reported = await post(service, id, 'outcome', failed)
    expect(reported.body.redemption).toMatchObject({ state: 'redeemed', ...failed })
    expect((await post(service, id, 'outcome', failed)).body).toEqual(reported.body)
    const again = (result: string) =>
      service(`${path}/${id}/outcome`, {
        method: 'POST',
        body: `{"error":"No disk","outcome":"failed","result":${result}}`,
      })
    expect((await again(' { "run" : 42.10 } ')).body).toEqual(reported.body)
    for (const other of ['{"run":"42.1"}', '{"run":42.100000000000000001}', '{"run":42.1,"more":null}', 'null'])
      expect(said(await again(other))).toEqual([409, 'already_reported'])
    expect(said(await post(service, id, 'outcome', { outcome: 'succeeded' }))).toEqual([409, 'already_reported'])
    expect(await history(id)).toEqual(['created', 'approved', 'redeemed', 'executed'])
  })
})

test('lists narrow by status, type, requester, subject and reference, and lead on by cursor', async () => {
  const tenant = await newTenant()
  const [member, service] = [tenant.as('member'), tenant.as('service')]
  const made: string[] = []
  for (let n = 0; n < 6; n += 1) {
    const more = {
      type: n % 2 ? 'refund' : 'deployment',
      subject: { type: 'service', id: `s${n % 3}` },
      external_ref: `r${n}`,
    }
    made.unshift((await ask(n < 3 ? member : service, more)).body.id)
  }
  await post(tenant.as('admin'), made[0]!, 'approve')
  const list = async (query: string) => {
    const { body } = await tenant.as('reviewer')(`${path}?${query}`)
    return { at: body.data.map(({ id }: any) => made.indexOf(id)), total: body.pagination.total, next: body.next }
  }
  expect(await list('')).toEqual({ at: [0, 1, 2, 3, 4, 5], total: 6, next: null })
  expect(await list('status=approved')).toMatchObject({ at: [0], total: 1 })
  expect(await list('type=refund')).toMatchObject({ at: [0, 2, 4], total: null })
  expect(await list('type=refund&status=pending')).toMatchObject({ at: [2, 4] })
  expect(await list('requester_id=usr_member')).toMatchObject({ at: [3, 4, 5] })
  expect(await list('requester_id=usr_member&type=deployment')).toMatchObject({ at: [3, 5] })
  expect(await list('subject_type=service&subject_id=s0')).toMatchObject({ at: [2, 5] })
  expect(await list('subject_type=person&subject_id=s0')).toMatchObject({ at: [] })
  expect(await list('external_ref=r5')).toMatchObject({ at: [0] })
  expect(await list('external_ref=r5&status=pending')).toMatchObject({ at: [] })
  expect(await list('external_ref=r5&status=approved&type=refund')).toMatchObject({ at: [0] })
  // The link keeps what the list was narrowed to, however that is written.
  const narrowed = await tenant.as('reviewer')(`${path}?%6Cimit=1&page=1&subject_type=service&subject%5Fid=s0`)
  expect(narrowed.headers.get('Link')).toMatch(
    /\/v1\/requests\?%6Cimit=1&subject_type=service&subject%5Fid=s0&cursor=[\w-]+>; rel="next"$/,
  )
  const first = await list('limit=4')
  expect([first.at, (await list(`limit=4&cursor=${first.next}`)).at]).toEqual([
    [0, 1, 2, 3],
    [4, 5],
  ])
  expect((await list('limit=2&page=3')).at).toEqual([4, 5])
  const half = await tenant.as('member')(`${path}?subject_type=service`)
  expect(half).toMatchObject({ status: 422, body: { errors: [{ in: 'query', pointer: '/subject_id' }] } })
})

describe('who sees what', () => {
  test('a restricted request is not there for a stranger: not by id, in a list, in a total, by reference', async () => {
    const tenant = await newTenant()
    const mine = tenant.as('ada', ['member'])
    const open = { restricted: true, external_ref: 'secret', type: 'offer' }
    const { id, digest } = await approved(tenant, open, mine)
    const stranger = tenant.as('eve', ['member', 'service'])
    const answers = [
      await stranger(`${path}/${id}`),
      await amend(stranger, id, { title: 'x' }),
      await stranger(`${path}/${id}`, { method: 'DELETE' }),
      await post(stranger, id, 'redeem', { digest }),
      await post(stranger, id, 'revoke', { comment: 'x' }),
      await post(stranger, id, 'outcome', { outcome: 'failed' }),
    ]
    expect(answers.map(said)).toEqual(answers.map(() => [404, 'not_found']))
    for (const query of ['', 'type=offer', 'external_ref=secret', 'status=approved', 'requester_id=usr_ada']) {
      const { body } = await stranger(`${path}?${query}`)
      expect([query, body.data, body.pagination.total ?? 0]).toEqual([query, [], 0])
      for (const who of [mine, tenant.as('reviewer')])
        expect([query, (await who(`${path}?${query}`)).body.data]).toMatchObject([query, [{ id, restricted: true }]])
    }
    expect((await ask(stranger, open)).status).toBe(201)
    expect((await ask(mine, open)).body).toMatchObject({
      code: 'duplicate_external_ref',
      existing: [{ request_id: id }],
    })
    expect((await post(mine, id, 'redeem', { digest })).status).toBe(200)
  })

  test('a key bound to an agent instance reaches what was asked through it, redeems it, and never votes', async () => {
    const tenant = await newTenant()
    const [one, two] = [crypto.randomUUID(), crypto.randomUUID()]
    const [agent, other] = [await boundTo(tenant, one), await boundTo(tenant, two)]
    const { id, digest } = await approved(tenant, { requester_id: 'usr_ada' }, agent)
    expect((await agent(path)).body.data).toMatchObject([{ id, requester_id: 'usr_ada' }])
    expect((await other(path)).body).toMatchObject({ data: [], pagination: { total: null } })
    expect(said(await other(`${path}/${id}`))).toEqual([404, 'not_found'])
    expect(said(await post(other, id, 'redeem', { digest }))).toEqual([404, 'not_found'])
    expect(said(await post(agent, id, 'approve'))).toEqual([403, 'forbidden'])
    expect((await post(agent, id, 'redeem', { digest })).status).toBe(200)
    expect((await post(agent, id, 'outcome', { outcome: 'succeeded' })).body.redemption.outcome).toBe('succeeded')
    const foreign = (await ask(tenant.as('member'))).body.id
    expect(said(await agent(`${path}/${foreign}`))).toEqual([404, 'not_found'])
  })
})

describe('of many who act at once', () => {
  const many = Array.from({ length: 20 }, (_, n) => n)

  test('one redeems', async () => {
    const tenant = await newTenant()
    const { id, digest } = await approved(tenant)
    const callers = many.map((n) => (n % 2 ? tenant.as('member') : tenant.as('service')))
    const answers = await Promise.all(callers.map((caller) => post(caller, id, 'redeem', { digest }, key())))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ body }) => body.code === 'already_redeemed')).toHaveLength(19)
    expect(await history(id)).toEqual(['created', 'approved', 'redeemed'])
  })

  /** As of a later time, at which it has expired, or lapsed. */
  const sweep = async (job: (ctx: Ctx) => Promise<number>) => {
    await job(systemContext(env, 'system:maintenance', Date.now() + 2 * 3_600_000))
    return { status: 200, body: {} }
  }
  type Act = (
    tenant: Tenant,
    asked: { id: string; digest: string },
    n: number,
  ) => Promise<Pick<Answer, 'status' | 'body'>>
  const pending: Record<string, Act> = {
    approve: (tenant, { id }, n) => post(tenant.as(`r${n}`, ['reviewer']), id, 'approve'),
    reject: (tenant, { id }, n) => post(tenant.as(`r${n}`, ['reviewer']), id, 'reject', { comment: 'No' }),
    withdraw: (tenant, { id }) => tenant.as('member')(`${path}/${id}`, { method: 'DELETE' }),
    amend: (tenant, { id }, n) => amend(tenant.as('member'), id, { title: `${n}` }),
    expire: () => sweep(expireDue),
  }
  const afterwards: Record<string, Act> = {
    redeem: (tenant, { id, digest }) => post(tenant.as('member'), id, 'redeem', { digest }),
    revoke: (tenant, { id }, n) => post(tenant.as('reviewer'), id, 'revoke', { comment: `${n}` }),
    report: (tenant, { id }, n) => post(tenant.as('member'), id, 'outcome', { outcome: 'succeeded', result: n }),
    lapse: () => sweep((system) => lapseUnredeemed(system, requestKind)),
  }
  /** What may come next in the history of a request. */
  const followers: Record<string, string[]> = {
    created: ['amended', 'approved', 'rejected', 'withdrawn', 'expired'],
    amended: ['amended', 'approved', 'rejected', 'withdrawn', 'expired'],
    approved: ['redeemed', 'revoked', 'lapsed'],
    redeemed: ['executed'],
  }
  const all = [pending, afterwards].flatMap((acts) =>
    Object.keys(acts).flatMap((one, n, names) => names.slice(n).map((other) => [one, other, acts] as const)),
  )
  /** Over a connection those that people do at once. */
  const pairs = all.filter(([one, other]) => !overSocket || (one !== other && !['expire', 'lapse'].includes(other)))

  test.each(pairs)('%s and %s: each has happened or not, and nothing after the end', async (one, other, acts) => {
    const tenant = await newTenant()
    const member = tenant.as('member')
    const hours = { expires_in_hours: 1, redeem_within_hours: 1 }
    const asked = acts === afterwards ? await approved(tenant, hours) : (await ask(member, hours)).body
    const answers = await Promise.all(many.map((n) => acts[n % 2 ? other : one]!(tenant, asked, n)))
    expect(answers.filter(({ status }) => ![200, 409, 503].includes(status))).toEqual([])

    const events = await history(asked.id)
    for (const [n, type] of events.slice(1).entries()) expect(followers[events[n]!], events.join()).toContain(type)
    // Something has come of it, unless there was nothing that could: a report of what nobody has redeemed.
    expect(events.length > (acts === afterwards ? 2 : 1)).toBe(one !== 'report' || other === 'lapse')
    const { results: votes } = await env.DB.prepare(
      'SELECT revision, vote FROM votes WHERE approval_id = ? AND voided_at = 0',
    )
      .bind(asked.id)
      .all<any>()
    const { body } = await member(`${path}/${asked.id}`)
    const isDecided = ['approved', 'rejected'].includes(body.status)
    expect(votes.map(({ revision }) => revision)).toEqual(isDecided ? [body.revision] : [])
    expect(body.revision).toBe(1 + events.filter((type) => type === 'amended').length)
  })
})
