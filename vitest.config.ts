import { join } from 'node:path'
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig, type Plugin } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { developmentKey } from './scripts/development-key.ts'

/** Encrypts webhook secrets in the tests. */
const WEBHOOK_SECRET_KEY = Buffer.alloc(32, 'tests').toString('base64')

/**
 * `--mode long`: a million rows where a short run takes some thousands, more that is random, more moments to be killed at,
 * the rest of HTTP over a connection; and nothing that is the same in the short run.
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
        PUBLIC_URL: 'https://approvals.example.com',
        RATE_LIMIT: 'off',
        LOG_REQUESTS: 'off',
        WEBHOOK_SECRET_KEY,
        HISTORY_SIGNING_KEY: developmentKey,
      },
    },
  })

/** What a short run drives over a connection, too: a journey or two, and what HTTP itself is about. */
const overSocket = ['test/http/{claims,people,inputs,methods,*.examples}.test.ts']

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

/**
 * What takes longest, by the end of its path, so that at the end no core waits for another: a machine that has not
 * run the tests before would go by the size of their files.
 */
const longest = [
  ...(isLong ? ['process/ai-sdk.crash', 'process/batches.crash'] : []),
  'process/desk.browser',
  'process/keys',
  'process/docs.browser',
  'process/history',
  'process/webhooks.crash',
  'budget/requests',
  'budget/intents',
  'budget/structuring',
  'budget/restricted',
  'properties/explain',
].map((name) => `/${name}.test.ts`)

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const place = longest.findIndex((end) => moduleId.endsWith(end))
      return place === -1 ? longest.length : place
    }
    // A process that the files of a project share ends where another project's are next.
    const projects = Map.groupBy(await super.sort(files), ({ project }) => project)
    return [...projects.values()].flatMap((some) => some.toSorted((a, b) => rank(a) - rank(b)))
  }
}

/** How the tests in the Worker's own runtime run: two at work, while a third waits for a clock or the disk. */
const inWorkerd = { testTimeout: 60_000, hookTimeout: 60_000, maxWorkers: 3, provide }

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        plugins: [workerd(migrations)],
        test: {
          name: 'workers',
          include: [
            isLong ? 'test/{properties,budget}/**/*.test.ts' : 'test/{unit,verbs,http,properties,budget}/**/*.test.ts',
          ],
          // A runtime and a database for each process, not for each file, which costs six seconds of a core.
          isolate: false,
          setupFiles: ['./test/support/migrate.ts'],
          ...inWorkerd,
        },
      },
      {
        plugins: [oneFamilyMore, workerd([...migrations, ...(await readD1Migrations('./test/made-up-family'))])],
        test: {
          name: 'one family more',
          include: isLong
            ? ['test/http/{access,openapi,examples}.test.ts']
            : ['test/http/families.test.ts', 'test/unit/families.test.ts'],
          isolate: false,
          setupFiles: ['./test/support/migrate.ts'],
          ...inWorkerd,
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
          exclude: isLong ? overSocket : [],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // A server for each process, which runs one file after the other, and often one waits for the other.
          pool: 'forks',
          isolate: false,
          maxWorkers: isLong ? 3 : 2,
          sequence: { groupOrder: 1 },
          // Node 24 has Uint8Array's toHex and toBase64 behind a flag.
          execArgv: ['--js-base-64'],
        },
      },
      {
        test: {
          name: 'process',
          include: isLong
            ? ['test/process/{*.crash,long-export}.test.ts', 'test/openapi/lint.test.ts']
            : ['test/{process,openapi}/**/*.test.ts'],
          globalSetup: './test/support/build-client.ts',
          testTimeout: 300_000,
          hookTimeout: 120_000,
          // Each file has a server of its own, and waits for it more than it works.
          maxWorkers: isLong ? 4 : 3,
          sequence: { groupOrder: 2 },
          provide,
        },
      },
    ],
  },
})
