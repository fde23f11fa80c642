import canonicalize from 'canonicalize'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../../src/canonical-json.ts'
import { often } from '../support/scale.ts'

const name = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 3 }),
  fc.string({ unit: 'binary', maxLength: 3 }),
  fc.constantFrom(
    '10',
    '9',
    '09',
    '1a',
    '-1',
    '4294967295',
    '__proto__',
    'toJSON',
    'constructor',
    '',
    'é',
    '😀',
    '\ue000',
  ),
)
const json = fc.jsonValue({ stringUnit: 'binary' })
const value = fc.oneof(
  json,
  fc.array(fc.tuple(name, json), { maxLength: 6 }).map((members) => Object.fromEntries(members)),
  fc.array(fc.tuple(name, fc.dictionary(name, json)), { maxLength: 4 }).map((members) => [Object.fromEntries(members)]),
)

test('any JSON is written as the reference implementation of RFC 8785 writes it', () => {
  fc.assert(
    fc.property(value, (one) => {
      expect(canonicalJson(one)).toBe(canonicalize(one))
    }),
    { numRuns: often(4_000) },
  )
})

test.each([
  ['{"b":1,"a":2}', '{"a":2,"b":1}'],
  ['{"b":1,"10":2,"9":3,"a":{"2":1,"1":2}}', '{"10":2,"9":3,"a":{"1":2,"2":1},"b":1}'],
  ['{"z":1,"__proto__":{"y":1,"x":2}}', '{"__proto__":{"x":2,"y":1},"z":1}'],
  [
    '{"\u20ac":1,"\\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}',
    '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}',
  ],
  ['[1E30,4.50,2e-3,1e-27,-0,333333333.33333329]', '[1e+30,4.5,0.002,1e-27,0,333333333.3333333]'],
])('%s is %s', (sent, written) => {
  expect(canonicalJson(JSON.parse(sent))).toBe(written)
})

test('half of a surrogate pair is the replacement character, wherever it is a value', () => {
  expect(canonicalJson({ b: ['\ud83d', 'x'], a: '\udc00' })).toBe('{"a":"\ufffd","b":["\ufffd","x"]}')
  expect(canonicalJson({ 1: '\ud83d' })).toBe('{"1":"\ufffd"}')
})

test('what is undefined is no member', () => {
  expect(canonicalJson({ b: undefined, a: 1 })).toBe('{"a":1}')
})
