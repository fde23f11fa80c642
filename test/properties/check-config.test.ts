import { Validator } from '@cfworker/json-schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { operators } from '../../src/comparison.ts'
import { checkTypes, configFaults, type ConfigFault } from '../../src/structuring/check-config.ts'
import { configByType } from '../../src/structuring/check-config.schemas.ts'
import { often } from '../support/scale.ts'

/* What the document says that a check takes, held to what it takes. */

interface Documented {
  properties: { type: { const: string }; config: object }
}

const documented = new Map(
  (configByType as unknown as Documented[]).map(({ properties: { type, config } }) => [
    type.const,
    new Validator(config as never, '2020-12'),
  ]),
)

/**
 * What is refused although the document takes it, because no schema can say it: bounds in the wrong order, pointers and
 * patterns that are none, and what is wrong within a schema.
 */
const beyondSchemas = [
  'must not be above max',
  'is not a JSON Pointer (RFC 6901): ~ must be followed by 0 or 1',
  /^is not an RE2 pattern/,
  /^is too large; repeat less/,
]
const isBeyond = ({ path, message }: ConfigFault) =>
  (path[0] === 'schema' && path.length > 1) ||
  beyondSchemas.some((one) => (typeof one === 'string' ? one === message : one.test(message)))

const text = (...special: string[]) =>
  fc.oneof(fc.constantFrom('', 'a', '/a/b', ...special), fc.string({ maxLength: 5 }))
const long = (length: number) => fc.constantFrom('x'.repeat(length), 'x'.repeat(length + 1))
const name = fc.oneof({ weight: 5, arbitrary: text('/~2', '~') }, { weight: 1, arbitrary: long(500) })
const anything = fc.anything({ maxDepth: 1, withNullPrototype: false }).map((value) => {
  const json = JSON.stringify(value)
  return json === undefined ? null : (JSON.parse(json) as unknown)
})
const number = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true, noDefaultInfinity: true }))
const members: Record<string, fc.Arbitrary<unknown>> = {
  field: name,
  left: name,
  right: name,
  min: number,
  max: number,
  pattern: fc.oneof(text('^R-\\d+$', '(', '(a{1,99}){1,99}', '\\1'), long(500)),
  values: fc.oneof(
    fc.array(fc.oneof(anything, fc.string(), long(1_000)), { maxLength: 4 }),
    fc.constantFrom(Array(1_000).fill(1), Array(1_001).fill(1)),
  ),
  op: fc.constantFrom(...operators, '=', '<>'),
  schema: fc.constantFrom<unknown[]>(true, false, {}, { type: 'string' }, { minimum: 1 }, [], 5),
}
/** The members that a type knows: most configs have just those, so that many are taken. */
const known: Record<string, string[]> = {
  value_range: ['field', 'min', 'max'],
  field_format: ['field', 'pattern'],
  required_field: ['field'],
  allowed_values: ['field', 'values'],
  cross_field: ['left', 'op', 'right'],
  json_schema: ['schema'],
  reported: [],
}

function configOf(type: string): fc.Arbitrary<unknown> {
  const own = Object.fromEntries(known[type]!.map((member) => [member, members[member]!]))
  const spoilt = fc.record({ ...own, ...Object.fromEntries(known[type]!.map((member) => [member, anything])) })
  return fc.oneof(
    { weight: 6, arbitrary: fc.record(own) },
    { weight: 3, arbitrary: fc.record(own, { requiredKeys: [] }) },
    { weight: 2, arbitrary: spoilt },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.record(own), fc.dictionary(fc.string(), anything)).map(([a, b]) => ({ ...b, ...a })),
    },
    { weight: 2, arbitrary: anything },
  )
}

test('the document knows each type of check', () => {
  expect([...documented.keys()].sort()).toEqual([...checkTypes].sort())
  expect(Object.keys(known).sort()).toEqual([...checkTypes].sort())
})

test.each(checkTypes)('a config of %s is taken where the document takes it, and nowhere else', async (type) => {
  let taken = 0
  let refused = 0
  await fc.assert(
    fc.asyncProperty(configOf(type), async (config) => {
      const faults = await configFaults(type, config)
      const isTaken = faults.every(isBeyond)
      const { valid, errors } = documented.get(type)!.validate(config as never)
      expect({ valid, faults, errors: valid ? [] : errors.slice(-1) }).toMatchObject({ valid: isTaken })
      if (isTaken) taken += 1
      else refused += 1
    }),
    { numRuns: often(600) },
  )
  expect(Math.min(taken, refused)).toBeGreaterThan(often(8))
})
