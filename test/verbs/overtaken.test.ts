import { expect, test } from 'vitest'
import { decideApproval } from '../../src/any-approval/decide-approval.ts'
import type { Ctx } from '../../src/context.ts'
import type { Refusal } from '../../src/refusal.ts'
import { requestKind } from '../../src/requests/request-kind.ts'
import { amendRequest } from '../../src/standard/ask.ts'
import { company, peerThenMoney, refund } from '../support/company.ts'

/* A vote that is computed from what was read, when that is not so any more by the time that it is written. */

const ballot = { vote: 'approve', comment: null, ifMatch: null } as const

/** Votes, while something happens after each of its first transactions. */
async function voting(ctx: Ctx, id: string, meanwhile: (() => Promise<unknown>)[]) {
  const { batch } = ctx.db
  let trips = 0
  const between: typeof batch = async (transaction) => {
    const rows = await batch(transaction)
    await meanwhile[trips]?.()
    trips += 1
    return rows
  }
  const outcome = await decideApproval({ ...ctx, db: { ...ctx.db, batch: between } }, id, ballot).then(
    ({ status, votes_for }) => [status, votes_for],
    ({ code }: Refusal) => code,
  )
  return { outcome, trips }
}

async function waiting() {
  const { tenant, as, policy } = await company()
  // A quorum of everybody in both groups takes others who ask.
  await as('mia')('/v1/me')
  const all = ['support', 'finance'].map((name) => ({ group: `grp_${name}`, approvals: 2 }))
  await policy({ stages: [{ name: 'all', all }] })
  const id = await refund(as('mia'))
  const by = (name: string) => tenant.ctx(name, ['member'])
  return { tenant, id, by, approve: (name: string) => () => decideApproval(by(name), id, ballot) }
}

test('overtaken by the votes of others it is tried again, and counted once', async () => {
  const { id, by, approve } = await waiting()
  // It is refused by the one statement, read, written in vain, read again, written.
  const { outcome, trips } = await voting(by('sam'), id, [approve('fay'), approve('finn')])
  expect([outcome, trips]).toEqual([['pending', 3], 4])
  await approve('sam')()
  expect(await approve('sue')()).toMatchObject({ status: 'approved', votes_for: 4 })
})

test('overtaken by an amendment it is not tried again, whatever was seen', async () => {
  const { id, by } = await waiting()
  const amend = () => amendRequest(by('mia'), requestKind, id, { title: 'Refund 43' }, null)
  expect((await voting(by('sam'), id, [amend])).outcome).toBe('digest_mismatch')
  const { revision, votes_for } = await decideApproval(by('sam'), id, ballot)
  expect([revision, votes_for]).toEqual([2, 1])
})

test('overtaken by its own decision it is refused for what is so then', async () => {
  const { tenant, as, admin, policy } = await company()
  await policy({ stages: peerThenMoney })
  const id = await refund(as('mia'))
  const sue = () => decideApproval(tenant.ctx('sue', ['member']), id, ballot)
  expect((await voting(tenant.ctx('sam', ['member']), id, [sue])).outcome).toBe('stage_not_open')
  expect((await admin(`/v1/approvals/${id}`)).body.votes).toMatchObject([{ voter: 'usr_sue' }])
})

test('a role or group that its voter has lost meanwhile does not count any more', async () => {
  const { tenant, as, admin, policy } = await company()
  await policy({ stages: peerThenMoney })
  const id = await refund(as('mia'))
  const leaves = () => admin('/v1/people/usr_sam', { method: 'PATCH', body: { groups: [] } })
  expect((await voting(tenant.ctx('sam', ['member']), id, [leaves])).outcome).toBe('forbidden')
})
