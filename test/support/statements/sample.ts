import { env } from 'cloudflare:workers'
import { sql, type SQL } from '../../../src/db/sql.ts'
import { getTableConfig, type SQLiteTable } from 'drizzle-orm/sqlite-core'
import { createContext } from '../../../src/context.ts'
import type { Statement } from '../../../src/db/open-db.ts'

/** A statement that a store builds, and the columns of the rows that it returns. */
export interface Sample {
  statement: Statement
  columns: readonly string[]
}

/** For each store, by its path under `src/`, and for each of its exports: what it builds. */
export type Samples = Readonly<Record<string, Readonly<Record<string, Built>>>>

/** Statements that return nothing may stand as they are. */
export type Built = Sample | Statement | readonly Built[]

type Words<Text extends string> = Text extends `${infer First} ${infer Rest}` ? First | Words<Rest> : Text
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? unknown : never) : never

/** A statement that returns rows; `columns` are the members of its row's type, which the compiler holds them to. */
export function returns<Row, const Text extends string>(
  statement: Statement<Row> & Same<keyof Row, Words<Text>>,
  ...columns: Text[]
): Sample {
  return { statement, columns: columns.flatMap((text) => text.split(' ')) }
}

/** A statement that returns whole rows of a table, and perhaps some columns more. */
export function returnsAllOf<Row, Table extends SQLiteTable, const Text extends string = never>(
  table: Table,
  statement: Statement<Row> & Same<keyof Row, keyof Table['$inferSelect'] | Words<Text>>,
  ...more: Text[]
): Sample {
  const whole = getTableConfig(table).columns.map(({ name }) => name)
  return { statement, columns: [...whole, ...more.flatMap((text) => text.split(' '))] }
}

/** A condition in a statement of its own, on a row of a FROM clause: other tests may have stored many. */
export function holds(condition: SQL, from?: string): Sample {
  return { statement: { query: sql`SELECT 1 AS holds ${rowsOf(from)} WHERE ${condition} LIMIT 1` }, columns: ['holds'] }
}

/** A value, or a scalar subquery, in a statement of its own, on a row of a FROM clause. */
export function gives(value: SQL | string, from?: string): Sample {
  return { statement: { query: sql`SELECT (${value}) AS given ${rowsOf(from)} LIMIT 1` }, columns: ['given'] }
}

function rowsOf(from: string | undefined): SQL {
  return from === undefined ? sql`` : sql`FROM ${sql.raw(from)}`
}

/** A row of a table, with something in each column. */
export function rowOf<Table extends SQLiteTable>(table: Table): Table['$inferSelect'] {
  const columns = getTableConfig(table).columns.map((column) => [
    column.name,
    column.dataType === 'number' ? 1 : (column.enumValues?.[0] ?? 'x'),
  ])
  return Object.fromEntries(columns) as Table['$inferSelect']
}

/** Whose statements they are. */
export const ctx = createContext(env, {
  actor: { tenantId: 't', userId: 'usr_x', name: 'X', roles: ['admin'], instanceId: null, keyMadeBy: null },
  requestId: 'samples',
  now: 1,
})

export const firstPage = { limit: 2, offset: 0, after: null }
export const laterPage = { limit: 2, offset: 0, after: { created_at: 5, id: 'x' }, from: 1, before: 9 }
