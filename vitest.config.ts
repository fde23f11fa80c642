import { join } from 'node:path'
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig, type Plugin } from 'vitest/config'
import { developmentKey } from './scripts/development-key.ts'

/** Encrypts webhook secrets in the tests. */
const WEBHOOK_SECRET_KEY = Buffer.alloc(32, 'tests').toString('base64')

/**
 * `--mode long`: a million rows where a short run takes some thousands, more that is random, more moments to be killed at,
 * everything of HTTP over a connection; and nothing that is the same in the short run.
 */
const isLong = process.argv.includes('long')
const provide = { stored: isLong ? 1_000_000 : 20_000, isLong }

const migrations = await readD1Migrations('./migrations')

/** The Worker's own runtime, with these migrations. */
const workerd = (migrations: Awaited<ReturnType<typeof readD1Migrations>>) =>
  cloudflareTest({
    wrangler: { configPath: './wrangler.toml' },
    miniflare: {
      bindings: {
        TEST_MIGRATIONS: migrations,
        RATE_LIMIT: 'off',
        LOG_REQUESTS: 'off',
        WEBHOOK_SECRET_KEY,
        HISTORY_SIGNING_KEY: developmentKey,
      },
    },
  })

/** What a short run drives over a connection, too: the journeys of the families, and what HTTP itself is about. */
const journeys = 'claims,batches,changes,intents,structuring,requests,any-approval,webhooks,people'
const overSocket = [`test/http/{${journeys},inputs,methods,openapi,*.examples}.test.ts`]

/** What has a runtime and a database to itself, because it uses the demo data up or looks at all that is sent. */
const alone = ['test/http/{access,examples,*.examples,families,webhooks,deliveries,reads,restricted,secrets}.test.ts']

/** `src/families.ts` as it is with one line more: that of the family that is made up. */
const oneFamilyMore: Plugin = {
  name: 'one-family-more',
  enforce: 'pre',
  transform(code, id) {
    if (!id.endsWith('/src/families.ts')) return undefined
    const listed = code.replace('] as const', ', holidays] as const')
    if (listed === code) throw new Error('src/families.ts has no list that one could be added to.')
    return `import { holidays } from '../test/made-up-family/holidays.family.ts'\n${listed}`
  },
}

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [workerd(migrations)],
        test: {
          name: 'workers together',
          include: isLong ? [] : ['test/{unit,verbs,http}/**/*.test.ts'],
          exclude: alone,
          // A runtime and a database for each process, not for each file, which costs three seconds of a core.
          isolate: false,
          setupFiles: ['./test/support/migrate.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 3,
          provide,
        },
      },
      {
        plugins: [workerd(migrations)],
        test: {
          name: 'workers',
          include: ['test/{properties,budget}/**/*.test.ts', ...(isLong ? [] : alone)],
          setupFiles: ['./test/support/migrate.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 3,
          provide,
        },
      },
      {
        plugins: [oneFamilyMore, workerd([...migrations, ...(await readD1Migrations('./test/made-up-family'))])],
        test: {
          name: 'one family more',
          include: ['test/http/{access,openapi,examples,families}.test.ts', 'test/unit/families.test.ts'],
          setupFiles: ['./test/support/migrate.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 3,
          provide,
        },
      },
      {
        resolve: {
          alias: {
            'cloudflare:workers': join(import.meta.dirname, 'test/support/socket/cloudflare-workers.ts'),
            'cloudflare:test': join(import.meta.dirname, 'test/support/socket/cloudflare-test.ts'),
          },
        },
        test: {
          name: 'socket',
          include: isLong ? ['test/http/**/*.test.ts'] : overSocket,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // A server for each process, which runs one file after the other.
          pool: 'forks',
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          // Node 24 has Uint8Array's toHex and toBase64 behind a flag.
          execArgv: ['--js-base-64'],
        },
      },
      {
        test: {
          name: 'process',
          include: isLong ? ['test/process/*.crash.test.ts'] : ['test/{process,openapi}/**/*.test.ts'],
          globalSetup: './test/support/build-client.ts',
          testTimeout: 300_000,
          hookTimeout: 120_000,
          // Each file has a server of its own, and waits for it more than it works.
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
          provide,
        },
      },
    ],
  },
})
