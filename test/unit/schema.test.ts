import { env } from 'cloudflare:workers'
import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core'
import { expect, test } from 'vitest'

const files = import.meta.glob<Record<string, unknown>>('../../src/*/*.table.ts', { eager: true })
const declared = Object.values(files)
  .flatMap((file) => Object.values(file))
  .filter((one) => one instanceof SQLiteTable)
  .map((one) => getTableConfig(one))

test('the declared tables are those of the migrations, column by column', async () => {
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'd1_%' AND name NOT LIKE 'sqlite_%'",
  ).all<{ name: string }>()
  expect(declared.map(({ name }) => name).sort()).toEqual(results.map(({ name }) => name).sort())
  for (const { name, columns } of declared) {
    const stored = (
      await env.DB.prepare(`PRAGMA table_xinfo(${name})`).all<{
        name: string
        type: string
        notnull: number
        pk: number
      }>()
    ).results
    expect([
      name,
      columns.map((column) => [column.name, column.getSQLType().toUpperCase(), column.notNull || column.primary]),
    ]).toEqual([name, stored.map((column) => [column.name, column.type, column.notnull === 1 || column.pk > 0])])
  }
})

test('every table is STRICT', async () => {
  const { results } = await env.DB.prepare('PRAGMA table_list').all<{ name: string; strict: number }>()
  const loose = results.filter(({ name, strict }) => declared.some((one) => one.name === name) && !strict)
  expect(loose).toEqual([])
})
