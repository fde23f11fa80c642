import fc from 'fast-check'
import { expect, test } from 'vitest'
import { say } from '../../src/desk/wording.ts'
import { drawnDiff, rowsOf } from '../support/drawn-diff.ts'
import { often } from '../support/scale.ts'

/* Two JSON values that differ are never drawn as if they were the same, nor is a field of theirs left out. */

const names = fc.constantFrom(
  'a',
  'b',
  'a › b',
  'a_b',
  'a b',
  'aB',
  '0',
  '"a"',
  '',
  ' ',
  'a\u200d',
  'value',
  '__proto__',
)
const texts = fc.oneof(
  fc.constantFrom(
    '',
    '600',
    'false',
    'null',
    '{}',
    '[]',
    'x',
    'x ',
    'x\u200b',
    'x⟨U+200B⟩',
    '\u00e9',
    'e\u0301',
    '"x"',
  ),
  fc.constantFrom<string>(say.diff.absent, say.diff.empty),
  fc.string({ unit: 'binary', maxLength: 5 }),
  fc.string({ unit: 'grapheme', maxLength: 100 }),
)
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(
      texts.map((text) => JSON.stringify(text)),
      fc.constantFrom('0', '-0', '1', '1.0', '600', '1e2', '9007199254740993', 'true', 'false', 'null'),
    ),
    fc.array(tie('json'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
    fc
      .uniqueArray(fc.tuple(names, tie('json')), { maxLength: 4, selector: ([name]) => name })
      .map((members) => `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`),
  ),
}))

/** The values of a JSON text, each by where it is. */
function valuesIn(text: string): Map<string, string> {
  const values = new Map<string, string>()
  const walk = (value: unknown, path: (string | number)[]) => {
    const isWithin = typeof value === 'object' && value !== null && Object.keys(value).length > 0
    if (!isWithin) values.set(JSON.stringify(path), JSON.stringify(value))
    else if (Array.isArray(value)) value.forEach((one, at) => walk(one, [...path, at]))
    else for (const [name, one] of Object.entries(value)) walk(one, [...path, name])
  }
  // Numbers as they are written.
  walk(JSON.parse(text.replaceAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, asMarked)), [])
  return values
}

function asMarked(token: string): string {
  return token.startsWith('"') ? token : `"number ${token}"`
}

test('each value that differs is a row of its own, with two sides that differ', () => {
  fc.assert(
    fc.property(json, json, (before, after) => {
      const [old, next] = [valuesIn(before), valuesIn(after)]
      const paths = [...new Set([...old.keys(), ...next.keys()])].filter((path) => old.get(path) !== next.get(path))
      const drawn = drawnDiff(before, after)
      expect(drawn.includes(say.diff.none)).toBe(paths.length === 0)
      const rows = rowsOf(drawn)
      expect(rows).toHaveLength(Math.min(paths.length, 60))
      expect(new Set(rows.map(([label]) => label?.trim().normalize())).size).toBe(rows.length)
      for (const [, left, right] of rows) {
        const seen = [left, right].map((side) => side?.replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '').normalize())
        expect(seen[0]).not.toBe(seen[1])
      }
    }),
    { numRuns: often(8_000) },
  )
})
