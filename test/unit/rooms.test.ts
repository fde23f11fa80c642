import { env } from 'cloudflare:workers'
import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core'
import { expect, test } from 'vitest'
import { sqlTexts } from '../support/sql-texts.ts'

/*
 * What the linter holds for imports, this holds for SQL: only the room that declares a table names it, or an index of
 * it. What others need of it they are given as a fragment or a statement.
 */

const stores = import.meta.glob<string>('../../src/*/*.store.ts', { query: '?raw', import: 'default', eager: true })
const tables = import.meta.glob<Record<string, unknown>>('../../src/*/*.table.ts', { eager: true })
const families = import.meta.glob('../../src/*/*.family.ts')
const roomOf = (file: string) => file.split('/').at(-2)!

/**
 * Who else reads a table. Each family joins the facts of its approvals to them, the dashboard and the desk list them,
 * deliveries tell of them, as they were asked then, policies are tried on them. The history is the webhooks' queue, and
 * what is sealed; a vote is sealed with its event.
 */
const readers: Readonly<Record<string, readonly string[]>> = {
  approvals: [
    ...Object.keys(families).map(roomOf),
    'standard',
    'dashboard',
    'any-approval',
    'desk',
    'webhooks',
    'policies',
  ],
  superseded_questions: ['webhooks'],
  events: ['webhooks', 'history'],
  votes: ['history'],
  erased_events: ['history'],
}

/** The room that declares each table. */
const owners = new Map(
  Object.entries(tables).flatMap(([file, exported]) =>
    Object.values(exported)
      .filter((one): one is SQLiteTable => one instanceof SQLiteTable)
      .map((table) => [getTableConfig(table).name, roomOf(file)] as const),
  ),
)

/** The tables that a source names in its SQL, as words of it; `changes()` is a function of SQLite's. */
function namedIn(source: string): string[] {
  const words = sqlTexts(source).flatMap((text) => text.replaceAll(/'[^']*'|\bchanges\(\)/g, '').match(/\w+/g) ?? [])
  return [...new Set(words)].filter((word) => owners.has(word))
}

test('a table is named by one room, the one that declares it', () => {
  const named = Object.entries(stores).flatMap(([file, source]) =>
    namedIn(source).map((table) => ({ file, table, room: roomOf(file) })),
  )
  expect(named.length).toBeGreaterThan(30)
  expect(named.filter(({ table, room }) => owners.get(table) !== room && !readers[table]?.includes(room))).toEqual([])
})

test('a table is written by no other room, whoever reads it', () => {
  const written = Object.entries(stores).flatMap(([file, source]) =>
    sqlTexts(source)
      .flatMap((text) => [...text.matchAll(/\b(?:INSERT INTO|UPDATE|DELETE FROM|REPLACE INTO)\s+(\w+)/g)])
      .map(([, table]) => ({ file, table: table!, room: roomOf(file) })),
  )
  const known = written.filter(({ table }) => owners.has(table))
  expect(known.length).toBeGreaterThan(30)
  expect(known.filter(({ table, room }) => owners.get(table) !== room)).toEqual([])
})

test('an index is named by the rooms that may name its table', async () => {
  const { results: indexes } = await env.DB.prepare(
    "SELECT name, tbl_name AS 'table' FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL",
  ).all<{ name: string; table: string }>()
  const named = Object.entries(stores).flatMap(([file, source]) =>
    indexes
      .filter(({ name }) => new RegExp(`\\b${name}\\b`).test(source))
      .map((index) => ({ file, ...index, room: roomOf(file) })),
  )
  expect(named.length).toBeGreaterThan(5)
  expect(named.filter(({ table, room }) => owners.get(table) !== room && !readers[table]?.includes(room))).toEqual([])
})

test('no table comes to a statement as a value, which would hide its name', () => {
  const hidden = Object.entries(stores).filter(([, source]) =>
    /\b(FROM|JOIN|INTO|UPDATE)\s+\$\{sql\.(identifier|raw)/.test(source),
  )
  expect(hidden.map(([file]) => file)).toEqual([])
})
