import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { expireDue, rejectDue } from '../../src/approvals/decide-due.ts'
import { verifyExport } from '../../scripts/verify-export.ts'
import { systemContext, type Ctx } from '../../src/context.ts'
import { readInbox } from '../../src/desk/inbox.ts'
import { approveByPolicy } from '../../src/maintenance/approve-by-policy.ts'
import { ended, soon, submitClaims } from '../support/batches.ts'
import { newGate } from '../support/gates.ts'
import { company, keyFor, no, peerThenMoney, post, refund, said, vote } from '../support/company.ts'
import { arrived, newReceiver } from '../support/receiver.ts'
import { sealed } from '../support/sealed.ts'
import type { Caller } from '../support/tenant.ts'

/* Deciding under policies: who counts, when, and that nobody counts twice, whatever keys and names they use. */

const oneOfFinance = { stages: [{ name: 'money', all: [{ group: 'grp_finance', approvals: 1 }] }] }
const twoOfFinance = { stages: [{ name: 'money', all: [{ group: 'grp_finance', approvals: 2 }] }] }
const at = (id: string, more = '') => `/v1/approvals/${id}${more}`

async function eventsOf(by: Caller, id: string): Promise<string[]> {
  return (await by(at(id, '/events'))).body.data.map(({ type }: { type: string }) => type.split('.')[1])
}

/** In what votes on an approval have counted, by the history. */
async function countedWith(admin: Caller, id: string) {
  const { data } = (await admin('/v1/events?limit=100')).body
  const told = data.filter(({ resource, vote }: any) => resource === id && vote)
  return told.map(({ actor, vote }: any) => [actor, JSON.parse(vote.counted_with)])
}

/** The approval behind the reference of an intent. */
async function behindRef(tenantId: string, ref: string): Promise<string> {
  const asked = env.DB.prepare('SELECT approval_id AS id FROM intents WHERE tenant_id = ? AND approval_ref = ?')
  return (await asked.bind(tenantId, ref).first<{ id: string }>())!.id
}

/** The approval’s clock has run out. */
const isDue = (id: string) => env.DB.prepare('UPDATE approvals SET due_at = 1 WHERE id = ?').bind(id).run()

test('stages open one after the other, and the last vote decides', async () => {
  const { as, admin, policy } = await company()
  await policy({ stages: peerThenMoney })
  const id = await refund(as('mia'))
  expect(await vote(as('fay'), id)).toEqual([403, 'stage_not_open'])
  expect(await vote(as('sam'), id)).toEqual([200, 'pending'])
  expect(await vote(as('sam'), id)).toEqual([200, 'pending'])
  expect(await vote(as('sue'), id)).toEqual([403, 'stage_not_open'])
  expect(await vote(as('max'), id)).toEqual([403, 'forbidden'])
  expect(await vote(admin, id)).toEqual([200, 'pending'])
  const waiting = (await admin(at(id))).body
  expect(waiting).toMatchObject({ decided_by: null, decided_at: null, final: false })
  expect(waiting.stages.map(({ status }: any) => status)).toEqual(['closed', 'open'])
  const last = await post(as('fay'), at(id, '/approve'), { comment: 'Fine' })
  expect([last.status, last.body, last.cost.queries]).toMatchObject([
    200,
    { status: 'approved', decided_by: 'usr_fay', comment: 'Fine', final: true },
    2,
  ])
  expect(last.body.votes.map(({ voter, stage }: any) => [voter, stage])).toEqual([
    ['usr_sam', 'peer'],
    ['usr_admin', 'money'],
    ['usr_fay', 'money'],
  ])
  expect(await vote(as('finn'), id)).toEqual([409, 'already_decided'])
  expect(await eventsOf(admin, id)).toEqual(['created', 'voted', 'voted', 'approved'])
})

test('whatever is asked under a policy says what it takes from its first answer on', async () => {
  const { tenant, admin, as, policy } = await company()
  await policy({ match: {}, ...twoOfFinance })
  const gate_id = await newGate(admin, { rules: [{ type: 'min_confidence', config: { threshold: 1 } }] })
  const max = as('max')
  const agent = tenant.as('agent', ['service'])
  const instance = `/internal/v1/instances/${crypto.randomUUID()}/approvals`
  const claim = { description: 'Train', amount: 100, currency: 'CHF' }
  const change = { entityType: 'vat_code', entityId: 'V1', entityName: 'V1', action: 'create', payload: {} }
  const call = { action: 'refund', skill_slug: 'pay', customer_id: crypto.randomUUID(), serialized_intent: {} }
  const owners = { ...call, approver_role: 'owner' }
  const one = (await post(max, '/api/v1/claims', claim)).body
  const bulk = (await post(max, '/api/v1/claims/bulk', { claims: [claim, claim] })).body.data
  const changed = (await post(max, '/api/v1/approvals', change)).body
  const request = (await post(max, '/v1/requests', { type: 'refund', title: 'Refund' })).body
  const intent = (await post(agent, `${instance}/request`, owners)).body
  const held = (await post(admin, '/v1/structuring/results', { gate_id, data: {}, confidence: 0.1 })).body
  const { checks: _, ...result } = held
  for (const [by, path, said] of [
    ...[one, ...bulk].map((claim) => [max, `/api/v1/claims/${claim.claim_id}`, claim] as const),
    [max, `/api/v1/approvals/${changed.id}`, changed],
    [max, `/v1/requests/${request.id}`, request],
    [agent, `${instance}/${intent.approval_ref}`, intent],
    [max, `/v1/structuring/results/${result.id}`, result],
  ] as const) {
    expect([said.approvals, said.required_approvals ?? said.requiredApprovals]).toEqual([0, 2])
    expect((await by(path)).body).toMatchObject(said)
  }
})

test('the history has what was said with each vote, and which requirement each was counted for', async () => {
  const { as, admin, policy } = await company()
  await policy({ stages: peerThenMoney })
  const id = await refund(as('mia'))
  await vote(as('sam'), id, { comment: 'Asked for it twice' })
  await vote(admin, id, { comment: 'Enough is there' })
  await vote(as('fay'), id)
  const { data } = (await admin(at(id, '/events'))).body
  expect(data.slice(1).map((event: any) => [event.data.comment, event.data.assigned])).toEqual([
    ['Asked for it twice', [['usr_sam', 0]]],
    ['Enough is there', undefined],
    [
      null,
      [
        ['usr_fay', 0],
        ['usr_admin', 1],
      ],
    ],
  ])
})

test('one no of somebody whose yes would still count rejects; of nobody else', async () => {
  const { as, policy } = await company()
  await policy({ stages: peerThenMoney })
  const id = await refund(as('mia'))
  expect(await no(as('fay'), id)).toEqual([403, 'stage_not_open'])
  await vote(as('sam'), id)
  await vote(as('fay'), id)
  expect(await no(as('finn'), id)).toEqual([409, 'vote_not_needed'])
  expect(await no(as('fay'), id)).toEqual([409, 'already_decided'])
  const other = await refund(as('mia'))
  expect(await no(as('sam'), other)).toEqual([200, 'rejected'])
  expect(await no(as('sam'), other)).toEqual([200, 'rejected'])
})

test('whoever fits two requirements stands in nobody’s way, whoever comes first', async () => {
  const { as, admin, policy } = await company()
  await post(admin, '/v1/people', {
    id: 'usr_both',
    name: 'both',
    roles: ['member'],
    groups: ['grp_support', 'grp_finance'],
  })
  const all = ['support', 'finance'].map((name) => ({ group: `grp_${name}`, approvals: 1 }))
  await policy({ stages: [{ name: 'both', all }] })
  for (const [first, last] of [
    ['both', 'sam'],
    ['both', 'fay'],
    ['sam', 'both'],
    ['fay', 'both'],
  ] as const) {
    const id = await refund(as('mia'))
    expect([await vote(as(first), id), await vote(as(last), id)]).toEqual([
      [200, 'pending'],
      [200, 'approved'],
    ])
  }
})

test.each([
  ['stages', peerThenMoney, 'admin'],
  ['one requirement', twoOfFinance.stages, 'finn'],
] as const)('two last votes at once decide exactly once, with %s', async (_, stages, other) => {
  const { tenant, as, admin, policy } = await company()
  await policy({ stages })
  const second = other === 'admin' ? admin : as(other)
  for (let round = 0; round < 8; round += 1) {
    const id = await refund(as('mia'))
    if (other === 'admin') await vote(as('sam'), id)
    const both = await Promise.all([vote(as('fay'), id), vote(second, id)])
    expect(both.map(([status]) => status)).toEqual([200, 200])
    expect(both.map(([, status]) => status)).toContain('approved')
    expect(await eventsOf(admin, id)).toEqual([
      ...(other === 'admin' ? ['created', 'voted'] : ['created']),
      'voted',
      'approved',
    ])
    const row = await env.DB.prepare(
      'SELECT votes_for, votes_needed, (SELECT count(*) FROM votes WHERE approval_id = approvals.id) AS votes FROM approvals WHERE tenant_id = ? AND id = ?',
    )
      .bind(tenant.id, id)
      .first()
    const needed = stages.flatMap(({ all }) => [...all]).reduce((sum, { approvals }) => sum + approvals, 0)
    expect(row).toEqual({ votes_for: needed, votes_needed: needed, votes: needed })
  }
})

test('of two who could each give the last vote one does, and the other is told who', async () => {
  const { as, admin, policy } = await company()
  await policy({ stages: peerThenMoney })
  for (let round = 0; round < 8; round += 1) {
    const id = await refund(as('mia'))
    await vote(as('sam'), id)
    await vote(admin, id)
    const both = await Promise.all([vote(as('fay'), id), round % 2 ? no(as('finn'), id) : vote(as('finn'), id)])
    expect(both.map(([status]) => status).toSorted()).toEqual([200, 409])
    expect(both.filter(([status]) => status === 409)).toEqual([[409, 'already_decided']])
    expect(await eventsOf(admin, id)).toHaveLength(4)
  }
})

test('the same vote ten times at once is one vote', async () => {
  const { as, admin, policy } = await company()
  await policy({
    stages: [
      {
        name: 'all',
        all: [
          { group: 'grp_finance', approvals: 2 },
          { role: 'admin', approvals: 1 },
        ],
      },
    ],
  })
  const id = await refund(as('mia'))
  const ten = await Promise.all(Array.from({ length: 10 }, () => vote(as('fay'), id)))
  expect(ten).toEqual(Array.from({ length: 10 }, () => [200, 'pending']))
  expect((await admin(at(id))).body.votes).toHaveLength(1)
  expect(await eventsOf(admin, id)).toEqual(['created', 'voted'])
})

test('votes that meet an amendment count for the question that they were cast on, or not at all', async () => {
  const { as, admin, policy } = await company()
  await policy({ stages: peerThenMoney })
  for (let round = 0; round < 8; round += 1) {
    const id = await refund(as('mia'))
    const { digest } = (await as('sam')(at(id))).body
    const amending = () => as('mia')(`/v1/requests/${id}`, { method: 'PATCH', body: { title: 'Refund 43' } })
    const voting = () => vote(as('sam'), id, { digest })
    const [first, second] = await Promise.all(round % 2 ? [amending(), voting()] : [voting(), amending()])
    const [voted, amended] = (round % 2 ? [second, first] : [first, second]) as [[number, string], { status: number }]
    expect(amended.status).toBe(200)
    expect([
      [200, 'pending'],
      [409, 'digest_mismatch'],
    ]).toContainEqual(voted)
    const { revision, votes, stages } = (await admin(at(id))).body
    expect([revision, stages[0].all[0].given]).toEqual([2, 0])
    expect(votes.map((one: any) => [one.revision, one.voided_at === null])).toEqual(
      voted[0] === 200 ? [[1, false]] : [],
    )
  }
})

test('a policy that is edited or deleted changes nothing that waits', async () => {
  const { as, admin, policy } = await company()
  const { id: policyId } = await policy(oneOfFinance)
  const before = await refund(as('mia'))
  const stages = [{ name: 'peer', all: [{ group: 'grp_support', approvals: 1 }] }]
  await admin(`/v1/policies/${policyId}`, { method: 'PATCH', body: { stages } })
  const after = await refund(as('mia'))
  await admin(`/v1/policies/${policyId}`, { method: 'DELETE' })
  const none = await refund(as('mia'))
  expect((await admin(at(before, '/explain'))).body.policy).toEqual({ id: policyId, name: 'Refunds', version: 1 })
  expect((await admin(at(after, '/explain'))).body.policy).toEqual({ id: policyId, name: 'Refunds', version: 2 })
  expect(await vote(as('sam'), before)).toEqual([403, 'forbidden'])
  expect(await vote(as('fay'), before)).toEqual([200, 'approved'])
  expect(await vote(as('fay'), after)).toEqual([403, 'forbidden'])
  expect(await vote(as('sam'), after)).toEqual([200, 'approved'])
  expect(await vote(as('fay'), none)).toEqual([403, 'forbidden'])
  expect(await vote(admin, none)).toEqual([200, 'approved'])
})

test('groups and roles count as they are at the vote, and are noted with it', async () => {
  const { tenant, as, admin, policy } = await company()
  const all = [
    { group: 'grp_finance', approvals: 1 },
    { role: 'reviewer', approvals: 1 },
    { role: 'admin', approvals: 1 },
  ]
  await tenant.as('rob', ['reviewer'])('/v1/me')
  await policy({ stages: [{ name: 'all', all }] })
  const id = await refund(as('mia'))
  const isIn = (groups: string[]) => admin('/v1/people/usr_sam', { method: 'PATCH', body: { groups } })
  expect(await vote(as('sam'), id)).toEqual([403, 'forbidden'])
  await isIn(['grp_finance', 'grp_support'])
  expect(await vote(as('sam'), id)).toEqual([200, 'pending'])
  await isIn(['grp_support'])
  // What counted goes on counting.
  expect(await vote(as('fay'), id)).toEqual([409, 'vote_not_needed'])
  const rob = tenant.as('rob', ['reviewer'])
  await admin('/v1/people/usr_rob', { method: 'PATCH', body: { roles: ['member'] } })
  expect(await vote(rob, id)).toEqual([403, 'forbidden'])
  await admin('/v1/people/usr_rob', { method: 'PATCH', body: { roles: ['reviewer'] } })
  expect(await vote(rob, id)).toEqual([200, 'pending'])
  expect(await vote(admin, id)).toEqual([200, 'approved'])
  expect(await countedWith(admin, id)).toMatchObject([
    ['usr_sam', { groups: ['grp_finance', 'grp_support'], roles: ['member'] }],
    ['usr_rob', { groups: [], roles: ['reviewer'] }],
    ['usr_admin', { groups: [], roles: ['admin'] }],
  ])
})

test('a key has no more to say than its person, and its person no more than the key’s roles', async () => {
  const { tenant, admin, as, policy } = await company()
  await admin('/v1/people/usr_fay', { method: 'PATCH', body: { roles: ['member', 'reviewer'] } })
  await tenant.as('rob', ['reviewer'])('/v1/me')
  await policy({ required_approvals: 1, approver_roles: ['reviewer'] })
  const id = await refund(as('mia'))
  expect(await vote(as('fay'), id)).toEqual([403, 'forbidden'])
  expect(await vote(await keyFor(admin, 'fay', { roles: ['reviewer'] }), id)).toEqual([200, 'approved'])
})

test('a stage that nobody gave a name has none, wherever it is shown; a refusal calls it approval', async () => {
  const { tenant, admin, as, policy } = await company()
  const namesOf = ({ stages }: any) => stages.map(({ name }: any) => name)
  const evaluated = async (asked: object) => namesOf((await post(admin, '/v1/policies/evaluate', asked)).body)
  const shown = async (id: string) =>
    [(await admin(at(id))).body, (await admin(at(id, '/explain'))).body].flatMap(namesOf)
  const ofPolicy = { kind: 'request', type: 'refund' }
  expect(await evaluated(ofPolicy)).toEqual([null])
  expect(await shown(await refund(as('mia')))).toEqual([null, null])
  const short = { required_approvals: 2, approver_roles: ['admin', 'reviewer'] }
  for (const name of ['rob', 'rita']) await tenant.as(name, ['reviewer'])('/v1/me')
  await policy(short)
  expect(await evaluated(ofPolicy)).toEqual([null])
  const id = await refund(as('mia'))
  expect(await vote(tenant.as('rob', ['reviewer']), id)).toEqual([200, 'pending'])
  expect(await shown(id)).toEqual([null, null])
  expect((await admin(at(id))).body.votes).toMatchObject([{ voter: 'usr_rob', stage: null }])

  await policy({ match: { kind: 'intent', action: 'refund' }, ...short })
  const agent = tenant.as('agent', ['service'])
  const instance = `/internal/v1/instances/${crypto.randomUUID()}/approvals`
  const call = { action: 'refund', skill_slug: 'pay', customer_id: crypto.randomUUID(), serialized_intent: {} }
  const { approval_ref } = (await post(agent, `${instance}/request`, call)).body
  const resolver = { resolver_role: 'customer', resolver_person_id: 'usr_carla', pin_verified: true }
  const early = await post(agent, `${instance}/resolve`, { approval_ref, action: 'approve', ...resolver })
  expect(early).toMatchObject({ status: 403, body: { code: 'stage_not_open', stage: 'approval' } })
  expect(early.body.detail).toMatch(/^The stage "approval" of /)
})

test('who asked never votes unless the policy lets them: requester, sender, nor both of them', async () => {
  const { as, admin, policy } = await company()
  await policy({ stages: peerThenMoney })
  const own = await refund(as('sam'))
  const sent = await refund(admin, { requester_id: 'usr_sam' })
  for (const id of [own, sent]) expect(await vote(as('sam'), id)).toEqual([403, 'self_approval'])
  expect(await vote(admin, sent)).toEqual([403, 'self_approval'])
  await policy({ name: 'Own', priority: 1, ...oneOfFinance, allow_self_approval: true })
  expect(await vote(as('fay'), await refund(as('fay')))).toEqual([200, 'approved'])
})

test('a key that somebody has made for another adds no second person', async () => {
  const { as, admin, policy } = await company()
  await policy({
    stages: [
      {
        name: 'money',
        all: [
          { group: 'grp_finance', approvals: 1 },
          { role: 'admin', approvals: 1 },
        ],
      },
    ],
  })
  const minted = await keyFor(admin, 'fay')
  // Whoever made it has asked.
  expect(await vote(minted, await refund(admin))).toEqual([403, 'self_approval'])
  expect(await vote(minted, await refund(admin, { requester_id: 'usr_mia' }))).toEqual([403, 'self_approval'])
  // Whoever made it has voted; and the other way round.
  const id = await refund(as('mia'))
  expect(await vote(admin, id)).toEqual([200, 'pending'])
  expect(await vote(minted, id)).toEqual([403, 'second_vote'])
  expect(await vote(as('fay'), id)).toEqual([200, 'approved'])
  const other = await refund(as('mia'))
  expect(await vote(minted, other)).toEqual([200, 'pending'])
  expect(await vote(admin, other)).toEqual([403, 'second_vote'])
  expect(await countedWith(admin, other)).toEqual([
    ['usr_fay', { groups: ['grp_finance'], roles: ['member'], key_made_by: 'usr_admin' }],
  ])
  // With a key of their own making it is they who vote, but once.
  const own = await keyFor(admin, 'admin')
  expect(await vote(own, await refund(as('mia')))).toEqual([200, 'pending'])
  expect(await vote(own, id)).toEqual([200, 'approved'])
})

test('keys that an admin has made for two people are two people’s, as long as the admin keeps out of it', async () => {
  const { as, admin, policy } = await company()
  await policy({ stages: peerThenMoney })
  const [sam, fay] = [await keyFor(admin, 'sam'), await keyFor(admin, 'fay')]
  const id = await refund(as('mia'))
  expect([await vote(sam, id), await vote(fay, id)]).toEqual([
    [200, 'pending'],
    [200, 'pending'],
  ])
  expect(await vote(admin, id)).toEqual([403, 'second_vote'])
})

test('a key that is bound to an instance never votes, whoever’s it is', async () => {
  const { as, admin, policy } = await company()
  await policy(oneOfFinance)
  const instance_id = crypto.randomUUID()
  const id = await refund(as('mia'))
  const bound = await keyFor(admin, 'fay', { instance_id })
  // What was not asked through its instance is not even there.
  expect((await vote(bound, id))[0]).toBeGreaterThanOrEqual(403)
  const asked = await refund(await keyFor(admin, 'mia', { instance_id }))
  expect(await vote(bound, asked)).toEqual([403, 'forbidden'])
  expect((await bound(at(asked, '/explain'))).body.may.approve).toMatchObject({ allowed: false, code: 'forbidden' })
  expect(await vote(as('fay'), asked)).toEqual([200, 'approved'])
})

test('a coordinator whom somebody else names has no vote under a policy; who starts a batch of theirs has', async () => {
  const { as, admin, policy, tenant } = await company()
  await policy({ name: 'Claims', match: { kind: 'claim' }, ...oneOfFinance })
  await as('mia')('/v1/me')
  const fay = tenant.as('fay', ['coordinator'])
  await fay('/v1/me')
  const batch = async (by: Caller, more: object = {}) => {
    const claim_ids = await submitClaims(as('mia'), 1)
    const made = await post(by, '/api/v1/approval-batches', { claim_ids, ...more })
    expect([made.status, made.body]).toMatchObject([201, {}])
    const { results, batch_id } = await ended(admin, made.body.batch_id)
    return { id: claim_ids[0]!, batch_id, outcome: results[0].error ?? results[0].decision }
  }
  const named = await batch(admin, { coordinator_id: 'usr_fay' })
  expect(named.outcome).toBe('Claim needs another approver')
  expect((await batch(admin)).outcome).toBe('Claim needs another approver')
  expect((await batch(fay)).outcome).toBe('approved')
  // Scheduled and left to the clock it is still their own.
  const process_at = await soon(async (when) => (Date.parse(when) > Date.now() ? when : undefined))
  expect((await batch(fay, { process_at })).outcome).toBe('approved')
})

test('a vote that stands is repeated also by who has left the group that it counted for', async () => {
  const { as, admin, policy } = await company()
  await policy(twoOfFinance)
  const id = await refund(as('mia'))
  const first = await post(as('fay'), at(id, '/approve'))
  await admin('/v1/people/usr_fay', { method: 'PATCH', body: { groups: [] } })
  expect((await as('fay')(at(id, '/explain'))).body.may).toMatchObject({
    approve: { allowed: true, code: 'repeat' },
    reject: { allowed: false, code: 'forbidden' },
  })
  expect((await post(as('fay'), at(id, '/approve'))).body).toEqual(first.body)
  expect(await no(as('fay'), id)).toEqual([403, 'forbidden'])
})

test('what a key reports of somebody counts as what its own person could say', async () => {
  const { tenant, as, admin, policy } = await company()
  const action = 'refund'
  const match = { kind: 'intent', action }
  await policy({ name: 'Intents', match, ...twoOfFinance })
  const agent = tenant.as('agent', ['service'])
  await agent('/v1/me')
  const instance = `/internal/v1/instances/${crypto.randomUUID()}/approvals`
  const ask = async (by: Caller) => {
    const call = { action, skill_slug: 'pay', customer_id: crypto.randomUUID(), serialized_intent: { amount: 1 } }
    const { body } = await post(by, `${instance}/request`, { ...call, approver_role: 'owner' })
    return { ref: body.approval_ref, id: await behindRef(tenant.id, body.approval_ref) }
  }
  const report = (by: Caller, approval_ref: string, resolved_by: string) =>
    post(by, `${instance}/resolve`, {
      approval_ref,
      resolved_by,
      action: 'approve',
      pin_verified: true,
      resolver_role: 'owner',
    })
  const asked = await ask(agent)
  // A platform that is in no group of the policy adds nobody who is.
  expect(said(await report(agent, asked.ref, 'usr_fay'))).toEqual([403, 'forbidden'])
  // One whose person is in it adds one vote: its person’s, whatever names it reports.
  await admin('/v1/people/usr_finn', { method: 'PATCH', body: { roles: ['member', 'service'] } })
  const finn = await keyFor(admin, 'finn')
  expect(said(await report(finn, asked.ref, 'usr_fay'))).toEqual([200, 'pending'])
  expect(said(await report(finn, asked.ref, 'usr_sam'))).toEqual([403, 'second_vote'])
  expect(await vote(as('finn'), asked.id)).toEqual([403, 'second_vote'])
  const voted = (await admin(at(asked.id))).body.votes
  expect(voted).toMatchObject([{ voter: 'usr_fay', reported_by: 'usr_finn' }])
  expect(await countedWith(admin, asked.id)).toMatchObject([['usr_fay', { groups: ['grp_finance'] }]])
  // And none where that person asked, whomever it reports.
  const own = await ask(finn)
  expect(said(await report(finn, own.ref, 'usr_fay'))).toEqual([403, 'self_approval'])
})

test('what is reported of somebody keeps them from nothing: their own vote takes its place, and the export fits', async () => {
  const { tenant, as, admin, policy } = await company()
  const action = 'refund'
  const money = { name: 'money', all: [{ group: 'grp_finance', approvals: 2 }] }
  const peer = { name: 'peer', all: ['support', 'ops'].map((name) => ({ group: `grp_${name}`, approvals: 1 })) }
  await post(admin, '/v1/groups', { id: 'grp_ops', name: 'ops' })
  await post(admin, '/v1/people', { id: 'usr_olaf', name: 'olaf', roles: ['service'], groups: ['grp_ops'] })
  await policy({ name: 'Plain', match: { kind: 'intent', action }, stages: [money] })
  await policy({ name: 'Staged', match: { kind: 'intent', action: 'pay' }, stages: [peer, money] })
  for (const name of ['finn', 'fay']) {
    await admin(`/v1/people/usr_${name}`, { method: 'PATCH', body: { roles: ['member', 'service'] } })
  }
  const [finn, olaf] = [await keyFor(admin, 'finn'), await keyFor(admin, 'olaf')]
  const agent = tenant.as('agent', ['service'])
  const instance = `/internal/v1/instances/${crypto.randomUUID()}/approvals`
  const ask = async (what: string) => {
    const call = { action: what, skill_slug: 'pay', customer_id: crypto.randomUUID(), serialized_intent: {} }
    const { approval_ref: ref } = (await post(agent, `${instance}/request`, { ...call, approver_role: 'owner' })).body
    return { ref, id: await behindRef(tenant.id, ref) }
  }
  const report = async (by: Caller, approval_ref: string, resolved_by: string) => {
    const word = { action: 'approve', pin_verified: true, resolver_role: 'owner' }
    return said(await post(by, `${instance}/resolve`, { approval_ref, resolved_by, ...word }))
  }
  const may = async (by: Caller, id: string) => {
    const { approve, reject } = (await by(at(id, '/explain'))).body.may
    return [approve.code, reject.code]
  }
  const votes = async (id: string) =>
    (await admin(at(id))).body.votes.map((one: any) => [one.voter, one.reported_by, one.voided_at === null])

  // Their own yes: finn’s is gone, and his to give again.
  const one = await ask(action)
  expect(await report(finn, one.ref, 'usr_fay')).toEqual([200, 'pending'])
  expect(await may(as('fay'), one.id)).toEqual(['allowed', 'allowed'])
  expect(await vote(as('fay'), one.id)).toEqual([200, 'pending'])
  expect(await votes(one.id)).toEqual([
    ['usr_fay', 'usr_finn', false],
    ['usr_fay', null, true],
  ])
  expect(await may(as('fay'), one.id)).toEqual(['repeat', 'already_decided'])
  expect(await report(finn, one.ref, 'usr_fay')).toEqual([200, 'pending'])
  expect((await admin(at(one.id))).body.stages[0].all[0].given).toBe(1)
  expect(await vote(finn, one.id)).toEqual([200, 'approved'])

  // Their no.
  const two = await ask(action)
  await report(finn, two.ref, 'usr_fay')
  expect(await no(as('fay'), two.id)).toEqual([200, 'rejected'])

  // A stage that it had closed is open again.
  const three = await ask('pay')
  expect(await vote(as('sam'), three.id)).toEqual([200, 'pending'])
  expect(await report(olaf, three.ref, 'usr_sue')).toEqual([200, 'pending'])
  expect((await admin(at(three.id))).body.stages.map(({ status }: any) => status)).toEqual(['closed', 'open'])
  expect(await may(as('sue'), three.id)).toEqual(['vote_not_needed', 'vote_not_needed'])
  await admin('/v1/people/usr_sue', { method: 'PATCH', body: { groups: ['grp_ops'] } })
  expect(await vote(as('sue'), three.id)).toEqual([200, 'pending'])
  expect((await admin(at(three.id))).body.stages.map(({ status }: any) => status)).toEqual(['closed', 'open'])
  expect(await vote(as('fay'), three.id)).toEqual([200, 'pending'])
  expect(await vote(as('finn'), three.id)).toEqual([200, 'approved'])

  await sealed(tenant.id)
  const { keys } = (await admin('/.well-known/jwks.json')).body
  const { body } = await admin('/v1/history/export')
  await expect(verifyExport(body.split('\n'), { keys })).resolves.toMatchObject({ erased: 0 })
})

test('under a policy the customer comes last, once: whoever is asked through the channel has no vote in a stage', async () => {
  const { tenant, as, admin, policy } = await company()
  await policy({ match: { kind: 'intent', action: 'refund' }, ...oneOfFinance })
  const agent = tenant.as('agent', ['service'])
  const instance = `/internal/v1/instances/${crypto.randomUUID()}/approvals`
  const call = { action: 'refund', skill_slug: 'pay', customer_id: crypto.randomUUID(), serialized_intent: {} }
  const ask = async (approver_person_id?: string) => {
    const { body } = await post(agent, `${instance}/request`, { ...call, approver_person_id })
    return { ref: body.approval_ref as string, id: await behindRef(tenant.id, body.approval_ref) }
  }
  const word = async (approval_ref: string, name: string, action = 'approve', more: object = {}) => {
    const who = { resolver_role: 'customer', resolver_person_id: `usr_${name}`, pin_verified: true, ...more }
    return said(await post(agent, `${instance}/resolve`, { approval_ref, action, ...who }))
  }

  const named = await ask('usr_fay')
  const { may } = (await as('fay')(at(named.id, '/explain'))).body
  expect([may.approve.code, may.reject.code]).toEqual(['wrong_resolver', 'wrong_resolver'])
  expect(await vote(as('fay'), named.id)).toEqual([403, 'wrong_resolver'])
  expect(await no(as('fay'), named.id)).toEqual([403, 'wrong_resolver'])
  expect(await word(named.ref, 'fay')).toEqual([403, 'stage_not_open'])
  expect(await vote(as('finn'), named.id)).toEqual([200, 'pending'])
  expect(await word(named.ref, 'fay')).toEqual([200, 'approved'])
  expect(await word(named.ref, 'fay')).toEqual([200, 'approved'])
  const refused = await ask('usr_fay')
  expect(await word(refused.ref, 'fay', 'reject')).toEqual([200, 'rejected'])
  expect(await word(refused.ref, 'fay', 'reject')).toEqual([200, 'rejected'])

  // Where nobody is named, somebody else than who has voted is the customer.
  const open = await ask()
  expect(await vote(as('fay'), open.id)).toEqual([200, 'pending'])
  expect(await word(open.ref, 'fay')).toEqual([403, 'second_vote'])
  expect(await word(open.ref, 'fay', 'reject')).toEqual([403, 'second_vote'])
  expect(await word(open.ref, 'fay', 'approve', { resolved_by: 'Fay Fields' })).toEqual([403, 'second_vote'])
  expect(await word(open.ref, 'carla')).toEqual([200, 'approved'])
  expect(await word(open.ref, 'fay')).toEqual([409, 'already_decided'])

  // Nor do they vote with a key that they have made for somebody else.
  const lent = await keyFor(admin, 'finn')
  const makers = await ask('usr_admin')
  expect((await lent(at(makers.id, '/explain'))).body.may.approve.code).toBe('wrong_resolver')
  expect(await vote(lent, makers.id)).toEqual([403, 'wrong_resolver'])
  const waitingFor = async (keyMadeBy: string | null) => {
    const ctx = tenant.ctx('finn', ['member'])
    const asked = { view: 'waiting', groups: ['grp_finance'] } as const
    return (await readInbox({ ...ctx, actor: { ...ctx.actor, keyMadeBy } }, asked)).rows.map(({ id }) => id)
  }
  expect(await waitingFor(null)).toContain(makers.id)
  expect(await waitingFor('usr_admin')).not.toContain(makers.id)
  expect(await vote(as('finn'), makers.id)).toEqual([200, 'pending'])
  expect(await word(makers.ref, 'admin')).toEqual([200, 'approved'])
  const anybodys = await ask()
  expect(await vote(lent, anybodys.id)).toEqual([200, 'pending'])
  expect(await word(anybodys.ref, 'admin')).toEqual([403, 'second_vote'])
  expect(await word(anybodys.ref, 'carla')).toEqual([200, 'approved'])
})

test('the last word of a customer is one of the approvals that it takes', async () => {
  const { tenant, as, policy } = await company()
  const stages = [...oneOfFinance.stages, { name: 'peer', all: [{ group: 'grp_support', approvals: 1 }] }]
  await policy({ match: { kind: 'intent', action: 'refund' }, stages })
  const agent = tenant.as('agent', ['service'])
  const instance = `/internal/v1/instances/${crypto.randomUUID()}/approvals`
  const call = { action: 'refund', skill_slug: 'pay', customer_id: crypto.randomUUID(), serialized_intent: {} }
  const { approval_ref } = (await post(agent, `${instance}/request`, call)).body
  const id = await behindRef(tenant.id, approval_ref)
  for (const name of ['fay', 'sam']) await vote(as(name), id)
  const [waiting] = (await agent(`${instance}/pending?customer_id=${call.customer_id}`)).body.approvals
  expect(waiting).toMatchObject({ status: 'pending', approvals: 2, required_approvals: 3 })
  const word = { approval_ref, action: 'approve', resolver_role: 'customer', pin_verified: true }
  const { body } = await post(agent, `${instance}/resolve`, word)
  expect(body).toMatchObject({ status: 'approved', approvals: 3, required_approvals: 3 })
})

test('amended, it falls under what it is then; what was voted before does not count', async () => {
  const { as, admin, policy } = await company()
  const where = [{ field: '/amount', op: '>', value: 1000 }]
  await policy({ stages: peerThenMoney, match: { kind: 'request', type: 'refund', where } })
  const amend = (id: string, amount: unknown) =>
    as('mia')(`/v1/requests/${id}`, { method: 'PATCH', body: { details: { amount } } })
  const id = await refund(as('mia'))
  await vote(as('sam'), id)
  // The policy cannot be evaded by leaving out, or by another type, what it looks at.
  for (const amount of [undefined, '2400', null]) {
    expect(said(await amend(id, amount))).toEqual([422, 'policy_needs_member'])
  }
  expect(said(await amend(id, 2500))).toEqual([200, 'pending'])
  const explained = (await as('fay')(at(id, '/explain'))).body
  expect([explained.revision, explained.stages[0].all[0].given]).toEqual([2, 0])
  expect(await vote(as('fay'), id)).toEqual([403, 'stage_not_open'])
  expect(await vote(as('sam'), id)).toEqual([200, 'pending'])
  expect(said(await amend(id, 10))).toEqual([200, 'pending'])
  expect((await admin(at(id, '/explain'))).body).toMatchObject({ policy: null, revision: 3 })
  expect(said(await amend(id, 5000))).toEqual([200, 'pending'])
  expect((await admin(at(id, '/explain'))).body).toMatchObject({ policy: { name: 'Refunds' }, revision: 4 })
  expect((await admin(at(id))).body.votes).toHaveLength(2)
})

test('an approval with other details has to stay under the very same policy', async () => {
  const { tenant, as, admin, policy } = await company()
  const receiver = await newReceiver(tenant, { event_types: ['request.approved'] })
  const where = [{ field: '/amount', op: '<=', value: 1000 }]
  const small = { name: 'Small', match: { kind: 'request', type: 'refund', where }, allow_edit: true, ...oneOfFinance }
  const { id: policyId } = await policy(small)
  const edited = (by: Caller, id: string, amount: unknown) =>
    post(by, `/v1/requests/${id}/approve`, { details: { amount } })
  const id = await refund(as('mia'), { details: { amount: 500 } })
  expect(said(await edited(as('fay'), id, 5000))).toEqual([409, 'policy_changed'])
  expect(said(await edited(as('fay'), id, 'much'))).toEqual([422, 'policy_needs_member'])
  expect(said(await edited(as('sam'), id, 400))).toEqual([403, 'forbidden'])
  const approved = await edited(as('fay'), id, 400)
  expect([approved.status, approved.body]).toMatchObject([200, { status: 'approved', edited: true }])
  const { digest, approved_digest } = approved.body
  const [sent] = await arrived(receiver, 1)
  expect(sent!.body).toMatchObject({ type: 'request.approved', data: { digest, approved_digest } })
  const told = (await admin('/v1/events?types=request.approved')).body.data.at(-1)
  expect(told).toMatchObject({ digest, data: { approved_digest }, ids: expect.stringContaining(approved_digest) })
  // The same again is the same answer; anything else comes too late, also from whoever said the first yes.
  expect((await edited(as('fay'), id, 400)).body).toEqual(approved.body)
  expect(await edited(as('fay'), id, 300)).toMatchObject({
    status: 409,
    body: { code: 'already_decided', winner: { decision: 'approved', decided_by: 'usr_fay' } },
  })
  expect(said(await edited(as('fay'), id, 500))).toEqual([409, 'already_decided'])
  const plain = await refund(as('mia'), { details: { amount: 500 } })
  expect((await post(as('fay'), `/v1/requests/${plain}/approve`)).status).toBe(200)
  expect(said(await edited(as('fay'), plain, 400))).toEqual([409, 'already_decided'])
  expect((await edited(as('fay'), plain, 500)).body).toMatchObject({ status: 'approved', edited: false })
  // In another version it is another policy.
  const later = await refund(as('mia'), { details: { amount: 500 } })
  await admin(`/v1/policies/${policyId}`, { method: 'PATCH', body: { name: 'Smaller' } })
  expect(said(await edited(as('fay'), later, 400))).toEqual([409, 'policy_changed'])
  expect(await vote(as('fay'), later)).toEqual([200, 'approved'])
})

test.each([
  ['expire', 'expired', 'system:expiry'],
  ['reject', 'rejected', 'system:auto-reject'],
  ['approve', 'approved', 'system:auto-approve'],
] as const)('a policy’s clock that says %s does so, once, whoever is late', async (then, status, by) => {
  const { as, admin, policy } = await company()
  await policy({ stages: peerThenMoney, expires: { after_hours: 1, then } })
  const id = await refund(as('mia'))
  await vote(as('sam'), id)
  await isDue(id)
  // Until the sweep only what the clock is to approve can be decided; the others are over for everybody.
  const late = await post(as('fay'), at(id, '/approve'))
  expect(said(late)).toEqual(
    { expire: [409, 'approval_expired'], reject: [409, 'already_decided'], approve: [200, 'pending'] }[then],
  )
  if (then !== 'approve') {
    const over = { status, decided_by: by, decided_at: expect.any(String) }
    expect((await admin(at(id))).body).toMatchObject(over)
    expect((await admin(`/v1/requests/${id}`)).body).toMatchObject(over)
    expect((await admin(at(id, '/decision?wait=0'))).body).toMatchObject({ ...over, final: true })
    const listed = async (query: string) =>
      (await admin(`/v1/requests?${query}`)).body.data.map((one: any) => [one.id, one.status])
    expect(await listed(`status=${status}`)).toEqual([[id, status]])
    expect(await listed('')).toEqual([[id, status]])
    expect(await listed('status=pending')).toEqual([])
    for (const [path, init] of [
      [`/v1/requests/${id}`, { method: 'DELETE' }],
      [`/v1/requests/${id}`, { method: 'PATCH', body: { title: 'Else' } }],
    ] as const)
      expect(said(await as('mia')(path, init))).toEqual([
        409,
        then === 'expire' ? 'approval_expired' : 'already_decided',
      ])
  }
  if (then === 'reject') {
    const { winner } = late.body
    expect(winner).toEqual({ decision: 'rejected', decided_by: by, decided_at: (await admin(at(id))).body.due_at })
  }
  for (const sweep of [expireDue, (ctx: Ctx) => rejectDue(ctx, {}), approveByPolicy]) {
    const run = () => sweep(systemContext(env, 'system:maintenance', Date.now()))
    await Promise.all([run(), run()])
  }
  expect((await admin(at(id))).body).toMatchObject({ status, decided_by: by })
  expect((await vote(admin, id))[0]).toBe(409)
  expect((await eventsOf(admin, id)).filter((type) => type === status)).toHaveLength(1)
})

test('of several clocks the earliest counts, and only the policy’s own approves', async () => {
  const { as, admin, policy } = await company()
  await policy({ stages: peerThenMoney, expires: { after_hours: 10, then: 'approve' } })
  const clockOf = async (id: string) => {
    const row = await env.DB.prepare('SELECT due_at - updated_at AS left, on_due FROM approvals WHERE id = ?')
      .bind(id)
      .first<any>()
    return [Math.round(row.left / 3_600_000), row.on_due]
  }
  const soonest = await refund(as('mia'), { expires_in_hours: 2 })
  expect(await clockOf(soonest)).toEqual([2, 'expire'])
  expect(await clockOf(await refund(as('mia'), { expires_in_hours: 10 }))).toEqual([10, 'expire'])
  const later = await refund(as('mia'), { expires_in_hours: 20 })
  expect(await clockOf(later)).toEqual([10, 'approve'])
  // What the policy approves counts from the last amendment; no other clock is prolonged.
  const anHourAgo = 'UPDATE approvals SET due_at = due_at - 3600000, created_at = created_at - 3600000 WHERE id = ?'
  for (const id of [soonest, later]) {
    await env.DB.prepare(anHourAgo).bind(id).run()
    expect(said(await as('mia')(`/v1/requests/${id}`, { method: 'PATCH', body: { title: 'Again' } }))[0]).toBe(200)
  }
  expect(await clockOf(soonest)).toEqual([1, 'expire'])
  expect(await clockOf(later)).toEqual([10, 'approve'])
  expect((await admin(at(later))).body.revision).toBe(2)
})

test('an amendment prolongs no clock by way of another policy, nor of none', async () => {
  const { as, policy } = await company()
  const match = (a: number) => ({ kind: 'request', where: [{ field: '/a', op: '==', value: a, missing: 'no_match' }] })
  await policy({ name: 'Soon', match: match(1), ...oneOfFinance, expires: { after_hours: 1, then: 'approve' } })
  await policy({ name: 'Strict', match: match(2), ...oneOfFinance, expires: { after_hours: 48, then: 'reject' } })
  const id = await refund(as('mia'), { details: { a: 2 }, expires_in_hours: 72 })
  const clock = async () => {
    const row = env.DB.prepare('SELECT due_at, on_due FROM approvals WHERE id = ?').bind(id)
    return (await row.first<{ due_at: number; on_due: string }>())!
  }
  const first = await clock()
  const anHourAgo = { ...first, due_at: first.due_at - 3_600_000 }
  await env.DB.prepare('UPDATE approvals SET due_at = ? WHERE id = ?').bind(anHourAgo.due_at, id).run()
  const amend = (a: number) => as('mia')(`/v1/requests/${id}`, { method: 'PATCH', body: { details: { a } } })
  for (const a of [2, 3, 1, 4, 1, 1, 2]) {
    await amend(a)
    expect(await clock()).toMatchObject(a === 1 ? { on_due: 'approve' } : anHourAgo)
  }
  // What the policy would approve later than that does not prolong it either.
  const soon = Date.now() + 60_000
  await env.DB.prepare('UPDATE approvals SET due_at = ? WHERE id = ?').bind(soon, id).run()
  await amend(1)
  expect(await clock()).toEqual({ due_at: soon, on_due: 'reject' })
})
