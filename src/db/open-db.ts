import type { SQL } from 'drizzle-orm'
import { SQLiteAsyncDialect } from 'drizzle-orm/sqlite-core'

/** What the database has cost so far. Rows are D1's own counts; `ms` is wall time spent waiting for it. */
export interface Cost {
  queries: number
  rowsRead: number
  rowsWritten: number
  ms: number
}

/** The cost of nothing yet. */
export function noCost(): Cost {
  return { queries: 0, rowsRead: 0, rowsWritten: 0, ms: 0 }
}

/** A part of a WHERE clause, made in a store. */
export type Condition = SQL

/** An id, or a scalar subquery that finds one; made in a store. */
export type Reference = string | SQL

declare const row: unique symbol

/** One statement of a transaction; `Row` is what it returns, as the database names its columns. */
export interface Statement<Row = unknown> {
  readonly query: SQL
  readonly [row]?: Row
}

type RowsOf<S extends readonly Statement[]> = {
  -readonly [I in keyof S]: S[I] extends Statement<infer Row> ? Row[] : never
}

/**
 * The database as every verb sees it. Statements are built with `all` and run by `batch`, which is D1's one
 * transaction: all of them happen or none. There is no other way to run one, so what a request costs is always known.
 */
export interface Db {
  all<Row = unknown>(query: SQL): Statement<Row>
  batch<const S extends readonly Statement[]>(statements: S): Promise<RowsOf<S>>
  readonly cost: Cost
  /** Where this session has got to; a later session that starts here sees everything this one has seen. */
  bookmark(): string | null
}

const dialect = new SQLiteAsyncDialect()

/**
 * Opens a session of D1's Sessions API.
 *
 * @param start `first-primary` for writers, `first-unconstrained` for readers near a replica, or a caller's bookmark.
 * @param cost where to add up what it costs
 */
export function openDb(
  d1: D1Database,
  start: 'first-primary' | 'first-unconstrained' | (string & {}),
  cost: Cost = noCost(),
): Db {
  const session = d1.withSession(start)
  return {
    cost,
    bookmark: () => session.getBookmark(),
    all: (query) => ({ query }),
    async batch<const S extends readonly Statement[]>(statements: S) {
      const started = Date.now()
      cost.queries += 1
      try {
        const results = await session.batch(statements.map((one) => prepare(session, one)))
        for (const { meta } of results) {
          cost.rowsRead += meta.rows_read ?? 0
          cost.rowsWritten += meta.rows_written ?? 0
        }
        return results.map((result) => result.results) as RowsOf<S>
      } finally {
        cost.ms += Date.now() - started
      }
    },
  }
}

function prepare(session: D1DatabaseSession, { query }: Statement): D1PreparedStatement {
  const { sql, params } = dialect.sqlToQuery(query)
  return session.prepare(sql).bind(...params)
}
