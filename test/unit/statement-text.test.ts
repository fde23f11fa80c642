import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SQL, sql } from '../../src/db/sql.ts'
import { statementText } from '../../src/db/statement-text.ts'

/** Put together by itself each time, without a look at what was made before. */
function plain(query: SQL): { text: string; values: unknown[] } {
  const values: unknown[] = []
  const textOf = ({ texts, values: own }: SQL): string =>
    texts.reduce((text, next, at) => {
      const value = own[at - 1]
      if (value instanceof SQL) return text + textOf(value) + next
      if (value === undefined) return text + next
      if (!values.includes(value)) values.push(value)
      return `${text}likely(?${values.indexOf(value) + 1})${next}`
    })
  return { text: textOf(query), values }
}

/** Few places in the source, and few values: most statements are made of what earlier ones are made of, otherwise. */
const value = fc.constantFrom<unknown>(1, 2, 'a', 'b', null, undefined)
const { query } = fc.letrec<{ query: SQL; part: unknown }>((tie) => ({
  part: fc.oneof({ maxDepth: 3 }, value, tie('query')),
  query: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('x', 'y').map((text) => sql.raw(text)),
    value.map((one) => sql`x = ${one}`),
    fc.tuple(tie('part'), tie('part')).map(([one, other]) => sql`SELECT ${one}, ${other}`),
    fc.tuple(tie('part'), tie('part')).map(([one, other]) => sql`SELECT ${one} AND ${other}`),
    fc
      .tuple(fc.array(tie('query'), { maxLength: 4 }), fc.constantFrom(sql`, `, sql` OR `))
      .map(([all, between]) => sql.join(all as SQL[], between)),
  ),
}))

test('a statement has the text that it has by itself, whatever was made before', () => {
  fc.assert(
    fc.property(fc.array(query as fc.Arbitrary<SQL>, { minLength: 1, maxLength: 30 }), (queries) => {
      for (const one of queries) expect(statementText(one)).toEqual(plain(one))
    }),
    { numRuns: 2_000 },
  )
})

test('what differs in its values only has the very same text', () => {
  const made = (id: string, now: number) => sql`UPDATE t SET at = ${now}, then = ${now} WHERE ${sql`id = ${id}`}`
  const [one, other] = [statementText(made('a', 1)), statementText(made('b', 2))]
  expect(one).toEqual({
    text: 'UPDATE t SET at = likely(?1), then = likely(?1) WHERE id = likely(?2)',
    values: [1, 'a'],
  })
  expect(other).toEqual({ text: one.text, values: [2, 'b'] })
})

test('more parts than are remembered are put together all the same', () => {
  const listed = (count: number) =>
    statementText(
      sql`SELECT ${sql.join(
        Array.from({ length: count }, (_, n) => sql`${n}`),
        sql`, `,
      )}`,
    )
  for (const count of [49, 50, 51, 200, 50, 51]) expect(listed(count).values).toHaveLength(count)
  expect(listed(200).text.split(', ')).toHaveLength(200)
})
