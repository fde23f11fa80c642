import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Asked, byPlace, firstMatch, matches } from '../../src/approvals/match.ts'
import type { Where } from '../../src/approvals/policy.ts'
import { operators } from '../../src/comparison.ts'

const scalar = fc.oneof(
  // Decimals with up to 30 digits, as whole numbers of 10^-10.
  fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
  fc.constantFrom(0n, 1n, -1n, 10n ** 10n),
  fc.constantFrom('', 'a', 'b', 'ä', '10'),
  fc.boolean(),
)
type Scalar = bigint | string | boolean

/** As JSON; a decimal in one of the ways in which it can be written. */
function written(value: Scalar, exponent: boolean): string {
  if (typeof value !== 'bigint') return JSON.stringify(value)
  if (exponent) return `${value}e-10`
  const digits = (value < 0n ? -value : value).toString().padStart(11, '0')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -10)}.${digits.slice(-10)}`
}

/** What a JavaScript number can be of them. */
const plainNumber = fc.integer({ min: -100_000, max: 100_000 })

const condition = fc.record(
  {
    field: fc.constantFrom('/a', '/b', 'c', '/d/e'),
    op: fc.constantFrom(...operators),
    value: fc.oneof(plainNumber, fc.constantFrom('', 'a', 'b', '10'), fc.boolean()),
    missing: fc.constantFrom('match' as const, 'no_match' as const),
  },
  { requiredKeys: ['field', 'op', 'value'] },
)

/** What a condition says, by another way of counting: in whole numbers of 10^-10. */
function oracle({ op, value, missing }: Where, there: Scalar | undefined): boolean | 'needs' {
  const wanted = typeof value === 'number' ? BigInt(value) * 10n ** 10n : (value as Scalar)
  const sign = { eq: '==', ne: '!=', lt: '<', lte: '<=', gt: '>', gte: '>=' }[op] ?? op
  const isOrder = sign !== '==' && sign !== '!='
  if (typeof there !== typeof wanted || (isOrder && typeof wanted === 'boolean')) {
    return missing === undefined ? 'needs' : missing === 'match'
  }
  const order = there! < wanted ? -1 : there! > wanted ? 1 : 0
  return { '==': order === 0, '!=': order !== 0, '<': order < 0, '<=': order <= 0, '>': order > 0, '>=': order >= 0 }[
    sign
  ]!
}

test('conditions hold as decimals and texts compare, however they are written', () => {
  const member = fc.option(scalar, { nil: undefined })
  const inputs = [fc.record({ a: member, b: member, c: member, e: member }), fc.boolean(), fc.array(condition)] as const
  fc.assert(
    fc.property(...inputs, (members, exponent, where) => {
      const text = (value: Scalar | undefined) => (value === undefined ? 'null' : written(value, exponent))
      const { a, b, c, e } = members
      const document = `{"a":${text(a)},"b":${text(b)},"c":${text(c)},"d":{"e":${text(e)}}}`
      const asked = new Asked({ kind: 'request', members: {}, document, requesterGroups: [] })
      const of: Record<string, Scalar | undefined> = { '/a': a, '/b': b, c, '/d/e': e }
      const expected = where.map((one) => oracle(one, of[one.field]))
      const outcome = matches({ kind: 'request', where }, asked)
      const firstNeeds = expected.indexOf('needs')
      if (expected.includes(false)) expect(outcome).toBe(false)
      else if (firstNeeds === -1) expect(outcome).toBe(true)
      else expect(outcome).toMatchObject({ condition: firstNeeds, field: where[firstNeeds]!.field })
    }),
    { numRuns: 2_000 },
  )
})

test('of many policies the first in the order is found, whatever order they come in', () => {
  const policy = fc.record({
    id: fc.uuid(),
    priority: fc.integer({ min: 0, max: 3 }),
    created_at: fc.integer({ min: 0, max: 3 }),
    match: fc.constantFrom({}, { kind: 'claim' }, { kind: 'change' }, { requester_group: 'g' }),
  })
  fc.assert(
    fc.property(fc.uniqueArray(policy, { selector: ({ id }) => id }), (policies) => {
      const asked = new Asked({ kind: 'claim', members: {}, document: null, requesterGroups: [] })
      const fitting = policies.filter(
        ({ match }) => Object.keys(match).length === 0 || ('kind' in match && match.kind === 'claim'),
      )
      const best = fitting.reduce<(typeof policies)[number] | undefined>((first, one) => {
        const key = (p: typeof one) => [p.priority, p.created_at, p.id].map((part) => String(part).padStart(40)).join()
        return first && key(first) < key(one) ? first : one
      }, undefined)
      expect(firstMatch(policies.toSorted(byPlace), asked)?.policy.id).toBe(best?.id)
    }),
  )
})
