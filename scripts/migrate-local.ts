import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The part of D1 that this needs. */
type Database = Pick<D1Database, 'batch' | 'prepare'>

/** The kept state comes from other migrations than the code's. */
export class ForeignState extends Error {}

/**
 * Applies the migrations that the embedded D1 has not had, each in a transaction of its own, and notes them where
 * `wrangler d1 migrations` looks.
 *
 * @param folder where the migrations are
 * @param digestsFile where the text of each that was applied is remembered, by its digest
 * @throws ForeignState where the state has had a migration that is not there now, or was another then
 */
export async function migrateLocal(db: Database, folder: string, digestsFile: string): Promise<void> {
  await db
    .prepare(
      `CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,
       applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)`,
    )
    .run()
  const { results } = await db.prepare('SELECT name FROM d1_migrations').all<{ name: string }>()
  const applied = results.map(({ name }) => name)
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
  const digests = Object.fromEntries(files.map((name) => [name, digest(readFileSync(join(folder, name)))]))
  const before: Record<string, string> = existsSync(digestsFile)
    ? (JSON.parse(readFileSync(digestsFile, 'utf8')) as Record<string, string>)
    : {}
  const foreign = applied.filter((name) => !digests[name] || (before[name] ?? digests[name]) !== digests[name])
  if (foreign.length > 0) throw new ForeignState(`It has had migrations that are others now: ${foreign.join(', ')}.`)
  for (const name of files.filter((one) => !applied.includes(one))) {
    const sql = readFileSync(join(folder, name), 'utf8')
    await db.batch([db.prepare(sql), db.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(name)])
  }
  writeFileSync(digestsFile, JSON.stringify(digests, null, 2))
}

function digest(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
