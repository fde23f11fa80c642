import { env } from 'cloudflare:workers'
import { SQL } from '../../src/db/sql.ts'
import { beforeAll, expect, test } from 'vitest'
import { openDb } from '../../src/db/open-db.ts'
import { ctx, type Built, type Sample, type Samples } from '../support/statements/sample.ts'

/*
 * Every statement that a store can build is prepared against the migrated database: what names a column, a table or an
 * index that is not there is found here, by the name of its export. Those that return rows return what their type says.
 */

const stores = import.meta.glob<Record<string, unknown>>('../../src/*/*.store.ts', { eager: true })
const samples: Samples = Object.assign(
  {},
  ...Object.values(import.meta.glob<{ samples?: Samples }>('../support/statements/*.ts', { eager: true })).map(
    (one) => one.samples,
  ),
)

/** Everything of each store that is SQL or makes it. */
const exported = Object.entries(stores).map(([file, all]) => {
  const makesSql = Object.entries(all).filter(([, one]) => typeof one === 'function' || one instanceof SQL)
  return [file.replace('../../src/', ''), makesSql.map(([name]) => name)] as const
})

test.each(exported)('every export of %s has a sample', (file, names) => {
  expect(Object.keys(samples[file] ?? {}).toSorted()).toEqual(names.toSorted())
})

beforeAll(async () => {
  await env.DB.prepare('INSERT INTO tenants (id, name, created_at) VALUES (?, ?, 0)')
    .bind(ctx.actor.tenantId, 'samples')
    .run()
})

const built = Object.entries(samples).flatMap(([file, byName]) =>
  Object.entries(byName).map(([name, one]) => ({ file, name, all: flat(one) })),
)

test.each(built)('$file: $name is what the database understands', async ({ all }) => {
  expect(all.length).toBeGreaterThan(0)
  for (const { statement, columns } of all) {
    const prepared = await prepare(statement)
    expect(unknownMembers(prepared)).toEqual([])
    if (!/^\s*SELECT|\bRETURNING\b/.test(prepared.sql)) {
      const explained = env.DB.prepare(`EXPLAIN QUERY PLAN ${prepared.sql}`).bind(...prepared.params)
      expect((await explained.all()).success).toBe(true)
      expect(columns).toEqual([])
      continue
    }
    const [returned] = await env.DB.prepare(prepared.sql)
      .bind(...prepared.params)
      .raw({ columnNames: true })
    expect(returned.toSorted()).toEqual(columns.toSorted())
  }
})

/** What a statement reads of the rows that come to it as one JSON value, and they do not have. */
function unknownMembers({ sql, params }: Prepared): string[] {
  if (!/json_each\(likely\(\?\d+\)\)/.test(sql)) return []
  const lists = params.filter((one) => typeof one === 'string' && one.startsWith('[')) as string[]
  const members = new Set(
    lists.flatMap((list) => (JSON.parse(list) as unknown[]).flatMap((row) => Object.keys(row as object))),
  )
  const read = [...sql.matchAll(/\bvalue ->>? '\$\.(\w+)/g)].map(([, name]) => name!)
  return read.filter((name) => !members.has(name))
}

function flat(one: Built): Sample[] {
  if ('statement' in one) return [one]
  return 'query' in one ? [{ statement: one, columns: [] }] : one.flatMap(flat)
}

interface Prepared {
  sql: string
  params: unknown[]
}

/**
 * What the database is given for a statement. Without quotes around names: SQLite takes a quoted name that is nobody's
 * for a text.
 */
async function prepare(statement: Sample['statement']): Promise<Prepared> {
  const given: Prepared[] = []
  const recorder = {
    prepare: (sql: string) => ({ bind: (...params: unknown[]) => given.push({ sql, params }) }),
    batch: async () => [{ meta: {}, results: [] }],
  }
  await openDb({ withSession: () => recorder } as unknown as D1Database, 'first-primary').run(statement)
  const [{ sql, params }] = given as [Prepared]
  const parts = sql.split(/('[^']*')/)
  return { sql: parts.map((part, index) => (index % 2 ? part : part.replaceAll(/"(\w+)"/g, '$1'))).join(''), params }
}
