import { describe, expect, test } from 'vitest'
import { mostLeaves } from '../../src/desk/leaves.ts'
import { say } from '../../src/desk/wording.ts'
import { rowsOf, drawnDiff } from '../support/drawn-diff.ts'

/* The fields that differ between two JSON texts, as they are drawn. */

const rows = (before: unknown, after: unknown) => rowsOf(drawnDiff(JSON.stringify(before), JSON.stringify(after)))

describe('fields of one label are told apart by their own names', () => {
  test.each([
    [
      { max_amount: 1, 'max amount': 1 },
      { max_amount: 1_000_000, 'max amount': 1 },
      [['"max_amount"', '1', '1000000']],
    ],
    [
      { a: { b: 1 } },
      { a: null, 'a › b': 1 },
      [
        ['"a" › "b"', '1', say.diff.absent],
        ['a', say.diff.absent, 'null'],
        ['"a › b"', say.diff.absent, '1'],
      ],
    ],
    [
      [1],
      { 0: 1 },
      [
        ['0', '1', say.diff.absent],
        ['"0"', say.diff.absent, '1'],
      ],
    ],
    [
      { value: 1 },
      7,
      [
        ['"value"', '1', say.diff.absent],
        ['value', say.diff.absent, '7'],
      ],
    ],
    [{ 'a\u200b': 1, a: 1 }, { 'a\u200b': 2, a: 1 }, [['a⟨U+200B⟩', '1', '2']]],
    [{ 'a\u200d': 1, a: 1 }, { 'a\u200d': 2, a: 1 }, [['"a\\u200d"', '1', '2']]],
    [{ '': 1 }, { '': 2 }, [['""', '1', '2']]],
  ])('%j and %j', (before, after, expected) => expect(rows(before, after)).toEqual(expected))
})

describe('values that look the same are shown as JSON', () => {
  test.each([
    [false, 'false', 'false', '"false"'],
    [600, '600', '600', '"600"'],
    ['600', 650, '"600"', '650'],
    ['600', '650', '600', '650'],
    [null, 'null', 'null', '"null"'],
    [null, 'Ada', 'null', 'Ada'],
    [{}, '{}', '{}', '"{}"'],
    [{}, [], '{}', '[]'],
    ['', say.diff.empty, '""', `"${say.diff.empty}"`],
    [undefined, say.diff.absent, say.diff.absent, `"${say.diff.absent}"`],
    [undefined, 'false', say.diff.absent, '"false"'],
    ['x', 'x ', '"x"', '"x "'],
    ['a b', 'a\u00a0b', '"a b"', '"a\\u00a0b"'],
    ['pay\u200dpal', 'paypal', '"pay\\u200dpal"', '"paypal"'],
    ['a\u200bb', 'a⟨U+200B⟩b', '"a\\u200bb"', '"a⟨U+200B⟩b"'],
    ['caf\u00e9', 'cafe\u0301', '"caf\u00e9"', '"cafe\\u0301"'],
    [600, '"600"', '600', '"\\"600\\""'],
  ])('%j and %j', (before, after, left, right) => {
    const of = (value: unknown) => ({ name: 'Ada', ...(value !== undefined && { x: value }) })
    expect(rows(of(before), of(after))).toEqual([['x', left, right]])
  })

  test('numbers keep the digits that they were written with', () => {
    expect(rowsOf(drawnDiff('{"x":1.10}', '{"x":9007199254740993}'))).toEqual([['x', '1.10', '9007199254740993']])
  })
})

test('what is the same as JSON would not change, however it is written', () => {
  for (const [before, after] of [
    ['{"a":1,"b":[]}', ' { "b" : [ ] , "a" : 1 } '],
    ['{"a":"A"}', '{"a":"\\u0041"}'],
    ['[]', '[]'],
  ])
    expect(drawnDiff(before!, after!)).toContain(say.diff.none)
  for (const [before, after] of [
    [null, '{}'],
    ['{}', null],
    ['{}', '[]'],
  ])
    expect(drawnDiff(before!, after!)).not.toContain(say.diff.none)
})

test('of a text of any length the part that differs is there to see, with what is around it', () => {
  const [head, tail] = ['🧾 head '.repeat(3_000), ' tail 🧾'.repeat(3_000)]
  const drawn = drawnDiff(JSON.stringify({ a: `${head}one${tail}` }), JSON.stringify({ a: `${head}million${tail}` }))
  expect(drawn).toMatch(/<del>one<\/del>.*<ins>million<\/ins>/s)
  expect(drawn).not.toContain('<details>')
  expect(drawn.length).toBeLessThan(5_000)
  expect(drawn.isWellFormed()).toBe(true)
  expect(drawn).toContain(say.diff.same(head.length - 300))
  // Where all of it is another one, it is folded as any long text is.
  expect(drawnDiff(JSON.stringify(head), JSON.stringify(tail))).toContain('<details>')
})

describe('of more values than are compared', () => {
  const many = (more: object) => JSON.stringify({ ...Array.from({ length: mostLeaves }, () => 1), ...more })

  test('what differs behind them is said to', () => {
    const drawn = drawnDiff(many({ z: 1 }), many({ z: 1_000_000 }))
    expect(drawn).not.toContain(say.diff.none)
    expect(drawn).toContain(say.diff.behind(mostLeaves))
    expect(drawnDiff(many({ z: 1 }), many({ z: 1, y: 2 }))).toContain(say.diff.behind(mostLeaves))
    expect(drawnDiff(many({ z: 1 }), many({ z: 1 }))).toContain(say.diff.none)
  })

  test('what differs among them is there, with a note; nothing is said to be gone that may be behind them', () => {
    const list = (first: number, length: number) => JSON.stringify({ first, list: Array.from({ length }, () => 1) })
    const drawn = drawnDiff(list(1, mostLeaves), list(2, mostLeaves))
    expect(rowsOf(drawn)).toEqual([['first', '1', '2']])
    expect(drawn).toContain(say.diff.cut(mostLeaves))
    const inserted = JSON.stringify({ new: 1, ...(JSON.parse(list(1, mostLeaves - 1)) as object) })
    expect(rowsOf(drawnDiff(list(1, mostLeaves - 1), inserted))).toEqual([['new', say.diff.absent, '1']])
  })
})
