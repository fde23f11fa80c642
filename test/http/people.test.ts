import { env } from 'cloudflare:workers'
import { expect, test, vi } from 'vitest'
import { createApp } from '../../src/app.ts'
import { submitClaims } from '../support/batches.ts'
import { overSocket } from '../support/over-socket.ts'
import { arrived, newReceiver } from '../support/receiver.ts'
import { newTenant, send, type Answer, type Call, type Caller, type Tenant } from '../support/tenant.ts'

/* People, groups and keys: what an admin can do with them, and what becomes of who has lost something. */

const post = (body: unknown, headers = {}) => ({ method: 'POST', body, headers })
const patch = (body: unknown, headers = {}) => ({ method: 'PATCH', body, headers })
const remove = { method: 'DELETE' }

const withSecret =
  (secret: string): Caller =>
  (path, call) =>
    send(path, { ...call, headers: { 'X-API-Key': secret, ...call?.headers } })

/** A person with a key of theirs. */
async function joining(tenant: Tenant, person: object, key: object = {}) {
  const admin = tenant.as('admin')
  const { id } = (await admin('/v1/people', post({ name: 'Ada', ...person }))).body
  const made = await admin('/v1/api-keys', post({ person_id: id, name: 'Laptop', ...key }))
  expect([made.status, made.body]).toMatchObject([201, { person_id: id, created_by: 'usr_admin' }])
  return { id: id as string, key: made.body.id as string, secret: made.body.secret, as: withSecret(made.body.secret) }
}

/** The tenant's events about this, without what differs each time. */
const eventsOf = async (tenant: Tenant, id: string) =>
  (
    await env.DB.prepare(
      'SELECT type, actor_id, from_status, to_status, data FROM events WHERE tenant_id = ? AND resource_id = ? ORDER BY seq',
    )
      .bind(tenant.id, id)
      .all<any>()
  ).results.map(({ data, ...event }) => ({ ...event, data: JSON.parse(data) }))

test('whoever gets a key can say who they are, and act as themselves', async () => {
  const tenant = await newTenant()
  const ada = await joining(tenant, { id: 'usr_ada', email: 'ada@example.com', roles: ['member', 'reviewer'] })
  expect(ada.secret).toMatch(/^cs_[0-9a-f]{48}$/)
  expect((await ada.as('/v1/me')).body).toEqual({
    person: { id: 'usr_ada', name: 'Ada', email: 'ada@example.com', kind: 'human' },
    roles: ['member', 'reviewer'],
    groups: [],
    key: { id: ada.key, name: 'Laptop', expires_at: null },
    tenant: { id: tenant.id, name: tenant.id, time_zone: 'UTC' },
    instance_id: null,
  })
  const [claim] = await submitClaims(ada.as, 1)
  expect((await ada.as(`/api/v1/claims/${claim}`)).body).toMatchObject({ claimant_id: 'usr_ada' })
})

test('every role may read ids and names; the rest of a person is for admins', async () => {
  const tenant = await newTenant()
  const { id } = await joining(tenant, { email: 'ada@example.com' })
  const whole = {
    id,
    name: 'Ada',
    email: 'ada@example.com',
    kind: 'human',
    roles: ['member'],
    groups: [],
    disabled: false,
    created_at: expect.any(String),
    updated_at: expect.any(String),
  }
  for (const role of ['member', 'coordinator', 'reviewer', 'service'] as const) {
    expect((await tenant.as(role)(`/v1/people/${id}`)).body).toEqual({ id, name: 'Ada' })
    const { data } = (await tenant.as(role)('/v1/people')).body
    expect(data).toContainEqual({ id, name: 'Ada' })
    expect(data.map((one: object) => Object.keys(one).join())).toEqual(data.map(() => 'id,name'))
  }
  expect((await tenant.as('admin')(`/v1/people/${id}`)).body).toEqual(whole)
  expect((await tenant.as('admin')('/v1/people')).body.data).toContainEqual(whole)
})

test('an id is one person’s, and one group’s, for ever', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  for (const path of ['/v1/people', '/v1/groups']) {
    const id = 'of:somebody@example.com'
    const taken = { status: 409, body: { code: 'duplicate_id' } }
    expect((await admin(path, post({ id, name: 'First' }))).body).toMatchObject({ id, name: 'First' })
    expect(await admin(path, post({ id, name: 'Second' }))).toMatchObject(taken)
    const at = `${path}/${encodeURIComponent(id)}`
    expect((await admin(at, remove)).body).toEqual({ id, deleted: true })
    expect(await admin(path, post({ id, name: 'Third' }))).toMatchObject(taken)
    for (const call of [{}, patch({ name: 'x' }), remove]) expect((await admin(at, call)).status).toBe(404)
    expect((await admin(path)).body.data.map((one: any) => one.id)).not.toContain(id)
  }
  expect((await admin('/v1/people', post({ id: 'System:x', name: 'x' }))).status).toBe(422)
})

test('what is wrong with a person, a group or a key is said, all of it', async () => {
  const admin = (await newTenant()).as('admin')
  const faults = async (path: string, body: unknown) => {
    const answer = await admin(path, post(body))
    expect([answer.status, answer.body.code]).toEqual([422, 'invalid_input'])
    return answer.body.errors.map((one: any) => one.pointer).sort()
  }
  const person = { name: '', email: 'nowhere', roles: ['owner'], groups: ['grp_none'], id: 'system:x', age: 3 }
  expect(await faults('/v1/people', person)).toEqual(['/age', '/email', '/groups/0', '/id', '/name', '/roles/0'])
  expect(await faults('/v1/people', { name: 'Ada', groups: ['grp_none'], roles: ['member', 'member'] })).toEqual([
    '/groups/0',
    '/roles/1',
  ])
  expect(await faults('/v1/groups', { name: '', member_ids: ['usr_admin', 'usr_none'] })).toEqual([
    '/member_ids/1',
    '/name',
  ])
  const over = new Date(Date.now() - 1).toISOString()
  const key = { person_id: 'usr_admin', name: '', roles: ['admin', 'service'], expires_at: over, instance_id: 'x' }
  expect(await faults('/v1/api-keys', key)).toEqual(['/expires_at', '/instance_id', '/name', '/roles/1'])
  expect(await faults('/v1/api-keys', { person_id: 'usr_none', name: 'x', expires_at: over })).toEqual([
    '/expires_at',
    '/person_id',
  ])
  // Beside an entry that is at fault itself, those that only what is stored tells.
  expect(await faults('/v1/people', { name: 'Ada', groups: ['grp_none', 'grp_x', 'grp_x', 7] })).toEqual([
    '/groups/0',
    '/groups/1',
    '/groups/2',
    '/groups/3',
  ])
  const members = ['nobody1', 'usr_admin', 'usr_admin', '']
  expect(await faults('/v1/groups', { name: 'g', member_ids: members })).toEqual([
    '/member_ids/0',
    '/member_ids/2',
    '/member_ids/3',
  ])
  expect(await faults('/v1/api-keys', { person_id: 'usr_admin', name: 'x', roles: ['service', 'service'] })).toEqual([
    '/roles/0',
    '/roles/1',
  ])
  const many = Array.from({ length: 1_001 }, (_, index) => `usr_${index}`)
  expect(await faults('/v1/groups', { name: 'All', member_ids: many })).toContain('/member_ids')
})

test('nobody is called as the service calls itself', async () => {
  const admin = (await newTenant()).as('admin')
  const { id } = (await admin('/v1/people', post({ name: 'Systema: Ada' }))).body
  for (const name of ['system:auto-approve', ' SYSTEM: x', 'Sys\u00adtem\uff1ax', '\u200bsystem:', 'sy stem:x']) {
    for (const answer of [
      await admin('/v1/people', post({ name })),
      await admin(`/v1/people/${id}`, patch({ name })),
      await admin('/v1/people', post({ name, email: 'nowhere' })),
    ]) {
      expect([name, answer.status, answer.body.errors]).toEqual([
        name,
        422,
        expect.arrayContaining([
          expect.objectContaining({ pointer: '/name', message: 'must not begin with system:, which is reserved' }),
        ]),
      ])
    }
  }
  expect((await admin(`/v1/people/${id}`)).body.name).toBe('Systema: Ada')
})

test.each(['.', '..', 'a"b', 'a\\b', ',', 'a,b'])(
  '%s is nobody’s id: none is taken for another, each is in a path',
  async (id) => {
    const admin = (await newTenant()).as('admin')
    for (const path of ['/v1/people', '/v1/groups']) {
      const { status, body } = await admin(path, post({ id, name: 'Ada' }))
      expect([status, body.errors]).toMatchObject([422, [{ pointer: '/id' }]])
    }
  },
)

test('a group has its members, and each of them the group, whichever side it is said from', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const [ada, eva] = [await joining(tenant, {}), await joining(tenant, { name: 'Eva' })]
  const membersOf = async (id: string) => (await admin(`/v1/groups/${id}`)).body.member_ids
  const groupsOf = async (id: string) => (await admin(`/v1/people/${id}`)).body.groups
  await admin('/v1/groups', post({ id: 'grp_a', name: 'A', member_ids: [ada.id, eva.id] }))
  await admin('/v1/groups', post({ id: 'grp_b', name: 'B' }))
  expect((await ada.as('/v1/me')).body.groups).toEqual(['grp_a'])
  await admin(`/v1/people/${ada.id}`, patch({ groups: ['grp_b'] }))
  expect([await membersOf('grp_a'), await membersOf('grp_b')]).toEqual([[eva.id], [ada.id]])
  await admin('/v1/groups/grp_b', patch({ member_ids: [eva.id] }))
  expect([await groupsOf(ada.id), await groupsOf(eva.id)]).toEqual([[], ['grp_a', 'grp_b']])
  const both = await joining(tenant, { groups: ['grp_b', 'grp_a'] })
  expect(await membersOf('grp_a')).toEqual([eva.id, both.id])
  await admin(`/v1/people/${eva.id}`, remove)
  await admin('/v1/groups/grp_a', remove)
  expect([await membersOf('grp_b'), await groupsOf(both.id)]).toEqual([[both.id], ['grp_b']])
  const unknown = await admin('/v1/groups/grp_b', patch({ member_ids: [both.id, eva.id] }))
  expect(unknown).toMatchObject({ status: 422, body: { errors: [{ pointer: '/member_ids/1' }] } })
  expect(await admin(`/v1/people/${ada.id}`, patch({ groups: ['grp_a'] }))).toMatchObject({ status: 422 })
})

test('an admin says whether tokens fill a group; that is a change like any other', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const plain = await admin('/v1/groups', post({ name: 'By hand' }))
  expect(plain.body.filled_by_oidc).toBe(false)
  const filled = await admin('/v1/groups', post({ id: 'grp_f', name: 'By tokens', filled_by_oidc: true }))
  expect(filled.body.filled_by_oidc).toBe(true)
  const changed = await admin('/v1/groups/grp_f', patch({ filled_by_oidc: false }))
  expect(changed.body).toEqual({ ...filled.body, filled_by_oidc: false, updated_at: changed.body.updated_at })
  expect((await eventsOf(tenant, 'grp_f')).map(({ data }) => data)).toEqual([
    { name: 'By tokens', joined: [], left: [], filled_by_oidc: true },
    { name: 'By tokens', joined: [], left: [], filled_by_oidc: false },
  ])
})

test('a group has at most 1,000 members, from whichever side', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const ids = Array.from({ length: 1_000 }, (_, index) => `usr_m${index}`)
  await env.DB.prepare(
    "INSERT INTO people (tenant_id, id, name, roles, created_at, updated_at) SELECT ?, value, value, '[]', 0, 0 FROM json_each(?)",
  )
    .bind(tenant.id, JSON.stringify(ids))
    .run()
  const made = await admin('/v1/groups', post({ id: 'grp_all', name: 'All', member_ids: ids }))
  expect([made.status, made.body.member_ids.length]).toEqual([201, 1_000])
  const one = await admin('/v1/people', post({ name: 'One more', groups: ['grp_all'] }))
  expect(one).toMatchObject({ status: 422, body: { errors: [{ pointer: '/groups/0' }] } })
  expect((await admin('/v1/people/usr_m7', patch({ name: 'Seven', groups: ['grp_all'] }))).status).toBe(200)
})

test('If-Match: what somebody else has changed meanwhile is not overwritten; a group’s members are changed by it', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const { id } = await joining(tenant, {})
  const seen = (await admin(`/v1/people/${id}`)).headers.get('ETag')!
  const group = await admin('/v1/groups', post({ name: 'A', member_ids: [id] }))
  const stale = await admin(`/v1/people/${id}`, patch({ name: 'x' }, { 'If-Match': seen }))
  expect(stale).toMatchObject({ status: 412, body: { code: 'precondition_failed' } })
  const now = (await admin(`/v1/people/${id}`)).headers.get('ETag')!
  const changed = await admin(`/v1/people/${id}`, patch({ groups: [] }, { 'If-Match': now }))
  expect([changed.status, changed.headers.get('ETag') === now]).toEqual([200, false])
  const left = await admin(`/v1/groups/${group.body.id}`, {
    method: 'DELETE',
    headers: { 'If-Match': group.headers.get('ETag')! },
  })
  expect(left.status).toBe(412)
  const same = await admin(`/v1/people/${id}`, patch({ groups: [], name: 'Ada' }))
  expect(same.headers.get('ETag')).toBe(changed.headers.get('ETag'))
  const types = (await eventsOf(tenant, id)).map(({ type }) => type)
  expect(types).toEqual(['person.created', 'person.updated'])
})

test('a role that is taken away is gone from every key with the next call, and back when it is given again', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const ada = await joining(tenant, { roles: ['member', 'coordinator'] }, { roles: ['coordinator'] })
  const batches = () => ada.as('/api/v1/approval-batches', post({ claim_ids: ['clm_x'] }))
  expect((await batches()).status).toBe(201)
  await admin(`/v1/people/${ada.id}`, patch({ roles: ['member'] }))
  expect(await batches()).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  // Not even what its person may: it never had that role.
  expect((await ada.as('/api/v1/claims')).status).toBe(403)
  expect((await admin(`/v1/api-keys/${ada.key}`)).body.roles).toEqual(['coordinator'])
  await admin(`/v1/people/${ada.id}`, patch({ roles: ['coordinator'] }))
  expect((await batches()).status).toBe(201)
})

test('the keys of who is disabled, or deleted, are no good at once; what they did stays', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const [ada, eva] = [await joining(tenant, {}), await joining(tenant, { name: 'Eva' })]
  const [claim] = await submitClaims(eva.as, 1)
  expect((await ada.as('/v1/me')).status).toBe(200)
  await admin(`/v1/people/${ada.id}`, patch({ disabled: true }))
  expect(await ada.as('/v1/me')).toMatchObject({ status: 401, body: { code: 'unauthorized' } })
  await admin(`/v1/people/${ada.id}`, patch({ disabled: false }))
  expect((await ada.as('/v1/me')).status).toBe(200)
  await admin(`/v1/people/${eva.id}`, remove)
  expect((await eva.as('/v1/me')).status).toBe(401)
  expect((await admin(`/v1/api-keys/${eva.key}`)).body.revoked_at).toEqual(expect.any(String))
  expect((await admin(`/api/v1/claims/${claim}`)).body).toMatchObject({ claimant_id: eva.id, status: 'pending' })
  expect(await admin('/v1/api-keys', post({ person_id: eva.id, name: 'x' }))).toMatchObject({ status: 422 })
})

test('a revoked key is no good at once; revoking it again changes nothing', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const ada = await joining(tenant, {})
  expect((await ada.as('/v1/me')).status).toBe(200)
  const revoked = await admin(`/v1/api-keys/${ada.key}`, remove)
  expect(revoked).toMatchObject({ status: 200, body: { id: ada.key, revoked_at: expect.any(String) } })
  expect((await ada.as('/v1/me')).status).toBe(401)
  const again = await admin(`/v1/api-keys/${ada.key}`, remove)
  expect(again.body).toEqual({ ...revoked.body, last_used_on: again.body.last_used_on })
  expect((await eventsOf(tenant, ada.key)).map(({ type }) => type)).toEqual(['key.created', 'key.revoked'])
  expect((await admin('/v1/api-keys/key_nobody', remove)).status).toBe(404)
})

test('a secret is shown once: it is in no other answer, no table, no event, no log', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const logged = overSocket ? null : [vi.spyOn(console, 'log'), vi.spyOn(console, 'error')]
  const body = { person_id: 'usr_admin', name: 'Laptop' }
  const headers = { 'Idempotency-Key': 'first' }
  const made = await admin('/v1/api-keys', post(body, headers))
  const again = await admin('/v1/api-keys', post(body, headers))
  expect(again.headers.get('Idempotency-Replayed')).toBe('true')
  expect(again.body).toEqual(made.body)
  const { secret, ...rest } = made.body
  expect((await withSecret(secret)('/v1/me')).body.key.id).toBe(rest.id)
  const refused = await withSecret(secret)('/v1/api-keys', post({ name: secret, person_id: 7 }))
  const answers = [await admin('/v1/api-keys'), await admin(`/v1/api-keys/${rest.id}`), refused]
  const { results: tables } = await env.DB.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
  ).all<{ name: string }>()
  expect(tables.length).toBeGreaterThan(15)
  for (const { name } of tables) {
    const { results } = await env.DB.prepare(`SELECT * FROM ${name}`).all()
    expect([name, JSON.stringify(results).includes(secret)]).toEqual([name, false])
  }
  const said = [...answers.map((one) => one.body), ...(logged?.flatMap((spy) => spy.mock.calls) ?? [])]
  expect(JSON.stringify(said)).not.toContain(secret.slice(3))
  for (const spy of logged ?? []) spy.mockRestore()
  expect((await eventsOf(tenant, rest.id))[0]).toEqual({
    type: 'key.created',
    actor_id: 'usr_admin',
    from_status: null,
    to_status: 'active',
    data: { person_id: 'usr_admin', roles: ['admin'], instance_id: null, expires_at: null },
  })
})

// With another binding than the server's, so without it.
test.skipIf(overSocket)('without a key for secrets keys are made, but not under an Idempotency-Key', async () => {
  const tenant = await newTenant()
  const bindings = { ...env, WEBHOOK_SECRET_KEY: undefined } as unknown as Env
  const context = { waitUntil: () => {}, passThroughOnException: () => {} } as never
  const ask = async (more: Record<string, string>) => {
    const headers = { 'X-API-Key': await tenant.key('admin'), 'Content-Type': 'application/json', ...more }
    const body = JSON.stringify({ person_id: 'usr_admin', name: 'x' })
    return createApp().request('/v1/api-keys', { method: 'POST', body, headers }, bindings, context)
  }
  expect((await ask({})).status).toBe(201)
  const refused = await ask({ 'Idempotency-Key': 'k' })
  expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'secrets_unavailable' }])
  expect((await tenant.as('admin')('/v1/api-keys')).body.data).toHaveLength(2)
})

test('a key ends within the years that are written with four digits', async () => {
  const admin = (await newTenant()).as('admin')
  const key = { person_id: 'usr_admin', name: 'x' }
  const last = { ...key, expires_at: '9999-12-31T23:59:59.999Z' }
  expect((await admin('/v1/api-keys', post(last))).status).toBe(201)
  const { status, body } = await admin('/v1/api-keys', post({ ...key, expires_at: '9999-12-31T23:59:59-23:59' }))
  expect([status, body.errors]).toMatchObject([422, [{ pointer: '/expires_at' }]])
})

test('a key expires at its time, reaches one instance if it is bound, and says on which day it was used', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const instance_id = crypto.randomUUID().toUpperCase()
  const expires_at = new Date(Date.now() + 86_400_000).toISOString()
  const bound = await joining(tenant, { kind: 'service', roles: ['service'] }, { instance_id, expires_at })
  expect((await bound.as('/v1/me')).body).toMatchObject({
    person: { kind: 'service' },
    instance_id: instance_id.toLowerCase(),
    key: { expires_at },
  })
  expect((await bound.as('/v1/people')).status).toBe(403)
  const pending = '/approvals/pending?customer_id=160c0c4b-9966-4dc1-a916-8407eb10d74e'
  expect((await bound.as(`/internal/v1/instances/${instance_id}${pending}`)).status).toBe(200)
  const usedOn = async () => (await admin(`/v1/api-keys/${bound.key}`)).body.last_used_on
  const today = new Date().toISOString().slice(0, 10)
  await vi.waitFor(async () => expect(today <= (await usedOn())).toBe(true))
})

test('a tenant always keeps an admin key: not revoked, not of somebody disabled, demoted or deleted', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  await admin('/v1/me')
  const [first] = (await admin('/v1/api-keys')).body.data
  const me = '/v1/people/usr_admin'
  const last = { status: 409, body: { code: 'last_admin_key' } }
  const losses = [
    [`/v1/api-keys/${first.id}`, remove],
    [me, patch({ disabled: true })],
    [me, patch({ roles: ['member'] })],
    [me, remove],
  ] as const
  const allRefused = async () => {
    for (const [path, call] of losses) expect(await admin(path, call)).toMatchObject(last)
  }
  await allRefused()
  // None of these administers as long as the first.
  const soon = new Date(Date.now() + 3_600_000).toISOString()
  const brief = await joining(tenant, { roles: ['admin'] }, { expires_at: soon })
  await joining(tenant, { roles: ['admin'] }, { instance_id: crypto.randomUUID() })
  await joining(tenant, { roles: ['admin', 'member'] }, { roles: ['member'] })
  await joining(tenant, { roles: ['admin'], disabled: true })
  const revoked = await joining(tenant, { roles: ['admin'] })
  expect((await admin(`/v1/api-keys/${revoked.key}`, remove)).status).toBe(200)
  await allRefused()
  expect((await admin(`/v1/api-keys/${brief.key}`, remove)).status).toBe(200)
  expect((await admin(me, patch({ name: 'Still here', roles: ['admin', 'reviewer'] }))).status).toBe(200)
  const second = await joining(tenant, { roles: ['admin'] })
  expect((await second.as(me, patch({ disabled: true }))).status).toBe(200)
  expect(await second.as(`/v1/api-keys/${second.key}`, remove)).toMatchObject(last)
  expect((await second.as(`/v1/api-keys/${first.id}`, remove)).status).toBe(200)
})

test('two who take each other’s admin key at once: one stays', async () => {
  for (const how of ['revoke', 'disable', 'demote', 'delete'] as const) {
    const tenant = await newTenant()
    const two = [await joining(tenant, { roles: ['admin'] }), await joining(tenant, { roles: ['admin'] })] as const
    const [admin] = (await tenant.as('admin')('/v1/api-keys')).body.data.slice(-1)
    expect((await two[0].as(`/v1/api-keys/${admin.id}`, remove)).status).toBe(200)
    const take = ({ key, id }: (typeof two)[number]): [string, Call] =>
      how === 'revoke'
        ? [`/v1/api-keys/${key}`, remove]
        : [
            `/v1/people/${id}`,
            how === 'delete' ? remove : patch(how === 'disable' ? { disabled: true } : { roles: [] }),
          ]
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => two[index % 2]!.as(...take(two[(index + 1) % 2]!))),
    )
    const left = await Promise.all(two.map(({ as }) => as('/v1/api-keys')))
    expect([how, left.filter(({ status }) => status === 200).length]).toEqual([how, 1])
    expect(answers.filter(({ status }) => status >= 500)).toEqual([])
  }
})

test('what happens to people, groups and keys is in the history, with who and what; no webhook tells it', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const receiver = await newReceiver(tenant)
  const ada = await joining(tenant, { email: 'ada@example.com' })
  await admin('/v1/groups', post({ id: 'grp_a', name: 'A', member_ids: [ada.id] }))
  await admin(`/v1/people/${ada.id}`, patch({ email: 'a@example.com', roles: ['reviewer'], groups: [] }))
  await admin(`/v1/people/${ada.id}`, patch({ disabled: true }))
  await admin(`/v1/people/${ada.id}`, patch({ disabled: false }))
  await admin('/v1/groups/grp_a', patch({ name: 'B', member_ids: [ada.id] }))
  await admin('/v1/groups/grp_a', remove)
  await admin(`/v1/people/${ada.id}`, remove)
  const of = async (id: string) =>
    (await eventsOf(tenant, id)).map(({ type, from_status, to_status, data }) => [type, from_status, to_status, data])
  expect(await of(ada.id)).toEqual([
    ['person.created', null, 'active', { kind: 'human', roles: ['member'], groups: [], disabled: false }],
    [
      'person.updated',
      'active',
      'active',
      { changed: ['email', 'roles', 'groups'], roles: ['reviewer'], groups: { joined: [], left: ['grp_a'] } },
    ],
    ['person.disabled', 'active', 'disabled', { changed: ['disabled'] }],
    ['person.enabled', 'disabled', 'active', { changed: ['disabled'] }],
    ['person.deleted', 'active', 'deleted', {}],
  ])
  expect(await of('grp_a')).toEqual([
    ['group.created', null, 'active', { name: 'A', joined: [ada.id], left: [] }],
    ['group.updated', 'active', 'active', { name: 'B', joined: [ada.id], left: [] }],
    ['group.deleted', 'active', 'deleted', { name: 'B', joined: [], left: [ada.id] }],
  ])
  expect((await of(ada.key)).map(([type]) => type)).toEqual(['key.created', 'key.revoked'])
  await submitClaims(tenant.as('member'), 1)
  await arrived(receiver, 1)
  expect(receiver.received.map(({ body }) => body.type)).toEqual(['claim.submitted'])
})

test('an id that another tenant has for something else says nothing of that', async () => {
  const [mine, theirs] = [await newTenant(), await newTenant()]
  const [claim] = await submitClaims(theirs.as('member'), 1)
  expect((await mine.as('admin')('/v1/people', post({ id: claim, name: 'Ada' }))).status).toBe(201)
  const event = env.DB.prepare('SELECT digest FROM events WHERE tenant_id = ? AND resource_id = ?').bind(mine.id, claim)
  expect(await event.first()).toEqual({ digest: null })
})

test('a repeated creation with its key happens once; lists lead on', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  for (const [path, body] of [
    ['/v1/people', { name: 'Ada' }],
    ['/v1/groups', { name: 'A' }],
  ] as const) {
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => admin(path, post(body, { 'Idempotency-Key': 'k' }))),
    )
    expect(new Set(answers.map((one) => one.body.id)).size).toBe(1)
    for (let n = 0; n < 4; n += 1) await admin(path, post(body))
    const seen: string[] = []
    for (let at: string | null = `${path}?limit=2`; at !== null;) {
      const { body, headers }: Answer = await admin(at)
      seen.push(...body.data.map((one: any) => one.id))
      const next: string | undefined = /<(.*)>/.exec(headers.get('Link') ?? '')?.[1]
      at = next === undefined ? null : new URL(next).pathname + new URL(next).search
    }
    expect([path, seen.length, new Set(seen).size]).toEqual([path, path === '/v1/people' ? 6 : 5, seen.length])
  }
})
