import { env } from 'cloudflare:workers'
import { sql } from '../../src/db/sql.ts'
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

test('no parameter stands bare in a statement, which SQLite would compile anew each time it runs', async () => {
  const texts: string[] = []
  const listening = new Proxy(env.DB, {
    get: (d1, member) =>
      member !== 'withSession'
        ? Reflect.get(d1, member)
        : (start: string) => {
            const session = d1.withSession(start)
            return {
              prepare: (text: string) => (texts.push(text), session.prepare(text)),
              batch: (statements: D1PreparedStatement[]) => session.batch(statements),
            }
          },
  })
  const heard = openDb(listening, 'first-primary')
  const query = sql`SELECT typeof(${'a'}) AS text, typeof(${1}) AS number, typeof(${null}) AS none, ${'a'} AS same LIMIT ${1}`
  expect(await heard.run(heard.all(query))).toEqual([{ text: 'text', number: 'real', none: 'null', same: 'a' }])
  expect(texts).toEqual([
    'SELECT typeof(likely(?1)) AS text, typeof(likely(?2)) AS number, typeof(likely(?3)) AS none, likely(?1) AS same LIMIT likely(?2)',
  ])
})

test('a name is quoted', async () => {
  expect(await db.run(db.all(sql`SELECT 1 AS ${sql.identifier('a "b')}`))).toEqual([{ 'a "b': 1 }])
})
