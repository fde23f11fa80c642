import { applyD1Migrations, reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect } from 'vitest'

/**
 * What begins with nothing but the migrations, because it stores much, uses the demo data up, counts what a table has,
 * or looks at all tenants, or at all that is sent to a receiver. What comes after it in the same runtime does so, too.
 */
const afresh =
  /(budget.\w+|verbs.seal|http.(access|deliveries|families|reads|restricted|secrets|webhooks|(\w+\.)?examples))\.test\.ts$/

const runtime = globalThis as { isUsed?: boolean }
const isAfresh = afresh.test(expect.getState().testPath!)
if (isAfresh || runtime.isUsed) {
  // On a busy machine one reset may leave a database as it was.
  const isStored = () => env.DB.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'tenants'").first()
  while (await isStored()) await reset()
}
runtime.isUsed = isAfresh
await applyD1Migrations(env.DB, env.TEST_MIGRATIONS)
