import { expect, test } from 'vitest'
import { winnerOf, type Approval } from '../../src/approvals/approval.ts'
import type { Actor } from '../../src/context.ts'
import { statusAt } from '../../src/approvals/states.ts'
import { inRole, ruleOfKind, type Policy } from '../../src/approvals/policy.ts'
import { whyNot as whyNotVote, whyNotWithdraw, type Ballot, type Voting } from '../../src/approvals/rules.ts'
import { Refusal } from '../../src/refusal.ts'

const now = 1_000_000
const policy: Policy = { required_approvals: 1, approver_roles: ['coordinator'], allow_self_approval: false }
const lenient = { ...policy, allow_self_approval: true }

function approval(changes: Partial<Approval> = {}): Approval {
  return {
    id: 'clm_1',
    tenant_id: 't',
    kind: 'claim',
    status: 'pending',
    type: null,
    title: 'Train',
    requester_id: 'usr_member',
    subject_type: null,
    subject_id: null,
    created_at: 0,
    updated_at: 0,
    due_at: null,
    due_or_never: Number.MAX_SAFE_INTEGER,
    on_due: null,
    policy_version_id: null,
    votes_needed: 1,
    votes_for: 0,
    revision: 1,
    version: 3,
    digest: '0'.repeat(64),
    decision_id: null,
    event_seq: null,
    bulk_id: null,
    decided_by: null,
    decided_at: null,
    comment: null,
    submitted_by: null,
    instance_id: null,
    restricted: 0,
    stage: 0,
    open_to: null,
    channel_confirms: 0,
    approved_digest: null,
    kept_due_at: null,
    kept_on_due: null,
    ...changes,
  }
}

const actor = {
  tenantId: 't',
  userId: 'usr_c',
  name: 'C',
  roles: ['coordinator'] as const,
  instanceId: null,
  keyMadeBy: null,
}
/** As `whyNot`, where no policy holds and the actor has voted so. */
function whyNot(
  one: Approval,
  ofKind: Policy,
  mine: 'approve' | 'reject' | null,
  who: Actor,
  ballot: Omit<Ballot, 'comment'>,
  at: number,
) {
  const vote = { voter: who.userId, capacities: [], stage: 0, reportedBy: null, keyMadeBy: null }
  const voting: Voting = {
    rule: ruleOfKind(ofKind),
    isGoverned: false,
    votes: mine === null ? [] : [{ ...vote, vote: mine }],
    replaced: null,
    capacities: who.roles.map(inRole),
    reporter: null,
    throughChannel: null,
  }
  return whyNotVote(one, voting, who, ballot, at)
}
const approve = { vote: 'approve', ifMatch: null } as const
const code = (result: Refusal | 'repeat' | null) => (result instanceof Refusal ? result.code : result)
const decided = { status: 'approved', decided_by: 'usr_c', decided_at: 5 } as const

test('a pending approval may be decided by somebody else with the role', () => {
  expect(whyNot(approval(), policy, null, actor, approve, now)).toBeNull()
})

test('who lacks the role, or asked for it, may not', () => {
  expect(code(whyNot(approval(), policy, null, { ...actor, roles: ['member'] }, approve, now))).toBe('forbidden')
  expect(code(whyNot(approval(), policy, null, { ...actor, userId: 'usr_member' }, approve, now))).toBe('self_approval')
  expect(whyNot(approval(), lenient, null, { ...actor, userId: 'usr_member' }, approve, now)).toBeNull()
})

test('who sent it in the name of somebody else has asked too', () => {
  const sent = approval({ submitted_by: 'usr_c' })
  expect(code(whyNot(sent, policy, null, actor, approve, now))).toBe('self_approval')
  expect(whyNot(sent, policy, null, { ...actor, userId: 'usr_d' }, approve, now)).toBeNull()
  expect(whyNot(sent, lenient, null, actor, approve, now)).toBeNull()
})

test('the same vote again is a repeat, as long as it is what was decided', () => {
  expect(whyNot(approval(decided), policy, 'approve', actor, approve, now)).toBe('repeat')
  expect(whyNot(approval({ votes_needed: 2, votes_for: 1 }), policy, 'approve', actor, approve, now)).toBe('repeat')
  const overruled = approval({ status: 'rejected', decided_by: 'usr_d', decided_at: 5 })
  expect(code(whyNot(overruled, policy, 'approve', actor, approve, now))).toBe('already_decided')
})

test('a changed mind is refused, decided or not', () => {
  const reject = { vote: 'reject', ifMatch: null } as const
  expect(code(whyNot(approval(decided), policy, 'approve', actor, reject, now))).toBe('already_decided')
  expect(code(whyNot(approval({ votes_needed: 2, votes_for: 1 }), policy, 'approve', actor, reject, now))).toBe(
    'already_decided',
  )
})

test('an approval past its due time is expired for every reader, to the millisecond', () => {
  const due = (due_at: number) => approval({ due_at, on_due: 'expire' })
  expect(statusAt(due(now + 1), now)).toBe('pending')
  expect(statusAt(due(now), now)).toBe('expired')
  expect(code(whyNot(due(now), policy, null, actor, approve, now))).toBe('approval_expired')
  expect(winnerOf(due(now), now)).toEqual({
    decision: 'expired',
    decided_by: 'system:expiry',
    decided_at: new Date(now).toISOString(),
  })
  expect(statusAt(approval({ due_at: now, on_due: 'approve' }), now)).toBe('pending')
})

test('If-Match must name the present version', () => {
  expect(whyNot(approval(), policy, null, actor, { vote: 'approve', ifMatch: ['2', '3'] }, now)).toBeNull()
  expect(code(whyNot(approval(), policy, null, actor, { vote: 'approve', ifMatch: ['2'] }, now))).toBe(
    'precondition_failed',
  )
})

test('a vote is on the question that was seen: another digest is refused, also with the same vote again', () => {
  const seen = (digest: string) => ({ ...approve, digest: digest.repeat(64) })
  expect(whyNot(approval(), policy, null, actor, seen('0'), now)).toBeNull()
  expect(whyNot(approval(), policy, null, actor, seen('1'), now)).toMatchObject({
    code: 'digest_mismatch',
    members: { digest: '0'.repeat(64) },
  })
  expect(whyNot(approval(decided), policy, 'approve', actor, seen('0'), now)).toBe('repeat')
  expect(code(whyNot(approval(decided), policy, 'approve', actor, seen('1'), now))).toBe('digest_mismatch')
  expect(code(whyNot(approval(decided), policy, null, actor, seen('1'), now))).toBe('already_decided')
})

test('only the requester withdraws, and only what is pending', () => {
  const requester = { ...actor, userId: 'usr_member' }
  expect(whyNotWithdraw(approval(), requester, { ifMatch: null }, now)).toBeNull()
  expect(code(whyNotWithdraw(approval(), actor, { ifMatch: null }, now))).toBe('not_requester')
  expect(code(whyNotWithdraw(approval(decided), requester, { ifMatch: null }, now))).toBe('already_decided')
  const gone = approval({ status: 'withdrawn', decided_by: 'usr_member', decided_at: 5 })
  expect(whyNotWithdraw(gone, requester, { ifMatch: null }, now)).toBe('repeat')
  const seen = (digest: string) => ({ ifMatch: null, digest: digest.repeat(64) })
  expect(whyNotWithdraw(approval(), requester, seen('0'), now)).toBeNull()
  expect(whyNotWithdraw(gone, requester, seen('0'), now)).toBe('repeat')
  for (const one of [approval(), gone]) {
    expect(code(whyNotWithdraw(one, requester, seen('1'), now))).toBe('digest_mismatch')
  }
})
