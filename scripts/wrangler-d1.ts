import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/**
 * The database DB of wrangler.toml by way of `wrangler d1 execute`, as much of it as verbs use: each batch is one call,
 * which the platform runs as one transaction.
 *
 * @param where which database: `--remote`, or `--local` and what goes with it
 */
export function wranglerD1(where: readonly string[]): D1Database {
  const session = {
    prepare: (sql: string) => ({ bind: (...values: unknown[]) => filledIn(sql, values) }),
    batch: async (statements: string[]) => execute(statements.join(';\n'), where),
    getBookmark: () => null,
  }
  return { withSession: () => session } as unknown as D1Database
}

function execute(command: string, where: readonly string[]): { results: object[]; meta: object }[] {
  const wrangler = join(root, 'node_modules/wrangler/bin/wrangler.js')
  const args = [wrangler, 'd1', 'execute', 'DB', ...where, '--yes', '--json', '--command', command]
  const env = { ...process.env, WRANGLER_SEND_METRICS: 'false' }
  try {
    return JSON.parse(execFileSync(process.execPath, args, { cwd: root, env, encoding: 'utf8', stdio: 'pipe' }))
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`wrangler d1 execute failed:\n${stderr}${stdout}`.trim(), { cause: error })
  }
}

/** The statement with its values in place: the command line binds none. */
function filledIn(sql: string, values: readonly unknown[]): string {
  return sql.replaceAll(/\?(\d+)/g, (_, number: string) => literal(values[Number(number) - 1]))
}

function literal(value: unknown): string {
  if (value === null) return 'NULL'
  if (typeof value === 'number') return String(value)
  return `'${String(value).replaceAll("'", "''")}'`
}
