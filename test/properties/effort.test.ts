/* oxlint-disable no-extend-native, unicorn/no-thenable */
import { validate } from '@cfworker/json-schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { costOf, priceOf, sizeOf } from '../../src/structuring/schema-cost.ts'
import { schemaFaults } from '../../src/structuring/schema-faults.ts'
import { often } from '../support/scale.ts'

const name = fc.constantFrom(
  'a',
  'b',
  'c',
  'd',
  'e',
  'f',
  'g',
  'h',
  'i',
  '語'.repeat(40),
  'x'.repeat(200),
  'a/b ~c'.repeat(9),
)
const count = fc.nat({ max: 3 })
const number = fc.constantFrom(0, 1, -1, 0.5, 1e300, 1e-300)
const json = fc.jsonValue({ maxDepth: 2, stringUnit: 'grapheme' })
const several = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: 3 })
const typeName = fc.constantFrom('null', 'boolean', 'object', 'array', 'number', 'string', 'integer')
const names = fc.array(name, { minLength: 1, maxLength: 60, size: 'max' })

/** Schemas of a few keywords each, out of all that a check can use. */
const { schema } = fc.letrec((tie) => {
  const one = tie('schema')
  const leaves = {
    type: fc.oneof(typeName, fc.uniqueArray(typeName, { minLength: 1 })),
    const: json,
    enum: several(json),
    multipleOf: fc.constantFrom(0.5, 1e-300, 7),
    minimum: number,
    exclusiveMaximum: number,
    minLength: count,
    maxLength: count,
    minItems: count,
    maxItems: count,
    uniqueItems: fc.boolean(),
    minContains: count,
    maxContains: count,
    minProperties: count,
    maxProperties: count,
    required: names,
    dependentRequired: fc.dictionary(name, names, { maxKeys: 4 }),
  }
  const branches = {
    properties: fc.dictionary(name, one, { maxKeys: 4 }),
    dependentSchemas: fc.dictionary(name, one, { maxKeys: 2 }),
    allOf: several(one),
    anyOf: several(one),
    oneOf: several(one),
    prefixItems: several(one),
    additionalProperties: one,
    unevaluatedProperties: one,
    unevaluatedItems: one,
    propertyNames: one,
    contains: one,
    items: one,
    not: one,
    if: one,
    then: one,
    else: one,
  }
  const some = (keywords: Record<string, fc.Arbitrary<unknown>>, most: number) => {
    const members = Object.entries(keywords).map(([keyword, value]) => fc.tuple(fc.constant(keyword), value))
    return fc.array(fc.oneof(...members), { minLength: 1, maxLength: most }).map(Object.fromEntries)
  }
  const branch = fc.tuple(some(branches, 3), some(leaves, 2)).map(([above, below]) => ({ ...above, ...below }))
  return {
    schema: fc.oneof({ maxDepth: 3, depthIdentifier: 'schema' }, some(leaves, 3), fc.boolean(), branch, branch, branch),
  }
})

const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'value' },
    fc.oneof(number, fc.boolean(), fc.constant(null), fc.string({ maxLength: 40 })),
    fc.dictionary(name, tie('value'), { maxKeys: 5 }),
    fc.array(tie('value'), { maxLength: 5 }),
  ),
}))
/** The same many times: what is wrong with it is wrong many times. */
const data = fc
  .tuple(value, fc.constantFrom(1, 3, 60))
  .map(([one, times]) => JSON.stringify({ a: Array.from({ length: times }, () => one), b: one }))

const manyEmpty = JSON.stringify({ a: Array.from({ length: 60 }, () => ({})), b: {} })

/** What the validator does: faults noted (also those it forgets again), their text, and looks at the data. */
function watched(schema: any, plain: unknown) {
  const seen = { faults: 0, text: 0, looks: 0 }
  const spied = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value
    return new Proxy(value, {
      get(target, key) {
        seen.looks += 1
        return spied(Reflect.get(target, key))
      },
      getOwnPropertyDescriptor(target, key) {
        seen.looks += 1
        return Reflect.getOwnPropertyDescriptor(target, key)
      },
    })
  }
  const { push } = Array.prototype
  const known = new WeakSet()
  const note = (fault: unknown) => {
    if (typeof fault !== 'object' || fault === null || !('error' in fault) || known.has(fault)) return
    known.add(fault)
    seen.faults += 1
    seen.text += String(fault.error).length
  }
  const counting = function (this: unknown[], ...items: any[]) {
    items.forEach(note)
    return push.apply(this, items)
  }
  Object.defineProperty(Array.prototype, 'push', { value: counting })
  try {
    validate(spied(plain), schema, '2020-12', {})
  } finally {
    Object.defineProperty(Array.prototype, 'push', { value: push })
  }
  return seen
}

test('what a schema does with data is within its price, in faults noted, in their text, in looks at the data', () => {
  let judged = 0
  let most = 0
  fc.assert(
    fc.property(schema, data, (inner, json) => {
      const schema = { properties: { a: { contains: inner }, b: inner } }
      if (schemaFaults(schema).length > 0) return
      judged += 1
      const plain: unknown = JSON.parse(json)
      const price = priceOf(costOf(schema), sizeOf(plain), json.length)
      const { faults, text, looks } = watched(schema, plain)
      const within = { faults: faults <= price / 50 + 1, text: text <= price + 100, looks: looks <= price / 10 + 10 }
      expect(within).toEqual({ faults: true, text: true, looks: true })
      most = Math.max(most, faults)
    }),
    { numRuns: often(4_000), examples: [[{ required: Array.from({ length: 200 }, (_, n) => `n${n}`) }, manyEmpty]] },
  )
  expect(judged).toBeGreaterThan(often(3_000))
  expect(most).toBeGreaterThan(500)
})
