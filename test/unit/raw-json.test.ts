import fc from 'fast-check'
import { expect, test } from 'vitest'
import { depthOf, readMember, withRaw } from '../../src/http/raw-json.ts'

test.each([
  ['{"a":1,"data":{"b":1.10,"c":[ 1 ]},"z":{"data":2}}', '{"b":1.10,"c":[ 1 ]}'],
  ['{"data":1,"a":{"data":2},"data":[3]}', '[3]'],
  ['{"data":{"data":1}}', '{"data":1}'],
  ['{"d\\u0061ta":"\\u0041"}', '"\\u0041"'],
  ['{"a":{"data":1},"b":[{"data":1}]}', undefined],
  ['{"data":{},"data":null,"b":1}', 'null'],
  ['[["data",1],{"data":2}]', undefined],
  ['"data"', undefined],
])('of %s the member is %s', (body, text) => {
  expect(readMember(body, { member: 'data' })).toEqual({ ...(text !== undefined && { text }), faults: [] })
})

test('the text of a member is what JSON reads in it, whatever is around it', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('a', 'data', 'b', '__proto__'), fc.jsonValue()),
      fc.nat(2),
      (all, indent) => {
        const { text } = readMember(JSON.stringify(all, null, indent), { member: 'data' })
        const expected = Object.hasOwn(all, 'data') ? all['data'] : undefined
        expect(text === undefined ? undefined : JSON.parse(text)).toEqual(
          expected === undefined ? undefined : JSON.parse(JSON.stringify(expected)),
        )
      },
    ),
  )
})

test('what is given twice is found wherever it is', () => {
  const body = '{"data":{"a":[{"x/~":1,"y":{"x":1},"x/~":2}],"a":3,"b":{"a":1}},"data2":{"z":1,"z":2}}'
  const { faults } = readMember(body, { member: 'data', isUnique: true })
  expect(faults.map(({ pointer }) => pointer)).toEqual(['/data/a/0/x~1~0', '/data/a'])
  const many = `{"data":{${'"a":1,'.repeat(1_000)}"a":1}}`
  expect(readMember(many, { member: 'data', isUnique: true }).faults).toHaveLength(100)
})

test('depth is counted outside of texts, however long they are', () => {
  expect(depthOf('{"a":"[[[\\"[{","b":[[1]]}')).toBe(3)
  expect(depthOf(`["${'\\"x['.repeat(200_000)}"]`)).toBe(1)
})

test('depth is that of the value, whatever its texts have in them', () => {
  const nested = (value: unknown): number =>
    typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(nested)) : 0
  const check = (value: unknown) => void expect(depthOf(JSON.stringify(value))).toBe(nested(value))
  fc.assert(fc.property(fc.jsonValue(), check))
  const texts = fc.array(fc.string({ unit: fc.constantFrom('"', '\\', '[', '{', '}', ']') }))
  fc.assert(fc.property(texts, check))
})

test('members that are JSON text already come after the others, as they are', () => {
  const members = fc.dictionary(fc.string(), fc.jsonValue())
  const check = (own: Record<string, unknown>, value: unknown) => {
    const raw = JSON.stringify(value)
    const text = withRaw(own, { 'a "name"': raw, none: null })
    expect(JSON.parse(text)).toEqual({
      ...(JSON.parse(JSON.stringify(own)) as object),
      'a "name"': JSON.parse(raw),
      none: null,
    })
    expect(text.endsWith(`${raw},"none":null}`)).toBe(true)
  }
  fc.assert(fc.property(members, fc.jsonValue(), check))
})

test.each([
  ['9007199254740993', 9007199254740992],
  ['0.12345678901234567890', 0.12345678901234568],
  ['1e400', Infinity],
  ['-1E-400', 0],
  ['10000000000000001', 10000000000000000],
])('of a member whose numbers are to be exact, %s is a fault', (number, read) => {
  const { faults } = readMember(`{"d":{"a":[1,{"b/c":${number}}]}}`, { member: 'd', isExact: true })
  expect(faults).toMatchObject([{ pointer: '/d/a/1/b~1c', message: expect.stringContaining(`read as ${read};`) }])
})

test('every number that JavaScript writes is one that it reads', () => {
  const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.maxSafeInteger())
  const kept = (text: string) => readMember(`{"d":${text}}`, { member: 'd', isExact: true }).faults.length === 0
  fc.assert(fc.property(number, (value) => kept(JSON.stringify(value))))
  for (const text of ['1.10', '0.1', '-0', '1E2', '100000000000000000000', '1.0000000000000000000']) {
    expect([text, kept(text)]).toEqual([text, true])
  }
})
