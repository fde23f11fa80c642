import { expect, test } from 'vitest'
import { z as whole } from 'zod'
import { z } from '../../src/lean-zod.ts'

/* What the bundled Worker has instead of Zod. */

const lean = z as unknown as typeof whole

/** Schemas of every kind that is there, by either of the two. */
const schemas = (z: typeof whole) => ({
  strings: z.string().trim().min(1).max(5).regex(/^a/),
  numbers: z.number().min(0).max(9),
  wholes: z.int().default(3),
  lists: z.array(z.enum(['a', 'b'])).max(2),
  objects: z.strictObject({ id: z.guid().optional(), at: z.iso.datetime().nullable() }),
  open: z.looseObject({ on: z.iso.date() }),
  extended: z
    .object({ a: z.boolean() })
    .extend({ b: z.literal('b').nullish() })
    .strict(),
  partial: z.object({ a: z.string(), b: z.null() }).partial(),
  unions: z.union([z.string(), z.array(z.string())]),
  kinds: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('x') }),
    z.object({ kind: z.literal('y'), y: z.url() }),
  ]),
  records: z.record(z.string().max(2), z.unknown()),
  tuples: z.tuple([z.int(), z.string()]),
  checked: z
    .object({ a: z.string() })
    .refine(({ a }) => a !== 'no', 'says no')
    .superRefine(({ a }, { addIssue }) => (a === 'neither' ? addIssue({ code: 'custom', message: 'nor' }) : undefined)),
  transformed: z.string().transform(Number).pipe(z.number().min(2).catch(2)),
})

const values = [
  undefined,
  null,
  '',
  ' abc ',
  'b',
  '1',
  0,
  3,
  10,
  1.5,
  true,
  [],
  ['a'],
  ['a', 'b', 'a'],
  [1, 'x'],
  {},
  { a: 'a' },
  { a: 'no' },
  { a: 'neither' },
  { a: true },
  { a: true, b: 'b', c: 1 },
  { kind: 'x' },
  { kind: 'y', y: 'https://example.com' },
  { kind: 'y' },
  { on: '2026-03-16', more: 1 },
  { on: 'later' },
  { id: 'x', at: '2026-03-16T14:00:00Z' },
  { at: null },
  { at: 'now', b: 1 },
]

test.each(Object.keys(schemas(whole)) as (keyof ReturnType<typeof schemas>)[])('%s mean the same', async (name) => {
  const [ours, theirs] = [schemas(lean)[name], schemas(whole)[name]]
  for (const value of values) {
    expect(ours.safeParse(value)).toEqual(theirs.safeParse(value))
    expect(await ours['~standard'].validate(value)).toEqual(await theirs['~standard'].validate(value))
  }
})

/** A schema that says when it is made. */
function watched(made: string[], name: string) {
  const about = { error: () => name }
  Object.defineProperty(about, 'description', { enumerable: true, get: () => void made.push(name) })
  return lean.string(about)
}

test('a schema is made when it is asked for something, with what is in it, once', () => {
  const made: string[] = []
  const [a, b] = [watched(made, 'a'), watched(made, 'b')]
  const object = lean.object({ a: a.optional(), list: lean.array(a.min(1)) }).strict()
  const wider = object.extend({ b })
  expect(made).toEqual([])
  expect(object.safeParse({ list: ['x'] }).success).toBe(true)
  expect(object.safeParse({ list: ['x'] }).success).toBe(true)
  expect(made).toEqual(['a'])
  expect(wider.safeParse({ list: ['x'], b: 'y' }).success).toBe(true)
  expect(made).toEqual(['a', 'b'])
})

test('what an object has in it, and that a schema can parse, is known before it is made', () => {
  const made: string[] = []
  const a = watched(made, 'a')
  const object = lean.object({ a }).strict()
  expect(object.shape.a).toBe(a)
  expect([typeof object.parse, '_zod' in object, 'in' in object]).toEqual(['function', true, false])
  expect(made).toEqual([])
})
