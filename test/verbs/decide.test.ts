import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { selectApproval } from '../../src/approvals/cast-vote.store.ts'
import { noPolicies } from '../../src/approvals/book.ts'
import { decide } from '../../src/approvals/decide.ts'
import { rejectDue } from '../../src/approvals/decide-due.ts'
import { open } from '../../src/approvals/open.ts'
import type { Policy } from '../../src/approvals/policy.ts'
import { withdraw } from '../../src/approvals/withdraw.ts'
import { systemContext, type Ctx } from '../../src/context.ts'
import { sql } from '../../src/db/sql.ts'
import { newId } from '../../src/ids.ts'
import { Refusal } from '../../src/refusal.ts'
import { newTenant } from '../support/tenant.ts'

const now = Date.UTC(2026, 2, 1)

const withPolicy = (policy: Partial<Policy> = {}) => ({
  kind: 'claim',
  policy: { required_approvals: 1, approver_roles: ['coordinator'], allow_self_approval: false, ...policy } as Policy,
})

async function opened(
  ctx: Ctx,
  policy: Partial<Policy> = {},
  due: { due_at: number; on_due: 'expire' | 'approve' | 'reject' } | null = null,
) {
  const id = newId('clm')
  const opening = {
    id,
    title: 'Train',
    requester_id: ctx.actor.userId,
    what: {},
    clock: due,
  }
  const { statements } = await open(ctx, noPolicies, withPolicy(policy), 'submitted', [opening])
  await ctx.db.batch({ statements })
  return id
}

const viewOf = (ctx: Ctx, id: string) => selectApproval(ctx, id, withPolicy())

const vote = (ctx: Ctx, id: string, vote: 'approve' | 'reject' = 'approve') =>
  decide(ctx, { id, ...withPolicy(), vote, comment: null, ifMatch: null, view: viewOf(ctx, id) }).then(
    ({ status }) => status,
    (error: Refusal) => error.code,
  )

const history = async (id: string) => {
  const { results } = await env.DB.prepare(
    'SELECT type, actor_id, from_status, to_status FROM events WHERE resource_id = ? ORDER BY seq',
  )
    .bind(id)
    .all()
  return results.map(({ type, actor_id, from_status, to_status }) => [type, actor_id, from_status, to_status])
}

test('two votes needed: two different people, each once', async () => {
  const tenant = await newTenant()
  const id = await opened(tenant.ctx('member'), { required_approvals: 2 })
  const [a, b] = [tenant.ctx('a', ['coordinator']), tenant.ctx('b', ['coordinator'])]
  expect(await vote(a, id)).toBe('pending')
  expect(await vote(a, id)).toBe('pending')
  expect(await vote(b, id)).toBe('approved')
  expect(await vote(b, id)).toBe('approved')
  expect(await history(id)).toEqual([
    ['claim.submitted', 'usr_member', null, 'pending'],
    ['claim.voted', 'usr_a', 'pending', 'pending'],
    ['claim.approved', 'usr_b', 'pending', 'approved'],
  ])
})

test('one no rejects, whatever was needed', async () => {
  const tenant = await newTenant()
  const id = await opened(tenant.ctx('member'), { required_approvals: 3 })
  expect(await vote(tenant.ctx('a', ['coordinator']), id)).toBe('pending')
  expect(await vote(tenant.ctx('b', ['coordinator']), id, 'reject')).toBe('rejected')
  expect(await vote(tenant.ctx('c', ['coordinator']), id)).toBe('already_decided')
})

test('past its due time it cannot be decided or withdrawn, sweep or no sweep', async () => {
  const tenant = await newTenant()
  const due = { due_at: now, on_due: 'expire' as const }
  const id = await opened(tenant.ctx('member', undefined, now - 1), {}, due)
  expect(await vote(tenant.ctx('coordinator', undefined, now), id)).toBe('approval_expired')
  const member = tenant.ctx('member', undefined, now)
  const late = withdraw(member, { id, ...withPolicy(), ifMatch: null, view: viewOf(member, id) })
  expect(await late.catch((error: Refusal) => error.code)).toBe('approval_expired')
  expect(await vote(tenant.ctx('coordinator', undefined, now - 1), id)).toBe('approved')
})

test('what the clock rejects is rejected from then on, before a sweep and after it, and recorded once', async () => {
  // What others that share the database have left.
  await rejectDue(systemContext(env, 'system:maintenance', Date.UTC(2100)), {})
  const tenant = await newTenant()
  const due = { due_at: now, on_due: 'reject' as const }
  const open = (at: number) => opened(tenant.ctx('member', undefined, at), {}, due)
  const [decided, left] = [await open(now - 2), await open(now - 2)]
  expect(await vote(tenant.ctx('coordinator', undefined, now - 1), decided)).toBe('approved')
  expect(await vote(tenant.ctx('coordinator', undefined, now), left)).toBe('already_decided')
  const sweep = () => rejectDue(systemContext(env, 'system:maintenance', now), {})
  expect([
    await rejectDue(systemContext(env, 'system:maintenance', now - 1), {}),
    await sweep(),
    await sweep(),
  ]).toEqual([0, 1, 0])
  expect(await vote(tenant.ctx('coordinator', undefined, now), left)).toBe('already_decided')
  expect((await history(left)).at(-1)).toEqual(['claim.rejected', 'system:auto-reject', 'pending', 'rejected'])
})

test('an effect that fails takes the decision with it', async () => {
  const tenant = await newTenant()
  const id = await opened(tenant.ctx('member'))
  const ctx = tenant.ctx('coordinator')
  const effect = () => [
    ctx.db.all(sql`INSERT INTO tallies (tenant_id, kind, facet, pending) VALUES ('x', 'y', 'z', -1)`),
  ]
  const view = viewOf(ctx, id)
  const broken = decide(ctx, { id, ...withPolicy(), vote: 'approve', comment: null, ifMatch: null, effect, view })
  expect(await broken.catch((error: Error) => error.message)).toContain('CHECK')
  const { status, version } = (await env.DB.prepare('SELECT status, version FROM approvals WHERE id = ?')
    .bind(id)
    .first())!
  expect([status, version]).toEqual(['pending', 1])
  expect(await history(id)).toHaveLength(1)
})

test('history cannot be changed or removed', async () => {
  const tenant = await newTenant()
  const id = await opened(tenant.ctx('member'))
  for (const statement of [
    "UPDATE events SET actor_id = 'x' WHERE resource_id = ?",
    'DELETE FROM events WHERE resource_id = ?',
  ]) {
    const refused = await env.DB.prepare(statement)
      .bind(id)
      .run()
      .catch((error: Error) => error.message)
    expect(refused).toContain('append-only')
  }
})

/** What forbids something is there for its first tries, and gone each time that it is looked up. */
const forbidden = async (ctx: Ctx, id: string, tries: number) => {
  const set = (status: string, by: string | null) =>
    env.DB.prepare(
      'UPDATE approvals SET status = ?, decided_by = ?2, decided_at = iif(?2 IS NULL, NULL, 1) WHERE id = ?3',
    )
      .bind(status, by, id)
      .run()
  const { batch } = ctx.db
  let trips = 0
  await set('approved', 'usr_x')
  const between: typeof batch = async (transaction) => {
    const rows = await batch(transaction)
    trips += 1
    if (trips < 2 * tries) await (trips % 2 === 1 ? set('pending', null) : set('approved', 'usr_x'))
    return rows
  }
  return { ...ctx, db: { ...ctx.db, batch: between } }
}

test.each([
  [1, 'rejected', 'withdrawn'],
  [2, 'rejected', 'withdrawn'],
  [3, 'storage_unavailable', 'storage_unavailable'],
])(
  'where what forbade it %i times is gone when it is looked up, it is tried again',
  async (times, vote_, withdrawal) => {
    const tenant = await newTenant()
    const member = tenant.ctx('member')
    const id = await opened(member)
    expect(await vote(await forbidden(tenant.ctx('coordinator'), id, times), id, 'reject')).toBe(vote_)
    const other = await opened(member)
    const ctx = await forbidden(member, other, times)
    const done = withdraw(ctx, { id: other, ...withPolicy(), ifMatch: null, view: viewOf(ctx, other) })
    expect(
      await done.then(
        ({ status }) => status,
        (error: Refusal) => error.code,
      ),
    ).toBe(withdrawal)
  },
)
