import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { systemContext } from '../../src/context.ts'
import { recheckPolicies } from '../../src/policies/recheck-policies.ts'
import { overSocket } from '../support/over-socket.ts'
import { newTenant, type Answer, type Caller, type Tenant } from '../support/tenant.ts'

const path = '/v1/policies'
const oneAdmin = { required_approvals: 1, approver_roles: ['admin'] }

/** A tenant with an admin, and two groups: support with Sam and Sue, finance with Fay and Finn. */
async function company(): Promise<{ tenant: Tenant; admin: Caller }> {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  for (const [id, names] of [
    ['support', ['sam', 'sue']],
    ['finance', ['fay', 'finn']],
  ] as const) {
    for (const name of names) {
      await admin('/v1/people', { method: 'POST', body: { id: `usr_${name}`, name } })
    }
    const member_ids = names.map((name) => `usr_${name}`)
    await admin('/v1/groups', { method: 'POST', body: { id: `grp_${id}`, name: id, member_ids } })
  }
  return { tenant, admin }
}

const stages = [
  { name: 'peer', all: [{ group: 'grp_support', approvals: 1 }] },
  {
    name: 'money',
    all: [
      { group: 'grp_finance', approvals: 1 },
      { role: 'admin', approvals: 1 },
    ],
  },
]

const make = (admin: Caller, body: object, headers = {}) => admin(path, { method: 'POST', body, headers })

async function told(tenant: Tenant) {
  const { results } = await env.DB.prepare(
    "SELECT type, actor_id, resource_id, data FROM events WHERE tenant_id = ? AND type LIKE 'policy.%' ORDER BY seq",
  )
    .bind(tenant.id)
    .all<{ type: string; actor_id: string; resource_id: string; data: string }>()
  return results.map(({ data, ...event }) => ({ ...event, ...(JSON.parse(data) as object) }))
}

test('a policy is made, read, changed and deleted; each write is told, with who and what', async () => {
  const { tenant, admin } = await company()
  const asked = { name: 'Big refunds', priority: 10, match: { kind: 'intent', action: 'refund' }, stages }
  const made = await make(admin, asked)
  expect(made).toMatchObject({
    status: 201,
    body: { ...asked, allow_self_approval: false, allow_edit: false, restricted: false, expires: null, version: 1 },
  })
  expect(made.body.id).toMatch(/^pol_/)
  const at = `${path}/${made.body.id}`
  expect((await admin(at)).body).toEqual(made.body)
  const changed = await admin(at, { method: 'PATCH', body: { expires: { after_hours: 48, then: 'expire' } } })
  expect(changed.body).toMatchObject({ version: 2, expires: { after_hours: 48, then: 'expire' }, stages })
  expect((await admin(at, { method: 'DELETE' })).body).toEqual({ id: made.body.id, deleted: true })
  expect([(await admin(at)).status, (await admin(path)).body.data]).toEqual([404, []])
  const by = { actor_id: 'usr_admin', resource_id: made.body.id, name: 'Big refunds' }
  expect(await told(tenant)).toMatchObject([
    { type: 'policy.created', ...by, version: 1, policy: { match: asked.match, stages, expires: null } },
    {
      type: 'policy.updated',
      ...by,
      version: 2,
      changed: ['expires'],
      policy: { match: asked.match, stages, expires: { after_hours: 48, then: 'expire' } },
    },
    { type: 'policy.deleted', ...by },
  ])
})

test('every write but one that changes nothing turns a page; a version is kept for each body and name', async () => {
  const { tenant, admin } = await company()
  const page = async () =>
    (await env.DB.prepare('SELECT revision FROM policy_books WHERE tenant_id = ?').bind(tenant.id).first('revision')) ??
    0
  expect(await page()).toBe(0)
  const { id } = (await make(admin, { name: 'A', stages })).body
  const change = (body: object) => admin(`${path}/${id}`, { method: 'PATCH', body })
  expect([await page(), (await change({ priority: 5 })).body.version]).toEqual([1, 1])
  expect([await page(), (await change({ name: 'B' })).body.version]).toEqual([2, 2])
  expect([await page(), (await change({ name: 'B', stages })).body.version]).toEqual([3, 2])
  expect([await page(), (await change(oneAdmin)).body]).toEqual([
    3,
    expect.objectContaining({ version: 3, ...oneAdmin }),
  ])
  const { results } = await env.DB.prepare(
    'SELECT version, name, capacities, sole_roles, sole_group FROM policy_versions WHERE policy_id = ? ORDER BY version',
  )
    .bind(id)
    .all()
  const capacities = '[["group:grp_support"],["group:grp_finance","role:admin"]]'
  const staged = { capacities, sole_roles: null, sole_group: null }
  expect(results).toEqual([
    { version: 1, name: 'A', ...staged },
    { version: 2, name: 'B', ...staged },
    { version: 3, name: 'B', capacities: '[["role:admin"]]', sole_roles: '["admin"]', sole_group: null },
  ])
})

test('of the two forms the one that is sent holds', async () => {
  const { admin } = await company()
  const { id } = (await make(admin, { name: 'A', ...oneAdmin })).body
  const staged = await admin(`${path}/${id}`, { method: 'PATCH', body: { stages } })
  expect(staged.body).not.toHaveProperty('approver_roles')
  const short = await admin(`${path}/${id}`, { method: 'PATCH', body: { approver_roles: ['member'] } })
  expect([short.body.stages, short.body.approver_roles]).toEqual([undefined, ['member']])
})

test('they are listed in the order in which they are asked, page by page', async () => {
  const { admin } = await company()
  const ids: Record<string, string> = {}
  for (const [name, priority] of [
    ['c', 20],
    ['a', 10],
    ['b', 10],
    ['d', 30],
  ] as const) {
    ids[name] = (await make(admin, { name, priority, ...oneAdmin })).body.id
  }
  const names: string[] = []
  let next: string | null = ''
  while (next !== null) {
    const { body }: Answer = await admin(`${path}?limit=2${next && `&cursor=${next}`}`)
    names.push(...body.data.map(({ name }: { name: string }) => name))
    next = body.next
    // Behind the last one shown, although it is gone.
    if (names.length === 2) await admin(`${path}/${ids.b}`, { method: 'DELETE' })
  }
  expect(names).toEqual(['a', 'b', 'c', 'd'])
})

test('If-Match: what has changed since is not written', async () => {
  const { admin } = await company()
  const made = await make(admin, { name: 'A', ...oneAdmin })
  const at = `${path}/${made.body.id}`
  const seen = { 'If-Match': made.headers.get('ETag')! }
  expect((await admin(at, { method: 'PATCH', body: { priority: 1 }, headers: seen })).status).toBe(200)
  expect((await admin(at, { method: 'PATCH', body: { priority: 2 }, headers: seen })).status).toBe(412)
  expect((await admin(at, { method: 'DELETE', headers: seen })).status).toBe(412)
})

test('two who change it at once: both changes are there', async () => {
  const { admin } = await company()
  const at = `${path}/${(await make(admin, { name: 'A', ...oneAdmin })).body.id}`
  const changes = [{ name: 'B' }, { priority: 7 }, { allow_self_approval: true }, { match: { kind: 'claim' } }]
  const answers = await Promise.all(changes.map((body) => admin(at, { method: 'PATCH', body })))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  expect((await admin(at)).body).toMatchObject(Object.assign({ version: 4 }, ...changes))
})

test('the same Idempotency-Key makes one policy, also when it could not be made any more', async () => {
  const { admin } = await company()
  const headers = { 'Idempotency-Key': 'once' }
  const body = { name: 'A', stages }
  const first = await make(admin, body, headers)
  await admin('/v1/groups/grp_support', { method: 'DELETE' })
  const again = await make(admin, body, headers)
  expect([again.status, again.body]).toEqual([201, first.body])
  expect((await admin(path)).body.data).toHaveLength(1)
})

test.each([
  ['no form', {}, ['/stages']],
  ['both forms', { stages, ...oneAdmin }, ['/stages']],
  ['half of the short form', { required_approvals: 2 }, ['/approver_roles']],
  ['a stage without requirements', { stages: [{ name: 'x', all: [] }] }, ['/stages/0/all']],
  ['a requirement of nobody', { stages: [{ name: 'x', all: [{ approvals: 1 }] }] }, ['/stages/0/all/0']],
  ['two stages of one name', { stages: [stages[0], stages[0]] }, ['/stages/1/name']],
  [
    'eleven approvals',
    {
      stages: [
        {
          name: 'x',
          all: [
            { role: 'admin', approvals: 10 },
            { role: 'member', approvals: 1 },
          ],
        },
      ],
    },
    ['/stages'],
  ],
  ['an amount of no currency', { ...oneAdmin, match: { kind: 'claim', min_amount: 5 } }, ['/match/currency']],
  ['what another kind has', { ...oneAdmin, match: { kind: 'claim', action: 'x' } }, ['/match/action']],
  ['what a kind has, without it', { ...oneAdmin, match: { type: 'deploy' } }, ['/match/type']],
  ['a currency that no claim is in', { ...oneAdmin, match: { kind: 'claim', currency: 'eur' } }, ['/match/currency']],
  ['a type that no request has', { ...oneAdmin, match: { kind: 'request', type: 'Deploy' } }, ['/match/type']],
  [
    'an action that no call has',
    { ...oneAdmin, match: { kind: 'intent', action: 'x'.repeat(101) } },
    ['/match/action'],
  ],
  [
    'a skill that no call has',
    { ...oneAdmin, match: { kind: 'intent', skill_slug: 'x'.repeat(101) } },
    ['/match/skill_slug'],
  ],
  ['an instance that is none', { ...oneAdmin, match: { kind: 'intent', instance_id: 'i-1' } }, ['/match/instance_id']],
  [
    'an expense that no claim is',
    { ...oneAdmin, match: { kind: 'claim', expense_type: 'x'.repeat(51) } },
    ['/match/expense_type'],
  ],
  ['an entity that none is', { ...oneAdmin, match: { kind: 'change', entity_type: '..' } }, ['/match/entity_type']],
  ['an unknown member', { ...oneAdmin, match: { kind: 'claim', amuont: 1 } }, ['/match/amuont']],
  [
    'an order of truths',
    { ...oneAdmin, match: { where: [{ field: '/a', op: '>', value: true }] } },
    ['/match/where/0/op'],
  ],
  [
    'a number that loses digits',
    '{"name":"A","approver_roles":["admin"],"match":{"where":[{"field":"/a","op":">","value":9007199254740993}]}}',
    ['/match/where/0/value'],
  ],
  [
    'a pointer that is none',
    { ...oneAdmin, match: { where: [{ field: '/a~b', op: '>', value: 1 }] } },
    ['/match/where/0/field'],
  ],
  ['restricted claims', { ...oneAdmin, match: { kind: 'claim' }, restricted: true }, ['/restricted']],
  ['edited intents', { ...oneAdmin, match: { kind: 'intent' }, allow_edit: true }, ['/allow_edit']],
  [
    'edits by two',
    { match: { kind: 'request' }, required_approvals: 2, approver_roles: ['member'], allow_edit: true },
    ['/allow_edit'],
  ],
  [
    'groups that are not there',
    { match: { requester_group: 'grp_x' }, stages: [{ name: 'x', all: [{ group: 'grp_y', approvals: 1 }] }] },
    ['/match/requester_group', '/stages/0/all/0/group'],
  ],
  [
    'a group that is not there beside another fault',
    { priority: -1, stages: [{ name: 'x', all: [{ group: 'grp_y', approvals: 1 }] }] },
    ['/priority', '/stages/0/all/0/group'],
  ],
])('%s: 422, naming each fault', async (_, body, pointers) => {
  const { admin } = await company()
  const answer = await admin(path, {
    method: 'POST',
    body: typeof body === 'string' ? body : { name: 'A', ...body },
  })
  expect([answer.status, answer.body.errors?.map((one: any) => one.pointer).sort()]).toEqual([422, pointers.toSorted()])
})

test('what a change makes of the whole has to be right, too', async () => {
  const { admin } = await company()
  const body = { name: 'A', ...oneAdmin, match: { kind: 'request' }, restricted: true }
  const at = `${path}/${(await make(admin, body)).body.id}`
  const answer = await admin(at, { method: 'PATCH', body: { match: { kind: 'claim' } } })
  expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: '/restricted' }] } })
})

test.each<[unknown, Record<string, string>]>([
  [
    { role: 'boss', approvals: 1 },
    { '/role': 'must be one of member, coordinator, reviewer, admin, service, not "boss"' },
  ],
  [{ approvals: 1 }, { '': 'needs a group or a role' }],
  [{}, { '': 'needs a group or a role', '/approvals': 'is required: a number' }],
  [{ group: 'grp_support' }, { '/approvals': 'is required: a number' }],
  [{ group: 'grp_support', role: 'admin', approvals: 1 }, { '': 'takes a group or a role, not both' }],
  [
    { group: 'grp_support', role: 'boss', approvals: 0, x: 1 },
    {
      '': 'takes a group or a role, not both',
      '/approvals': 'must be at least 1',
      '/x': 'is not a known member; check its spelling or leave it out',
    },
  ],
  [
    { group: 7, approvals: 11 },
    { '/group': 'must be text', '/approvals': 'must be at most 10' },
  ],
  [
    { group: 'grp_none', approvals: 'one' },
    { '/group': 'there is no group grp_none', '/approvals': 'must be a number' },
  ],
  [
    { roles: 'admin', approvals: 1 },
    { '': 'needs a group or a role', '/roles': 'is not a known member; check its spelling or leave it out' },
  ],
  ['admin', { '': 'must be an object' }],
  [null, { '': 'must be an object' }],
])('what is wrong with a requirement is said where it is: %j', async (requirement, faults) => {
  const { admin } = await company()
  const name = 'A'
  const policy = { name, stages: [{ name, all: [{ role: 'admin', approvals: 1 }, requirement] }] }
  const { status, body } = await make(admin, policy)
  expect(status).toBe(422)
  const found = body.errors.map(({ pointer, message }: any) => [pointer, message])
  const expected = Object.entries(faults).map(([at, message]) => [`/stages/0/all/1${at}`, message])
  expect(found.toSorted()).toEqual(expected.toSorted())
})

test('a policy that nobody could fulfil is refused, naming the stage; one that fits the people there is not', async () => {
  const { admin } = await company()
  const asking = (...asked: [group: string, approvals: number][]) => ({
    name: 'A',
    stages: asked.map(([group, approvals], index) => ({ name: `stage ${index}`, all: [{ group, approvals }] })),
  })
  const refused = await make(admin, asking(['grp_support', 1], ['grp_finance', 3]))
  expect(refused).toMatchObject({ status: 422, body: { code: 'infeasible_quorum', stage: 'stage 1' } })
  expect((await make(admin, asking(['grp_support', 2], ['grp_finance', 1]))).status).toBe(201)
  // Sam is in both: whichever of the two stages he votes in, somebody else has to be in the other.
  await admin('/v1/groups/grp_finance', { method: 'PATCH', body: { member_ids: ['usr_sam', 'usr_sue'] } })
  expect((await make(admin, asking(['grp_support', 2], ['grp_finance', 1]))).body).toMatchObject({ stage: 'stage 1' })
  expect((await make(admin, asking(['grp_support', 1], ['grp_finance', 1]))).status).toBe(201)
})

test('the only stage of a policy that is written short is called approval', async () => {
  const { admin } = await company()
  const refused = await make(admin, { name: 'A', required_approvals: 2, approver_roles: ['admin'] })
  expect(refused).toMatchObject({ status: 422, body: { code: 'infeasible_quorum', stage: 'approval' } })
})

test('who is disabled fulfils nothing', async () => {
  const { admin } = await company()
  await admin('/v1/people/usr_fay', { method: 'PATCH', body: { disabled: true } })
  const two = { name: 'A', stages: [{ name: 'money', all: [{ group: 'grp_finance', approvals: 2 }] }] }
  expect((await make(admin, two)).body).toMatchObject({ code: 'infeasible_quorum', stage: 'money' })
  const change = { method: 'PATCH', body: { stages: two.stages } }
  const at = `${path}/${(await make(admin, { name: 'A', ...oneAdmin, match: { requester_group: 'grp_support' } })).body.id}`
  expect((await admin(at, change)).body).toMatchObject({ code: 'infeasible_quorum', stage: 'money' })
})

test('who has no role fulfils nothing, but can be asked for', async () => {
  const { admin } = await company()
  for (const name of ['fay', 'finn']) await admin(`/v1/people/usr_${name}`, { method: 'PATCH', body: { roles: [] } })
  const money = { name: 'A', stages: [{ name: 'money', all: [{ group: 'grp_finance', approvals: 1 }] }] }
  expect(await make(admin, money)).toMatchObject({ status: 422, body: { code: 'infeasible_quorum', stage: 'money' } })
  const peer = { name: 'A', stages: [{ name: 'peer', all: [{ group: 'grp_support', approvals: 1 }] }] }
  expect((await make(admin, { ...peer, match: { requester_group: 'grp_finance' } })).status).toBe(201)
  await admin('/v1/people/usr_finn', { method: 'PATCH', body: { roles: ['member'] } })
  expect((await make(admin, money)).status).toBe(201)
})

// It calls cron's job.
test.skipIf(overSocket)('people who leave make a policy infeasible: it shows at once, and is told once', async () => {
  const { tenant, admin } = await company()
  const at = `${path}/${(await make(admin, { name: 'A', stages })).body.id}`
  const infeasible = async () => [(await admin(at)).body.infeasible, (await admin(path)).body.data[0].infeasible]
  const sweep = () => recheckPolicies(systemContext(env, 'system:maintenance', Date.now() + 60_000))
  const told = async () =>
    env.DB.prepare(
      "SELECT resource_id, data ->> '$.stage' AS stage, actor_id FROM events WHERE tenant_id = ? AND type = 'policy.infeasible'",
    )
      .bind(tenant.id)
      .all()
      .then(({ results }) => results)
  expect(await infeasible()).toEqual([null, null])
  await admin('/v1/groups/grp_finance', { method: 'PATCH', body: { member_ids: ['usr_fay'] } })
  await sweep()
  expect([await infeasible(), await told()]).toEqual([[null, null], []])
  await admin('/v1/people/usr_fay', { method: 'PATCH', body: { disabled: true } })
  expect(await infeasible()).toEqual(['money', 'money'])
  expect((await admin(at, { method: 'PATCH', body: { name: 'Again' } })).body).toMatchObject({ infeasible: 'money' })
  await sweep()
  await sweep()
  expect(await infeasible()).toEqual(['money', 'money'])
  const event = { resource_id: at.split('/').at(-1), stage: 'money', actor_id: 'system:maintenance' }
  expect(await told()).toEqual([event])
  // What is no matter of people can still be changed.
  expect((await admin(at, { method: 'PATCH', body: { name: 'B' } })).body).toMatchObject({ infeasible: 'money' })
  await admin('/v1/people/usr_fay', { method: 'PATCH', body: { disabled: false } })
  expect(await infeasible()).toEqual([null, null])
  await sweep()
  expect([await infeasible(), await told()]).toEqual([[null, null], [event]])
  // Nor can who loses their last role.
  await admin('/v1/people/usr_fay', { method: 'PATCH', body: { roles: [] } })
  expect(await infeasible()).toEqual(['money', 'money'])
  await sweep()
  expect([await infeasible(), await told()]).toEqual([
    ['money', 'money'],
    [event, event],
  ])
})

test('a tenant has at most 200 policies', async () => {
  const { admin } = await company()
  const { id } = (await make(admin, { name: 'A', ...oneAdmin })).body
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 199)
     INSERT INTO policies (tenant_id, id, name, priority, version_id, created_at, updated_at)
     SELECT tenant_id, id || i, name, priority, version_id, created_at, updated_at FROM policies, n WHERE id = ?`,
  )
    .bind(id)
    .run()
  expect((await make(admin, { name: 'B', ...oneAdmin })).body).toMatchObject({ code: 'policy_limit' })
  await admin(`${path}/${id}7`, { method: 'DELETE' })
  expect((await make(admin, { name: 'B', ...oneAdmin })).status).toBe(201)
})

test('what is asked is refused by the policies that there are, not by those that were remembered', async () => {
  const { admin, tenant } = await company()
  const mia = tenant.as('mia', ['member'])
  const where = (field: string) => ({ kind: 'request', where: [{ field, op: '>', value: 1 }] })
  const at = `${path}/${(await make(admin, { name: 'A', match: where('/a'), ...oneAdmin })).body.id}`
  const ask = async (details: object) => {
    const { status, body } = await mia('/v1/requests', {
      method: 'POST',
      body: { type: 'refund', title: 'Refund', details },
    })
    return [status, body.code]
  }
  expect([await ask({ a: 2 }), await ask({ b: 2 })]).toEqual([
    [201, undefined],
    [422, 'policy_needs_member'],
  ])
  await admin(at, { method: 'PATCH', body: { match: where('/b') } })
  expect([await ask({ b: 2 }), await ask({ a: 2 })]).toEqual([
    [201, undefined],
    [422, 'policy_needs_member'],
  ])
  await admin(at, { method: 'DELETE' })
  expect(await ask({})).toEqual([201, undefined])
})
