import { env } from 'cloudflare:workers'
import { beforeEach, expect, test, vi } from 'vitest'
import { systemContext } from '../../src/context.ts'
import { approveByPolicy } from '../../src/maintenance/approve-by-policy.ts'
import { company, refund } from '../support/company.ts'

/* What a policy has the clock approve. */

/** What others have left. */
beforeEach(async () => {
  await approveByPolicy(systemContext(env, 'system:maintenance', Date.now()))
})

async function manyDue(count: number) {
  const { as, policy } = await company()
  const stages = [{ name: 'money', all: [{ group: 'grp_finance', approvals: 1 }] }]
  await policy({ stages, expires: { after_hours: 1, then: 'approve' } })
  const ids: string[] = []
  while (ids.length < count) ids.push(await refund(as('mia')))
  const due = `UPDATE approvals SET due_at = 1 WHERE id IN (SELECT value FROM json_each(?))`
  await env.DB.prepare(due).bind(JSON.stringify(ids)).run()
  return ids
}

async function statuses(ids: readonly string[]) {
  const { results } = await env.DB.prepare(
    'SELECT id, status FROM approvals WHERE id IN (SELECT value FROM json_each(?))',
  )
    .bind(JSON.stringify(ids))
    .all<{ id: string; status: string }>()
  return new Map(results.map(({ id, status }) => [id, status]))
}

test('many are approved in a few transactions, each with its own event and what its family does', async () => {
  const ids = await manyDue(60)
  const ctx = systemContext(env, 'system:maintenance', Date.now())
  expect(await approveByPolicy(ctx)).toBe(60)
  expect(ctx.db.cost.queries).toBeLessThanOrEqual(8)
  expect(new Set((await statuses(ids)).values())).toEqual(new Set(['approved']))
  const { results } = await env.DB.prepare(
    `SELECT (SELECT count(*) FROM open_redemptions o WHERE o.approval_id = r.approval_id) AS redeemable, (SELECT count(*) FROM events e
       WHERE e.tenant_id = r.tenant_id AND e.resource_id = r.approval_id AND e.type = 'request.approved') AS told
     FROM requests r WHERE r.approval_id IN (SELECT value FROM json_each(?))`,
  )
    .bind(JSON.stringify(ids))
    .all()
  expect(results).toEqual(ids.map(() => ({ redeemable: 1, told: 1 })))
})

test('one that cannot be approved holds up no other', async () => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const ids = await manyDue(3)
  await env.DB.prepare(
    `CREATE TRIGGER poison BEFORE INSERT ON open_redemptions WHEN NEW.approval_id = '${ids[1]}' BEGIN SELECT RAISE(ABORT, 'poison'); END`,
  ).run()
  try {
    expect(await approveByPolicy(systemContext(env, 'system:maintenance', Date.now()))).toBe(2)
    const now = await statuses(ids)
    expect(ids.map((id) => now.get(id))).toEqual(['approved', 'pending', 'approved'])
    expect(said).toHaveBeenCalledTimes(1)
    expect(said.mock.calls[0]![0]).toMatchObject({ approval: ids[1] })
    // Alone it fails the job, which the upkeep logs.
    await expect(async () => {
      await approveByPolicy(systemContext(env, 'system:maintenance', Date.now()))
    }).rejects.toThrow(/poison/)
  } finally {
    await env.DB.prepare('DROP TRIGGER poison').run()
    said.mockRestore()
  }
  expect(await approveByPolicy(systemContext(env, 'system:maintenance', Date.now()))).toBe(1)
})
