import { env } from 'cloudflare:workers'
import { beforeAll, expect, test } from 'vitest'
import { systemContext } from '../../src/context.ts'
import { requestKind } from '../../src/requests/request-kind.ts'
import { lapseUnredeemed } from '../../src/standard/redeem.ts'
import { idAt, middleHalf, middleOf, stored } from '../support/scale.ts'
import { storeRows } from '../support/stored-rows.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'

/* What requests cost beside many stored ones, restricted ones among them: counted, never timed. */

const path = '/v1/requests'
let tenant: Tenant

beforeAll(async () => {
  tenant = await newTenant()
  // Half is restricted; every tenth is approved and waits to be redeemed, every third is of another type.
  const restricted = '(i / 2 % 2)'
  await storeRows(stored, (rows) => [
    env.DB.prepare(
      `${rows} INSERT INTO approvals (id, tenant_id, kind, status, type, title, requester_id, subject_type, subject_id, created_at, updated_at,
         due_at, on_due, digest, votes_needed, decided_by, decided_at, restricted)
       SELECT printf('req_%08d', i), ?, 'request', iif(i % 10, 'pending', 'approved'), iif(i % 3, 'deployment', 'refund'), 'x',
         'usr_' || (i % 100), 'service', 's' || (i % 100), i, i, 2e14, 'expire', printf('%064d', 0), 1,
         iif(i % 10, NULL, 'usr_z'), iif(i % 10, NULL, i), ${restricted} FROM n`,
    ).bind(tenant.id),
    env.DB.prepare(
      `${rows} INSERT INTO requests (approval_id, tenant_id, details, external_ref, ref_scope, redeem_within)
       SELECT printf('req_%08d', i), ?, '{}', 'r' || i, iif(${restricted}, 'usr_' || (i % 100), ''), CAST(2e14 AS INTEGER) - i FROM n`,
    ).bind(tenant.id),
    env.DB.prepare(
      `${rows} INSERT INTO open_redemptions SELECT CAST(2e14 AS INTEGER), printf('req_%08d', i) FROM n WHERE i % 10 = 0`,
    ),
  ])
  for (const role of ['member', 'reviewer'] as const) await tenant.as(role)(`${path}/req_none`)
}, 600_000)

test.each(['', 'status=pending', 'status=approved', 'status=expired'])(
  'lists narrowed by %s, at any depth',
  async (status) => {
    const narrowings = [
      '',
      'type=refund',
      'requester_id=usr_10',
      'subject_type=service&subject_id=s10',
      'external_ref=r10',
      'external_ref=r12',
      middleHalf,
      'page=100',
    ]
    for (const narrowing of narrowings) {
      for (const cursor of narrowing === 'page=100' ? [''] : ['', middleOf('req')]) {
        for (const role of ['member', 'reviewer'] as const) {
          const query = [status, narrowing, cursor && `cursor=${cursor}`, 'limit=50'].filter(Boolean).join('&')
          const { status: answered, cost } = await tenant.as(role)(`${path}?${query}`)
          const most = narrowing === 'page=100' ? 10_000 : 3 * 50 + 20
          expect([role, query, answered, cost.queries, cost.rowsRead > most && cost.rowsRead]).toEqual([
            role,
            query,
            200,
            1,
            false,
          ])
        }
      }
    }
  },
)

test('one is read with at most 10 rows, created and decided in one round trip with at most 20', async () => {
  const read = await tenant.as('member')(`${path}/${idAt('req', stored / 2)}`)
  expect(read.status).toBe(200)
  expect([read.cost.queries, read.cost.rowsRead <= 10]).toEqual([1, true])
  const asked = await tenant.as('member')(path, {
    method: 'POST',
    body: { type: 'refund', title: 'x', details: { a: 1 }, external_ref: 'mine' },
    headers: { 'Idempotency-Key': 'budget' },
  })
  const { id, digest } = asked.body
  const decided = await tenant.as('reviewer')(`${path}/${id}/approve`, { method: 'POST', body: { digest } })
  for (const { status, cost } of [asked, decided]) {
    expect(status).toBeLessThan(300)
    expect([cost.queries, cost.rowsRead > 20 && cost.rowsRead]).toEqual([1, false])
  }
  expect([asked.cost.rowsWritten, decided.cost.rowsWritten]).toEqual([12, 10])
  const redeemed = await tenant.as('member')(`${path}/${id}/redeem`, { method: 'POST', body: { digest } })
  expect([redeemed.status, redeemed.cost.queries, redeemed.cost.rowsRead > 30 && redeemed.cost.rowsRead]).toEqual([
    200,
    2,
    false,
  ])
})

test('a sweep with nothing to lapse reads at most 5 rows, whatever waits to be redeemed', async () => {
  const system = systemContext(env, 'system:maintenance', Date.now())
  expect(await lapseUnredeemed(system, requestKind)).toBe(0)
  expect(system.db.cost.rowsRead).toBeLessThanOrEqual(5)
})
