import type { SQL } from './sql.ts'
import { statementText } from './statement-text.ts'

/** What the database has cost so far. Rows are D1's own counts; `ms` is wall time spent waiting for it. */
export interface Cost {
  queries: number
  rowsRead: number
  rowsWritten: number
  ms: number
}

/** No cost yet. */
export function noCost(): Cost {
  return { queries: 0, rowsRead: 0, rowsWritten: 0, ms: 0 }
}

/** A part of a statement, made in a store. */
export type Fragment = SQL

/** A part of a WHERE clause, made in a store. */
export type Condition = Fragment

/** An id, or a scalar subquery that finds one; made in a store. */
export type Reference = string | SQL

declare const row: unique symbol

/** One statement of a transaction; `Row` is what it returns, as the database names its columns. */
export interface Statement<Row = unknown> {
  readonly query: SQL
  /** What runs right after it, whatever it has done. */
  readonly also?: SQL
  readonly [row]?: Row
}

/**
 * One transaction: its statements by name, where a list of statements may share a name. Undefined ones are left out.
 * The statements run in the order in which they are written.
 */
export type Transaction = Readonly<Record<string, Statement | readonly Statement[] | undefined>>

/** What a transaction returns: for each name the rows of its statement, or of each statement of its list. */
export type Rows<T> = { -readonly [Name in keyof T]: RowsOf<T[Name]> }

type RowsOf<S> =
  S extends Statement<infer Row>
    ? Row[]
    : S extends readonly Statement[]
      ? { -readonly [I in keyof S]: RowsOf<S[I]> }
      : undefined

/**
 * The database as every verb sees it. Statements are built with `all` and run by `batch`, which is D1's one
 * transaction: all of them happen or none. There is no other way to run one, so what a request costs is always known.
 */
export interface Db {
  all<Row = unknown>(query: SQL): Statement<Row>
  batch<const T extends Transaction>(transaction: T): Promise<Rows<T>>
  /** A transaction of one statement. */
  run<Row>(statement: Statement<Row>): Promise<Row[]>
  readonly cost: Cost
  /** Where this session has got to; a later session that starts here sees everything this one has seen. */
  bookmark(): string | null
}

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
  async function inOne(transaction: Transaction): Promise<Record<string, unknown>> {
    const started = Date.now()
    cost.queries += 1
    try {
      const results = await session.batch(prepared(session, transaction))
      for (const { meta } of results) {
        cost.rowsRead += meta.rows_read ?? 0
        cost.rowsWritten += meta.rows_written ?? 0
      }
      return byName(transaction, results)
    } finally {
      cost.ms += Date.now() - started
    }
  }
  return {
    cost,
    bookmark: () => session.getBookmark(),
    all: (query) => ({ query }),
    batch: async <const T extends Transaction>(transaction: T) => (await inOne(transaction)) as Rows<T>,
    run: async <Row>(statement: Statement<Row>) => (await inOne({ statement }))['statement'] as Row[],
  }
}

/** The statements of a transaction, in the order in which they run. */
function prepared(session: D1DatabaseSession, transaction: Transaction): D1PreparedStatement[] {
  const all: D1PreparedStatement[] = []
  const add = ({ query, also }: Statement) => {
    all.push(prepare(session, query))
    if (also) all.push(prepare(session, also))
  }
  for (const part of Object.values(transaction)) {
    if (isStatement(part)) add(part)
    else part?.forEach(add)
  }
  return all
}

/** The rows, which come in the order of the statements, by the names of these. What runs `also` has none. */
function byName(transaction: Transaction, results: readonly D1Result[]): Record<string, unknown> {
  let next = 0
  const rowsOf = ({ also }: Statement) => {
    const rows = results[next]?.results ?? []
    next += also ? 2 : 1
    return rows
  }
  const named: Record<string, unknown> = {}
  for (const [name, part] of Object.entries(transaction)) {
    named[name] = isStatement(part) ? rowsOf(part) : part?.map(rowsOf)
  }
  return named
}

function isStatement(part: Transaction[string]): part is Statement {
  return part !== undefined && 'query' in part
}

function prepare(session: D1DatabaseSession, query: SQL): D1PreparedStatement {
  const { text, values } = statementText(query)
  return session.prepare(text).bind(...values)
}
