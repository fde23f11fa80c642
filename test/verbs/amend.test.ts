import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { amend } from '../../src/approvals/amend.ts'
import { selectApproval } from '../../src/approvals/cast-vote.store.ts'
import { noPolicies } from '../../src/approvals/book.ts'
import { decide } from '../../src/approvals/decide.ts'
import { digestOf } from '../../src/approvals/digest.ts'
import { open } from '../../src/approvals/open.ts'
import type { Policy } from '../../src/approvals/policy.ts'
import { withdraw } from '../../src/approvals/withdraw.ts'
import type { Ctx } from '../../src/context.ts'
import { newId } from '../../src/ids.ts'
import type { Refusal } from '../../src/refusal.ts'
import { newTenant } from '../support/tenant.ts'

const due_at = Date.UTC(2026, 2, 1)
const policy: Policy = { required_approvals: 2, approver_roles: ['coordinator'], allow_self_approval: false }
const kind = { kind: 'claim', policy }

async function opened(ctx: Ctx) {
  const id = newId('clm')
  const opening = {
    id,
    title: 'Train',
    requester_id: 'usr_member',
    what: { amount: 1 },
    clock: { due_at, on_due: 'expire' as const },
  }
  const { statements } = await open(ctx, noPolicies, kind, 'submitted', [opening])
  await ctx.db.batch({ statements })
  return id
}

const outcome = (done: Promise<{ status: string }>) =>
  done.then(
    ({ status }) => status,
    (error: Refusal) => error.code,
  )

const to = (ctx: Ctx, id: string, amount: number, ifMatch: string[] | null = null) =>
  amend(ctx, { id, ...kind, ifMatch, view: selectApproval(ctx, id, kind) }, () => ({
    title: `Train for ${amount}`,
    subject: { type: 'trip', id: String(amount) },
    what: { amount },
    effect: () => [],
  }))

const approve = (ctx: Ctx, id: string, ifMatch: string[] | null = null) =>
  decide(ctx, { id, ...kind, vote: 'approve', comment: null, ifMatch, view: selectApproval(ctx, id, kind) })

const rows = async (query: string, id: string) => (await env.DB.prepare(query).bind(id).all<any>()).results
const before = due_at - 1

test('amended, it is another question: next revision, new digest, and nobody has voted on it', async () => {
  const tenant = await newTenant()
  const member = tenant.ctx('member', ['member'], before)
  const id = await opened(member)
  const [one, two] = ['one', 'two'].map((name) => tenant.ctx(name, ['coordinator'], before))
  const seen = await approve(one!, id)
  const amended = await to(member, id, 2)
  const question = { id, kind: 'claim', requester: 'usr_member', title: 'Train for 2', what: { amount: 2 } }
  const digest = await digestOf({ ...question, revision: 2 })
  const same = { status: 'pending', revision: 2, votes_for: 0, version: seen.version + 1 }
  expect(amended).toMatchObject({ ...same, digest, title: 'Train for 2', subject_type: 'trip', subject_id: '2' })
  expect(await rows('SELECT revision, voter_id, voided_at FROM votes WHERE approval_id = ?', id)).toEqual([
    { revision: 1, voter_id: 'usr_one', voided_at: before },
  ])
  expect(await outcome(approve(two!, id, [String(seen.version)]))).toBe('precondition_failed')
  expect([await outcome(approve(two!, id)), await outcome(approve(one!, id))]).toEqual(['pending', 'approved'])
  const history = await rows('SELECT type, digest FROM events WHERE resource_id = ? ORDER BY seq', id)
  expect(history.map(({ type }) => type.split('.')[1])).toEqual(['submitted', 'voted', 'amended', 'voted', 'approved'])
  expect(history.slice(2).map((event) => event.digest)).toEqual([digest, digest, digest])
})

test('what changes nothing changes nothing, and is no fault', async () => {
  const tenant = await newTenant()
  const member = tenant.ctx('member', ['member'], before)
  const id = await opened(member)
  const amended = await to(member, id, 2)
  expect(await to(member, id, 2)).toEqual(amended)
  expect(await to(member, id, 2, ['1'])).toEqual(amended)
  expect(await rows('SELECT type FROM events WHERE resource_id = ?', id)).toHaveLength(2)
})

test('only the one who asked amends, what is pending, not past its due time, and not what they have not seen', async () => {
  const tenant = await newTenant()
  const member = (now: number) => tenant.ctx('member', ['member'], now)
  const id = await opened(member(before))
  expect(await outcome(to(tenant.ctx('admin', ['admin'], before), id, 2))).toBe('not_requester')
  expect(await outcome(to(member(before), id, 2, ['7']))).toBe('precondition_failed')
  expect(await outcome(to(member(due_at), id, 2))).toBe('approval_expired')
  expect(await outcome(to((await newTenant()).ctx('member'), id, 2))).toBe('not_found')
  await withdraw(member(before), { id, ...kind, ifMatch: null, view: selectApproval(member(before), id, kind) })
  expect(await outcome(to(member(before), id, 2))).toBe('already_withdrawn')
  expect(await rows('SELECT revision FROM approvals WHERE id = ?', id)).toEqual([{ revision: 1 }])
})

test('of two amendments at once both happen, one after the other', async () => {
  const tenant = await newTenant()
  const member = tenant.ctx('member', ['member'], before)
  const id = await opened(member)
  await Promise.all([2, 3].map((amount) => to(member, id, amount)))
  expect(await rows('SELECT revision FROM approvals WHERE id = ?', id)).toEqual([{ revision: 3 }])
})

test('what the family changes happens with it, or not at all', async () => {
  const tenant = await newTenant()
  const member = tenant.ctx('member', ['member'], before)
  const id = await opened(member)
  const target = { id, ...kind, ifMatch: null, view: selectApproval(member, id, kind) }
  const failing = () => member.db.all(sql`INSERT INTO kinds VALUES ('claim')`)
  const amended = amend(member, target, () => ({ title: 'x', what: {}, effect: () => [failing()] }))
  await expect(amended).rejects.toThrow('UNIQUE')
  expect(await rows('SELECT revision, title FROM approvals WHERE id = ?', id)).toEqual([
    { revision: 1, title: 'Train' },
  ])
})
