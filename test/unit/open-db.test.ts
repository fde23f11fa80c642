import { env } from 'cloudflare:workers'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { openDb } from '../../src/db/open-db.ts'

const db = openDb(env.DB, 'first-primary')

test('a value is bound once, however often it stands in a statement, and only itself', async () => {
  const times = sql`${'a'} || ${'1'}`
  const listed = sql.join(
    Array.from({ length: 200 }, (_, n) => sql`${times} || ${String(n % 50)}`),
    sql`, `,
  )
  const query = sql`SELECT ${'1'} AS text, ${1} AS number, typeof(${'1'}) AS type, ${'a149'} IN (${listed}) AS many, ${sql.raw("'?'")} AS raw`
  expect(await db.run(db.all(query))).toEqual([{ text: '1', number: 1, type: 'text', many: 1, raw: '?' }])
})

test('a name is quoted', async () => {
  expect(await db.run(db.all(sql`SELECT 1 AS ${sql.identifier('a "b')}`))).toEqual([{ 'a "b': 1 }])
})
