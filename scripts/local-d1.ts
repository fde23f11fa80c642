import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { migrateLocal } from './migrate-local.ts'
import { readWorkerConfig } from './worker-config.ts'

const root = join(import.meta.dirname, '..')

/**
 * The database that `npm start` uses, also while that runs, with the migrations applied.
 *
 * @param state the folder where it is kept
 * @throws ForeignState where that was left by other migrations than the code's
 */
export async function localD1(state: string): Promise<{ db: D1Database; close: () => Promise<void> }> {
  mkdirSync(state, { recursive: true })
  const { d1_databases: [database] = [], compatibility_date } = readWorkerConfig(root)
  if (!database) throw new Error('wrangler.toml has no [[d1_databases]].')
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
          compatibilityDate: compatibility_date,
          modules: [{ type: 'ESModule', path: 'none.js', contents: 'export default {}' }],
          d1Databases: { [database.binding]: { id: database.database_id } },
        },
      ],
    }),
  )
  try {
    const { DB } = await miniflare.getBindings<Env>()
    await migrateLocal(DB, join(root, database.migrations_dir), join(state, 'migrations.json'))
    return { db: DB, close: () => miniflare.dispose() }
  } catch (error) {
    await miniflare.dispose()
    throw error
  }
}
