import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core'
import { expect, test } from 'vitest'

/* What the linter holds for imports, this holds for SQL: a table is written by the room that declares it. */

const sources = import.meta.glob<string>('../../src/*/*.ts', { query: '?raw', import: 'default', eager: true })
const tables = import.meta.glob<Record<string, unknown>>('../../src/*/*.table.ts', { eager: true })
const roomOf = (file: string) => file.split('/').at(-2)!

/** The room that declares each table. */
const owners = new Map(
  Object.entries(tables).flatMap(([file, exported]) =>
    Object.values(exported)
      .filter((one): one is SQLiteTable => one instanceof SQLiteTable)
      .map((table) => [getTableConfig(table).name, roomOf(file)] as const),
  ),
)

test('every table is written by one room, the one that declares it', () => {
  const written = Object.entries(sources).flatMap(([file, source]) =>
    [...source.matchAll(/\b(?:INSERT INTO|UPDATE|DELETE FROM|REPLACE INTO)\s+([a-z_]+)/g)].map(([, table]) => ({
      table: table!,
      room: roomOf(file),
    })),
  )
  const known = written.filter(({ table }) => owners.has(table))
  expect(known.length).toBeGreaterThan(30)
  expect(known.filter(({ table, room }) => owners.get(table) !== room)).toEqual([])
})
