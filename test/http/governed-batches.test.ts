import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { advanceBatch, stepSize } from '../../src/claims/advance-batch.ts'
import { pokeBatches } from '../../src/claims/poke-batches.ts'
import { systemContext } from '../../src/context.ts'
import { ended, submitClaims } from '../support/batches.ts'
import { company, keyFor, post, vote } from '../support/company.ts'
import type { Caller } from '../support/tenant.ts'

/* Batches over claims that policies govern: what becomes of each claim, by what the coordinator is when it runs. */

const batches = '/api/v1/approval-batches'
const needsAnother = 'Claim needs another approver'
const own = 'Coordinator may not approve their own claim'
const financeOnce = { group: 'grp_finance', approvals: 1 }
const supportOnce = { group: 'grp_support', approvals: 1 }

/** The policies of the claims of each type; Fay, of finance, is the coordinator. */
const policies = {
  role: { required_approvals: 1, approver_roles: ['coordinator'] },
  group: { stages: [{ name: 'money', all: [financeOnce] }] },
  others: { stages: [{ name: 'peer', all: [supportOnce] }] },
  two: { stages: [{ name: 'money', all: [{ ...financeOnce, approvals: 2 }] }] },
  staged: {
    stages: [
      { name: 'money', all: [financeOnce] },
      { name: 'peer', all: [supportOnce] },
    ],
  },
  both: { stages: [{ name: 'both', all: [financeOnce, supportOnce] }] },
}
const types = ['none', ...Object.keys(policies), 'one more of two'] as const
type Type = (typeof types)[number]

async function office() {
  const made = await company()
  const { tenant, admin, as, policy } = made
  await tenant.as('rob', ['coordinator'])('/v1/me')
  const roles = ['member', 'coordinator']
  await admin('/v1/people/usr_fay', { method: 'PATCH', body: { roles } })
  const fay = tenant.as('fay', ['coordinator'])
  for (const [name, body] of Object.entries(policies)) {
    const match = { kind: 'claim', expense_type: name }
    await policy({ name, match, ...body })
  }
  const submit = async (expense_type: Type, by: Caller = as('mia')): Promise<string> => {
    const [type] = expense_type === 'one more of two' ? ['two'] : [expense_type]
    const claim = { description: 'Train', amount: 100, currency: 'EUR', expense_type: type }
    const { claim_id } = (await post(by, '/api/v1/claims', claim)).body
    if (expense_type === 'one more of two') expect(await vote(as('finn'), claim_id)).toEqual([200, 'pending'])
    return claim_id
  }
  const schedule = async (by: Caller, claim_ids: readonly string[], more: object = {}): Promise<string> => {
    const process_at = new Date(Date.now() + 3_600_000).toISOString()
    const { status, body } = await post(by, batches, { claim_ids, process_at, ...more })
    expect([status, body]).toMatchObject([201, {}])
    return body.batch_id
  }
  /** Starts a batch, by somebody or by its time, and says what became of each claim. */
  const run = async (batchId: string, by?: Caller): Promise<string[]> => {
    if (by) expect((await post(by, `${batches}/${batchId}/process`)).status).toBe(200)
    else {
      await env.DB.prepare('UPDATE batches SET process_at = 1, poke_at = 1 WHERE id = ?').bind(batchId).run()
      await pokeBatches(systemContext(env, 'system:maintenance', Date.now()))
    }
    return (await ended(admin, batchId)).results.map(({ error, decision }: any) => error ?? decision)
  }
  return { ...made, fay, submit, schedule, run }
}

/** What becomes of the claims of each type; all that is not said needs another approver. */
const outcomes = (approved: readonly Type[]) =>
  types.map((type) => (approved.includes(type) ? 'approved' : needsAnother))

test.each([
  ['its coordinator is as they were', null, ['none', 'role', 'group', 'one more of two']],
  ['they have lost the role', { roles: ['member'] }, ['group', 'one more of two']],
  ['they have left the group', { groups: [] }, ['none', 'role']],
  ['they are in another group now', { groups: ['grp_support'] }, ['none', 'role', 'others']],
  ['they have lost the role, and have got another', { roles: ['admin'] }, ['group', 'one more of two']],
  ['they are disabled', { disabled: true }, []],
  ['they are deleted', 'delete', []],
] as const)('between its submission and its start: %s', async (_, change, approved) => {
  const { admin, fay, submit, schedule, run } = await office()
  const claims: string[] = []
  for (const type of types) claims.push(await submit(type))
  const batch = await schedule(fay, claims)
  if (change !== null) {
    const how = change === 'delete' ? { method: 'DELETE' } : { method: 'PATCH', body: change }
    expect((await admin('/v1/people/usr_fay', how)).status).toBeLessThan(300)
  }
  expect(await run(batch)).toEqual(outcomes(approved))
  for (const [at, type] of types.entries()) {
    const { status, votes } = (await admin(`/v1/approvals/${claims[at]}`)).body
    const isApproved = (approved as readonly Type[]).includes(type)
    expect([type, status]).toEqual([type, isApproved ? 'approved' : 'pending'])
    const earlier = type === 'one more of two' ? 1 : 0
    expect(votes).toHaveLength(isApproved ? earlier + 1 : earlier)
  }
})

test('only its coordinator starts a batch that has a vote under a policy; without one others may start it', async () => {
  const { admin, fay, tenant, submit, schedule, run } = await office()
  const both = async () => [await submit('none'), await submit('group')]
  expect(await run(await schedule(fay, await both()), fay)).toEqual(['approved', 'approved'])
  expect(await run(await schedule(fay, await both()), admin)).toEqual(['approved', needsAnother])
  const rob = tenant.as('rob', ['coordinator'])
  expect(await run(await schedule(fay, await both()), rob)).toEqual(['approved', needsAnother])
  const named = { coordinator_id: 'usr_fay' }
  expect(await run(await schedule(admin, await both(), named), fay)).toEqual(['approved', 'approved'])
  expect(await run(await schedule(admin, await both(), named))).toEqual(['approved', needsAnother])
})

test('under no policy, whatever it allows, does a batch approve what its hands have asked for or voted on', async () => {
  const { tenant, admin, as, fay, policy, submit, schedule, run } = await office()
  await policy({
    name: 'own',
    priority: 1,
    match: { kind: 'claim', expense_type: 'group' },
    ...policies.group,
    allow_self_approval: true,
  })
  const amended = async (batch: string, by: Caller) => {
    expect((await by(`${batches}/${batch}`, { method: 'PUT', body: { comment: 'March' } })).status).toBe(200)
    return batch
  }
  const batch = await schedule(fay, [await submit('group', fay), await submit('group', admin), await submit('group')])
  expect(await run(await amended(batch, admin))).toEqual([own, own, 'approved'])
  // Fay has voted; and somebody has with a key of her making.
  const two = [await submit('two'), await submit('two')]
  expect(await vote(as('fay'), two[0]!)).toEqual([200, 'pending'])
  const made = await keyFor(admin, 'finn')
  const ofFay =
    "UPDATE api_keys SET created_by = 'usr_fay' WHERE tenant_id = ? AND person_id = 'usr_finn' AND created_by = 'usr_admin'"
  await env.DB.prepare(ofFay).bind(tenant.id).run()
  expect(await vote(made, two[1]!)).toEqual([200, 'pending'])
  expect(await run(await schedule(fay, two), fay)).toEqual([needsAnother, needsAnother])
})

test('who has made the key that submits or starts a batch has a hand in it, with a policy and without', async () => {
  const { admin, as, fay, submit, schedule, run } = await office()
  const minted = await keyFor(admin, 'fay')
  const claims = async () => [await submit('none', admin), await submit('group', admin), await submit('group')]
  expect(await run(await schedule(minted, await claims()))).toEqual([own, own, 'approved'])
  expect(await run(await schedule(fay, await claims()), minted)).toEqual([own, own, 'approved'])
  expect(await run(await schedule(fay, await claims()), fay)).toEqual(['approved', 'approved', 'approved'])
  // Nor does it add a second vote to theirs.
  await admin('/v1/people/usr_admin', { method: 'PATCH', body: { groups: ['grp_finance'] } })
  const two = await submit('two')
  expect(await vote(admin, two)).toEqual([200, 'pending'])
  expect(await run(await schedule(minted, [two]), minted)).toEqual([needsAnother])
  expect(await vote(as('finn'), two)).toEqual([200, 'approved'])
})

test('cancelled, what it has approved under a policy is pending again, with the votes of others', async () => {
  const { tenant, admin, fay, as, submit, schedule } = await office()
  const claims = [await submit('group'), await submit('one more of two')]
  const batch = await schedule(fay, [...claims, ...(await submitClaims(as('mia'), stepSize))])
  await env.DB.prepare('UPDATE batches SET process_at = 1 WHERE id = ?').bind(batch).run()
  await advanceBatch(systemContext(env, 'system:batch-runner', Date.now(), tenant.id), batch)
  for (const id of claims) expect((await admin(`/v1/approvals/${id}`)).body.status).toBe('approved')
  expect(await admin(`${batches}/${batch}`, { method: 'DELETE' })).toMatchObject({
    status: 200,
    body: { claims_reverted: stepSize },
  })
  for (const [at, given] of [0, 1].entries()) {
    const { status, stages } = (await admin(`/v1/approvals/${claims[at]}`)).body
    expect([status, stages[0].all[0].given]).toEqual(['pending', given])
    expect(await vote(as('fay'), claims[at]!)).toEqual([200, 'approved'])
  }
})
