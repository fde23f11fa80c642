import { env } from 'cloudflare:workers'
import { beforeAll, expect, test } from 'vitest'
import { never } from '../../src/approvals/waiting.store.ts'
import { browserOf, type Browser } from '../support/desk.ts'
import { idAt, stored } from '../support/scale.ts'
import { storeRows } from '../support/stored-rows.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'

/* What the desk's pages cost beside many stored approvals: counted, never timed. */

/** One is read beyond the page, to know whether there is more. */
const perPage = 100
/** What an approval is made of, beside the list. */
const approval = 40
let tenant: Tenant
/** Decides what no policy governs; is in the group that decides the rest, and asked for some. */
let reviewer: Browser
let member: Browser

/** Every third waits, of which every second is governed; every fifth has a clock. */
async function store() {
  const policy = { name: 'x', priority: 1, match: { kind: 'request', type: 'governed' } }
  const members = ['member', 'reviewer', 'other'].map((name) => `usr_${name}`)
  const admin = tenant.as('admin')
  for (const name of ['member', 'reviewer', 'other']) await tenant.key(name, name === 'other' ? ['member'] : undefined)
  await admin('/v1/groups', { method: 'POST', body: { id: 'g', name: 'G', member_ids: members } })
  const stages = [{ name: 'a', all: [{ group: 'g', approvals: 1 }] }]
  const made = await admin('/v1/policies', { method: 'POST', body: { ...policy, stages } })
  expect(made.status).toBe(201)
  const version = `(SELECT version_id FROM policies WHERE tenant_id = ?1)`
  await storeRows(stored, (rows) => [
    env.DB.prepare(
      `${rows} INSERT INTO approvals (id, tenant_id, kind, status, type, title, requester_id, created_at, updated_at, due_at, on_due,
           digest, votes_needed, decided_by, decided_at, policy_version_id, open_to)
         SELECT printf('req_%08d', i), ?1, 'request', iif(i % 3, 'approved', 'pending'), 'x', 'x', 'usr_' || iif(i % 20, i % 100, 'asker'),
           i, i, iif(i % 5, NULL, 2e14 + i), iif(i % 5, NULL, 'expire'), printf('%064d', 0), 1, iif(i % 3, 'usr_z', NULL), iif(i % 3, i, NULL),
           iif(i % 2, ${version}, NULL), iif(i % 2, '["group:g"]', NULL) FROM n`,
    ).bind(tenant.id),
    env.DB.prepare(
      `${rows} INSERT INTO requests (approval_id, tenant_id, details, ref_scope, redeem_within) SELECT printf('req_%08d', i), ?1, '{}', '', 1 FROM n`,
    ).bind(tenant.id),
  ])
}

beforeAll(async () => {
  tenant = await newTenant()
  await store()
  ;[reviewer, member] = [await browserOf(tenant, 'reviewer'), await browserOf(tenant, 'member')]
}, 600_000)

const waiting = idAt('req', Math.floor(stored / 6) * 3)

/** In the middle of what has no clock. */
const deep = `${never}.${waiting}`

test.each([
  '/',
  '/?view=asked',
  '/?view=decided',
  '/?view=all',
  '/?kind=request',
  '/?group=g',
  `/?cursor=${deep}`,
  `/?group=g&cursor=${deep}`,
  `/a/${waiting}`,
])('%s: one round trip, three rows for each of a page, at any depth', async (path) => {
  for (const who of [reviewer, member]) {
    let at: string | undefined = path
    for (let page = 0; at !== undefined && page < 3; page += 1) {
      const { status, cost, body } = await who.get(at)
      expect([at, status, cost.queries]).toEqual([at, 200, 1])
      const most = 3 * perPage + 20 + (at.startsWith('/a/') ? approval : 0)
      expect([at, cost.rowsRead > most && cost.rowsRead]).toEqual([at, false])
      at = /<p class="more"><a href="([^"]+)"/.exec(body)?.[1]?.replaceAll('&amp;', '&')
    }
  }
})

test('whoever is in a hundred groups reads up to three rows more for each, and for each role', async () => {
  const others = Array.from({ length: 99 }, (_, n) => `other_${n}`)
  await env.DB.prepare(
    `INSERT INTO groups (tenant_id, id, name, member_ids, created_at, updated_at) SELECT ?1, value, value, '[]', 0, 0 FROM json_each(?2)`,
  )
    .bind(tenant.id, JSON.stringify(others))
    .run()
  const key = await tenant.key('busy', ['member', 'coordinator', 'reviewer', 'admin', 'service'])
  const busy = await browserOf(tenant, key, true)
  await busy.get('/')
  const body = { groups: [...others, 'g'] }
  expect((await tenant.as('admin')('/v1/people/usr_busy', { method: 'PATCH', body })).status).toBe(200)
  // Whose groups have changed is looked up again.
  await busy.get('/')
  for (const path of ['/', `/?cursor=${deep}`]) {
    const { status, cost } = await busy.get(path)
    expect([path, status, cost.queries]).toEqual([path, 200, 1])
    expect(cost.rowsRead).toBeLessThanOrEqual(3 * perPage + 20 + 3 * (body.groups.length + 5))
  }
})

test('deciding by a form is two round trips: the vote, and what waits next', async () => {
  const { body } = await reviewer.get(`/a/${waiting}`)
  const digest = /name="digest" value="(\w+)"/.exec(body)![1]!
  const { status, cost } = await reviewer.post(`/a/${waiting}`, { vote: 'approve', digest })
  expect([status, cost.queries]).toEqual([303, 2])
  expect(cost.rowsRead).toBeLessThanOrEqual(150)
})
