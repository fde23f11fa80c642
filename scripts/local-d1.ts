import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { migrateLocal } from './migrate-local.ts'
import { readWorkerConfig } from './worker-config.ts'

const root = join(import.meta.dirname, '..')

/** A statement and its values; what is bound to none may be several statements, as a migration is. */
type Bound = { sql: string; values: SQLInputValue[] | null }

/**
 * The database that `npm start` uses, also while that runs, with the migrations applied: the file that its D1 keeps,
 * opened without a runtime around it, which would take longer than all else. As much of D1 as verbs use.
 *
 * @param state the folder where it is kept
 * @throws ForeignState where that was left by other migrations than the code's
 */
export async function localD1(state: string): Promise<{ db: D1Database; close: () => Promise<void> }> {
  const { d1_databases: [database] = [] } = readWorkerConfig(root)
  if (!database) throw new Error('wrangler.toml has no [[d1_databases]].')
  const file = fileIn(state) ?? (await made(state, database.binding, database.database_id))
  const sqlite = new DatabaseSync(file, { timeout: 5_000 })
  const statement = (sql: string, values: SQLInputValue[] | null) => {
    const alone = async () => inOne(sqlite, [{ sql, values: values ?? [] }])[0]
    return { sql, values, bind: (...some: SQLInputValue[]) => statement(sql, some), run: alone, all: alone }
  }
  const session = {
    prepare: (sql: string) => statement(sql, null),
    batch: async (statements: Bound[]) => inOne(sqlite, statements),
    getBookmark: () => null,
  }
  const db = { ...session, withSession: () => session } as unknown as D1Database
  try {
    await migrateLocal(db, join(root, database.migrations_dir), join(state, 'migrations.json'))
    return { db, close: async () => sqlite.close() }
  } catch (error) {
    sqlite.close()
    throw error
  }
}

/** Runs the statements as one transaction, which waits for its turn where a server is writing. */
function inOne(sqlite: DatabaseSync, statements: readonly Bound[]): { results: object[]; meta: object }[] {
  sqlite.exec('BEGIN IMMEDIATE')
  try {
    const done = statements.map(({ sql, values }) => {
      if (values) return { results: sqlite.prepare(sql).all(...values), meta: {} }
      sqlite.exec(sql)
      return { results: [], meta: {} }
    })
    sqlite.exec('COMMIT')
    return done
  } catch (error) {
    if (sqlite.isTransaction) sqlite.exec('ROLLBACK')
    throw error
  }
}

/** Whether Miniflare has made the database there. */
export function hasDatabase(state: string): boolean {
  return fileIn(state) !== undefined
}

/** Where Miniflare keeps the one database that there is, if it has made that. */
function fileIn(state: string): string | undefined {
  const folder = join(state, 'v3/d1/miniflare-D1DatabaseObject')
  const files = existsSync(folder) ? readdirSync(folder) : []
  const name = files.find((one) => one.endsWith('.sqlite') && one !== 'metadata.sqlite')
  return name && join(folder, name)
}

/** Has Miniflare make it, which alone knows under what name. */
async function made(state: string, binding: string, id: string): Promise<string> {
  mkdirSync(state, { recursive: true })
  const { convertV4MiniflareOptions, Log, LogLevel, Miniflare } = await import('miniflare')
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      port: 0,
      cf: false,
      telemetry: { enabled: false },
      log: new Log(LogLevel.WARN),
      resourcePersistencePath: join(state, 'v3'),
      rootPath: root,
      workers: [
        {
          name: 'database',
          modules: [{ type: 'ESModule', path: 'none.js', contents: 'export default {}' }],
          d1Databases: { [binding]: { id } },
        },
      ],
    }),
  )
  try {
    const bindings = await miniflare.getBindings<Record<string, D1Database>>()
    await bindings[binding]!.prepare('SELECT 1').run()
  } finally {
    await miniflare.dispose()
  }
  return fileIn(state)!
}
