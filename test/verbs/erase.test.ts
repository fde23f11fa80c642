import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { endTenant, leftOf } from '../../scripts/end-tenant.ts'
import { verifyExport } from '../../scripts/verify-export.ts'
import { erasePerson, type Erasing } from '../../src/history/erase-person.ts'
import { requestKind } from '../../src/requests/request-kind.ts'
import { revokeRequest } from '../../src/standard/redeem.ts'
import { eventfulTenant } from '../support/mutations.ts'
import { includes } from '../support/rfc9162.ts'
import { sealed } from '../support/sealed.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'

/* What goes with a person, and with a tenant; and what still holds. */

const exported = async (tenant: Tenant) => (await tenant.as('admin')('/v1/history/export')).body as string
const found = import.meta.glob<{ erase: Erasing }>('../../src/*/*.erase.store.ts', { eager: true })
const families = Object.values(found).map(({ erase }) => erase)
const erase = (tenant: Tenant, person: string, isAgain?: boolean) =>
  erasePerson(tenant.ctx('operator', []), person, families, isAgain)

test('of a person who is erased no text is left, and what was sealed is verified as before', async () => {
  const tenant = await eventfulTenant()
  const admin = tenant.as('admin')
  const before = (await admin('/v1/history/checkpoint')).body
  await env.DB.prepare(
    "UPDATE people SET name = 'Carla Coordinator', email = 'carla@example.com' WHERE tenant_id = ? AND id = 'usr_coordinator'",
  )
    .bind(tenant.id)
    .run()
  expect(await exported(tenant)).toContain('Fine, thanks')
  const { data } = (await admin('/v1/events?types=claim.approved')).body
  expect(await erase(tenant, 'usr_coordinator')).toBeGreaterThanOrEqual(4)
  const text = await exported(tenant)
  for (const word of ['Fine, thanks', 'Not so', 'Carla']) expect(text).not.toContain(word)
  expect(text).toContain('"actor":"usr_coordinator"')
  const everything = await env.DB.batch<object>(
    ['people', 'approvals', 'batches', 'api_keys', 'events']
      .map((table) => `SELECT * FROM ${table} WHERE tenant_id = ?`)
      .concat('SELECT * FROM votes WHERE approval_id IN (SELECT id FROM approvals WHERE tenant_id = ?)')
      .map((all) => env.DB.prepare(all).bind(tenant.id)),
  )
  expect(JSON.stringify(everything.map(({ results }) => results))).not.toMatch(/Fine, thanks|Not so|Carla|carla@/)
  const verified = await verifyExport(text.split('\n'), { earlier: [before.checkpoint] })
  expect(verified.erased).toBeGreaterThanOrEqual(4)
  const [event] = (await admin('/v1/events?types=claim.approved')).body.data
  expect(event).toMatchObject({ salt: '', data: { decision_id: expect.any(String) }, erased_at: expect.any(String) })
  expect(event).toMatchObject({ data_hash: data[0].data_hash, vote: data[0].vote })
  expect(includes((await admin(`/v1/history/proof?event=${event.id}`)).body)).toBe(true)
  expect((await admin(`/v1/approvals/${event.resource}/receipt`)).status).toBe(200)
  await sealed(tenant.id)
  await verifyExport((await exported(tenant)).split('\n'))
  const last = (await admin('/v1/events?types=person.erased')).body.data
  expect(last).toMatchObject([{ resource: 'usr_coordinator', actor: 'usr_operator', to: 'erased' }])
})

test('what a policy says stays in the history, sealed, whoever is erased that has made it', async () => {
  const tenant = await newTenant()
  const body = {
    name: 'Payroll',
    match: { kind: 'request', type: 'payroll' },
    approver_roles: ['admin'],
    required_approvals: 1,
  }
  const boss = tenant.as('boss', ['admin'])
  for (const name of ['admin', 'reviewer', 'member'] as const) await tenant.as(name)('/v1/me')
  const made = (await boss('/v1/policies', { method: 'POST', body })).body
  const change = { approver_roles: ['admin', 'reviewer'] }
  await boss(`/v1/policies/${made.id}`, { method: 'PATCH', body: change })
  await sealed(tenant.id)
  await erase(tenant, 'usr_boss')
  const { data } = (await tenant.as('admin')('/v1/events?types=policy.created,policy.updated')).body
  expect(data.map(({ erased_at, data: { policy } }: any) => [erased_at !== null, policy.approver_roles])).toEqual([
    [true, ['admin']],
    [true, change.approver_roles],
  ])
  const lines = (await exported(tenant)).split('\n')
  await verifyExport(lines)
  const forged = lines.map((line) => line.replace('[\\"admin\\"]', '[\\"member\\"]'))
  expect(forged).not.toEqual(lines)
  await expect(verifyExport(forged)).rejects.toThrow()
})

test('nothing is left of what somebody reported of a request, or said when they revoked one', async () => {
  const tenant = await newTenant()
  const approved = async () => {
    const body = { type: 'x', title: 'May I?', requester_id: 'usr_member' }
    const { id, digest } = (await tenant.as('service')('/v1/requests', { method: 'POST', body })).body
    await tenant.as('reviewer')(`/v1/requests/${id}/approve`, { method: 'POST' })
    return { at: `/v1/requests/${id}`, digest }
  }
  const by = async (name: 'service' | 'reviewer', path: string, body: object) => {
    const answer = await tenant.as(name)(path, { method: 'POST', body })
    expect([path, answer.status]).toEqual([path, 200])
  }
  const [redeemed, revoked] = [await approved(), await approved()]
  await by('service', `${redeemed.at}/redeem`, { digest: redeemed.digest })
  await by('service', `${redeemed.at}/outcome`, { outcome: 'failed', result: { said: 'Odd' }, error: 'Odd luck' })
  await by('reviewer', `${revoked.at}/revoke`, { comment: 'Odd thing' })
  await erase(tenant, 'usr_service')
  await erase(tenant, 'usr_reviewer')
  for (const { at } of [redeemed, revoked]) {
    expect(JSON.stringify((await tenant.as('admin')(at)).body)).not.toContain('Odd')
  }
})

test('nor of what an admin was answered when they made the person, or a key of theirs', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const made = async (path: string, body: object) => {
    const headers = { 'Idempotency-Key': 'once' }
    return admin(path, { method: 'POST', body, headers })
  }
  const zoe = { name: 'Zoe Zimmer', email: 'zoe@example.com', roles: ['member'] }
  const { id } = (await made('/v1/people', zoe)).body
  expect((await made('/v1/people', zoe)).headers.get('Idempotency-Replayed')).toBe('true')
  expect((await made('/v1/api-keys', { person_id: id, name: 'Zoe at home' })).status).toBe(201)
  await admin('/v1/groups', { method: 'POST', body: { name: 'Others' }, headers: { 'Idempotency-Key': 'once' } })
  await erase(tenant, id)
  const { results } = await env.DB.prepare('SELECT path, answer FROM idempotency_keys WHERE tenant_id = ?')
    .bind(tenant.id)
    .all<{ path: string; answer: string }>()
  expect(results.map(({ path }) => path)).toEqual(['/v1/groups'])
})

test('what somebody said while their key was still trusted is erased the next time, and that is told', async () => {
  const tenant = await newTenant()
  const body = { type: 'x', title: 'May I?', requester_id: 'usr_member' }
  const { id } = (await tenant.as('service')('/v1/requests', { method: 'POST', body })).body
  await tenant.as('reviewer')(`/v1/requests/${id}/approve`, { method: 'POST' })
  const told = async () =>
    (await tenant.as('admin')('/v1/events?types=person.erased')).body.data.map(({ data }: any) => data)
  await erase(tenant, 'usr_reviewer')
  // As one does whom an isolate has authenticated before.
  await revokeRequest(tenant.ctx('reviewer'), requestKind, id, 'Odd thing', null)
  const texts = async () =>
    JSON.stringify([await tenant.as('admin')('/v1/events'), await tenant.as('admin')(`/v1/requests/${id}`)])
  expect(await texts()).toContain('Odd thing')
  expect(await erase(tenant, 'usr_reviewer', true)).toBe(1)
  expect(await texts()).not.toContain('Odd thing')
  const both = [{ events: expect.any(Number) }, { events: 1 }]
  expect(await told()).toEqual(both)
  expect(await erase(tenant, 'usr_reviewer', true)).toBe(0)
  expect(await told()).toEqual(both)
})

test('what happened and is not sealed yet is sealed as it was, though it is erased', async () => {
  const tenant = await newTenant()
  await tenant.as('member')('/api/v1/claims', {
    method: 'POST',
    body: { description: 'x', amount: 1, currency: 'EUR' },
  })
  const [before] = (await tenant.as('admin')('/v1/events')).body.data
  await erase(tenant, 'usr_member')
  await sealed(tenant.id)
  const [event] = (await tenant.as('admin')('/v1/events')).body.data
  expect(event).toMatchObject({ data_hash: before.data_hash, salt: '' })
  await verifyExport((await exported(tenant)).split('\n'))
})

test('erasing somebody twice, or one whom nobody knows, does no harm', async () => {
  const tenant = await eventfulTenant()
  await erase(tenant, 'usr_member')
  await erase(tenant, 'usr_member')
  await erase(tenant, 'usr_nobody')
  await verifyExport((await exported(tenant)).split('\n'))
})

test('an event changes in no other way', async () => {
  const tenant = await eventfulTenant()
  const where = `WHERE tenant_id = '${tenant.id}' AND seq = 1`
  for (const change of [
    `UPDATE events SET data = '{}', salt = '' ${where}`,
    `UPDATE events SET type = 'x.y' ${where}`,
    `DELETE FROM events ${where}`,
  ]) {
    await expect(async () => env.DB.prepare(change).run()).rejects.toThrow('append-only')
  }
  await env.DB.prepare(
    `INSERT INTO erased_events (tenant_id, seq, data_hash, kept, erased_at) SELECT tenant_id, seq, substr(hex(zeroblob(22)), 1, 44), '{}', 0 FROM events ${where}`,
  ).run()
  await expect(async () =>
    env.DB.prepare(`UPDATE events SET data = '{}', salt = '', actor_id = 'usr_x' ${where}`).run(),
  ).rejects.toThrow('append-only')
  await env.DB.prepare(`UPDATE events SET data = '{}', salt = '' ${where}`).run()
})

test('of a tenant that is deleted nothing is left in any table, and of others everything', async () => {
  const [gone, other] = [await eventfulTenant(), await eventfulTenant()]
  const before = await leftOf(env.DB, other.id)
  expect(Object.keys(await leftOf(env.DB, gone.id)).length).toBeGreaterThan(15)
  const rows = await endTenant(env.DB, gone.id, Date.now())
  expect(rows).toMatchObject({ events: expect.any(Number), votes: expect.any(Number), approvals: 4 })
  expect(await leftOf(env.DB, gone.id)).toEqual({})
  expect(await leftOf(env.DB, other.id)).toEqual(before)
  const { results: tables } = await env.DB.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%\n  tenant_id %'",
  ).all<{ name: string }>()
  expect(tables.length).toBeGreaterThan(15)
  for (const { name } of tables) {
    const left = await env.DB.prepare(`SELECT count(*) AS n FROM ${name} WHERE tenant_id = ?`).bind(gone.id).first('n')
    expect([name, left]).toEqual([name, 0])
  }
  expect(await endTenant(env.DB, gone.id, Date.now())).toEqual({})
})
