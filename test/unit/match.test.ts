import { expect, test } from 'vitest'
import { Asked, byPlace, firstMatch, matches, needsMember } from '../../src/approvals/match.ts'
import type { Match, PolicyFacts, Where } from '../../src/approvals/policy.ts'

const facts = (more: Partial<PolicyFacts> = {}): PolicyFacts => ({
  kind: 'intent',
  members: { action: 'refund', skill_slug: null, instance_id: 'i-1' },
  document: '{"amount":1000.10,"big":9007199254740993,"to":{"iban":"DE1"},"urgent":true,"note":null,"tags":["a"]}',
  requesterGroups: ['grp_support'],
  ...more,
})

const said = (match: Match, more: Partial<PolicyFacts> = {}) => matches(match, new Asked(facts(more)))
const where = (...conditions: Where[]) => said({ kind: 'intent', where: conditions })

test.each<[Match, boolean]>([
  [{}, true],
  [{ kind: 'intent' }, true],
  [{ kind: 'claim' }, false],
  [{ kind: 'intent', action: 'refund' }, true],
  [{ kind: 'intent', action: 'Refund' }, false],
  [{ kind: 'intent', action: 'refund', skill_slug: 'billing' }, false],
  [{ kind: 'intent', instance_id: 'I-1' }, true],
  [{ requester_group: 'grp_support' }, true],
  [{ requester_group: 'grp_finance' }, false],
])('%j is for a refund by an agent of support: %j', (match, expected) => {
  expect(said(match)).toBe(expected)
})

test.each<[number, string, boolean]>([
  [5000, 'EUR', true],
  [4999, 'EUR', false],
  [5000, 'USD', false],
])('a claim of %d %s is of 50.00 EUR or more: %j', (amount, currency, expected) => {
  const claim = { kind: 'claim', members: { amount, currency, expense_type: 'travel' }, document: null }
  expect(said({ kind: 'claim', currency: 'EUR', min_amount: 5000 }, claim)).toBe(expected)
})

test.each<[Where, boolean]>([
  [{ field: '/amount', op: '>', value: 1000 }, true],
  [{ field: 'amount', op: '==', value: 1000.1 }, true],
  [{ field: '/amount', op: '>=', value: 1000.11 }, false],
  [{ field: '/big', op: '>', value: 9007199254740992 }, true],
  [{ field: '/to/iban', op: 'eq', value: 'DE1' }, true],
  [{ field: '/to/iban', op: '<', value: 'DE2' }, true],
  [{ field: '/tags/0', op: '!=', value: 'a' }, false],
  [{ field: '/urgent', op: '==', value: true }, true],
])('where %j: %j', (condition, expected) => {
  expect(where(condition)).toBe(expected)
})

test('a member that is missing, or of another type, is needed; unless the condition says what it counts as', () => {
  const missing = { field: '/total', op: '>', value: 5 }
  expect(where(missing)).toEqual({ condition: 0, field: '/total', needs: 'number', has: null })
  expect(where({ field: '/to', op: '==', value: 'x' })).toEqual({
    condition: 0,
    field: '/to',
    needs: 'string',
    has: 'object',
  })
  expect(where({ field: '/note', op: '!=', value: 'x' })).toMatchObject({ has: 'null' })
  expect(where({ ...missing, missing: 'match' })).toBe(true)
  expect(where({ ...missing, missing: 'no_match' })).toBe(false)
})

test('one condition that does not hold is enough for a no, wherever another needs something', () => {
  const needs = { field: '/total', op: '>', value: 5 }
  const doesNot = { field: '/amount', op: '<', value: 5 }
  expect([where(needs, doesNot), where(doesNot, needs)]).toEqual([false, false])
  expect(where({ field: '/amount', op: '>', value: 5 }, needs)).toMatchObject({ condition: 1 })
})

test('the first that matches holds, by priority, and of the same priority the older', () => {
  const policies = [
    { id: 'c', name: 'rest', priority: 20, created_at: 1, match: {} },
    { id: 'b', name: 'younger', priority: 10, created_at: 3, match: { kind: 'intent' } },
    { id: 'a', name: 'older', priority: 10, created_at: 2, match: { kind: 'intent', action: 'refund' } },
  ].sort(byPlace)
  const first = (more?: Partial<PolicyFacts>) => firstMatch(policies, new Asked(facts(more)))?.policy.name
  expect([first(), first({ members: { action: 'mail' } }), first({ kind: 'claim' })]).toEqual([
    'older',
    'younger',
    'rest',
  ])
  expect(firstMatch([], new Asked(facts()))).toBeNull()
})

test('what a policy needs to be told to match refuses the asking, and names policy and member', () => {
  const policy = { id: 'pol_1', name: 'Big refunds', match: { where: [{ field: '/total', op: '>', value: 5 }] } }
  const found = firstMatch([policy, { id: 'pol_2', name: 'Rest', match: {} }], new Asked(facts()))
  const refusal = needsMember({ policy: found!.policy, needs: found!.needs! })
  expect(refusal.toValue()).toEqual({
    code: 'policy_needs_member',
    detail: 'The policy "Big refunds" compares /total with a number, but it is missing.',
    members: { policy: { id: 'pol_1', name: 'Big refunds' }, field: '/total', condition: 0 },
  })
})

test('however many conditions look at a long number, it is read once', () => {
  const document = `{"n":1${'0'.repeat(200_000)}}`
  const conditions = Array.from({ length: 20 }, (_, n) => ({ field: '/n', op: '>', value: n }))
  const asked = new Asked(facts({ document }))
  expect(asked.find('/n')).toBe(asked.find('/n'))
  const policies = Array.from({ length: 200 }, () => ({
    match: { where: [...conditions, { field: '/n', op: '<', value: 0 }] },
  }))
  const started = Date.now()
  expect(firstMatch(policies, asked)).toBeNull()
  expect(Date.now() - started).toBeLessThan(1_000)
})
