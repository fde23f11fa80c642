import { join } from 'node:path'
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig, type Plugin } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { developmentKey } from './scripts/development-key.ts'

/** Encrypts webhook secrets in the tests. */
const WEBHOOK_SECRET_KEY = Buffer.alloc(32, 'tests').toString('base64')

/**
 * `--mode long`: a million rows where a short run takes some thousands, more that is random, more moments to be killed at,
 * more pages in a browser, the rest of HTTP over a connection; and hardly anything that is the same in the short run.
 */
const isLong = process.argv.includes('long')
const provide = { stored: isLong ? 1_000_000 : 10_000, isLong }

const migrations = await readD1Migrations('./migrations')

/** The Worker's own runtime, with these migrations. */
const workerd = (migrations: Awaited<ReturnType<typeof readD1Migrations>>) =>
  cloudflareTest({
    main: './src/index.ts',
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

/**
 * What a short run drives over a connection, too: a journey or two, and what HTTP itself is about. The same files as in
 * `test/support/socket/short.test.ts`.
 */
const overSocket = ['test/http/{claims,inputs,methods,*.examples}.test.ts']

/** Of the process project, what only a long run does: more pages, kills and clients than a short run shows. */
const onlyLong = [
  'openapi/types',
  'process/ai-sdk.crash',
  'process/client-package',
  'process/desk-pages.browser',
  'process/docs-reference.browser',
  'process/history.crash',
  'process/intents.crash',
  'process/long-export',
  'process/mcp-conformance',
  'process/requests.crash',
  'process/structuring.crash',
  'process/wrangler',
].map((name) => `test/${name}.test.ts`)

/** What a long run does, too, with more kills or a larger crowd. */
const alsoLong = ['test/process/{batches,decisions,webhooks}.crash.test.ts', 'test/openapi/lint.test.ts']

/** Reads all sources, which takes Node a tenth of the time that it takes to bring them into the Worker's runtime. */
const ofSources = 'test/unit/lines.test.ts'

/** What goes over all families, which are tried with those that are made up. */
const ofFamilies = ['test/http/families.test.ts', 'test/http/standard-family.test.ts', 'test/unit/families.test.ts']
/** One with routes of its own, and a standard one. */
const madeUp = ['test/made-up-family', 'test/made-up-standard-family']

/** `src/families.ts` as it is with a line more for each family that is made up. */
const twoFamiliesMore: Plugin = {
  name: 'two-families-more',
  enforce: 'pre',
  transform(code, id) {
    if (!id.endsWith('/src/families.ts')) return undefined
    const listed = code.replace('] as const', ', holidays, purchases] as const')
    if (listed === code) throw new Error('src/families.ts has no list that one could be added to.')
    return `import { holidays } from '../test/made-up-family/holidays.family.ts'
import { purchases } from '../test/made-up-standard-family/purchases.family.ts'
${listed}`
  },
}

/** One after the other: a process that the files of a project share ends where another project's are next. */
const projects = ['budgets', 'workers', 'two families more', 'socket', 'process']

/** What waits more than it works, and long: begins first, beside all that works. */
const waiting = isLong
  ? ['process/ai-sdk.crash', 'process/batches.crash']
  : ['process/desk.browser', 'process/desk-hasty.browser']

/**
 * What takes longest in its project, by the end of its path, so that at the end no core waits for another: a machine
 * that has not run the tests before would go by the size of their files.
 */
const longest = [
  'budget/intents',
  'budget/structuring',
  'budget/requests',
  'budget/restricted',
  'properties/explain',
  ...(isLong
    ? ['process/docs-reference.browser', 'process/desk-pages.browser', 'process/history.crash', 'process/long-export']
    : ['process/webhooks', 'process/keys', 'process/history', 'process/docs.browser']),
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = (names: readonly string[], { moduleId }: TestSpecification) => {
      const found = names.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`))
      return found === -1 ? names.length : found
    }
    return (await super.sort(files)).toSorted(
      (a, b) =>
        place(waiting, a) - place(waiting, b) ||
        projects.indexOf(a.project.name) - projects.indexOf(b.project.name) ||
        place(longest, a) - place(longest, b),
    )
  }
}

/** How many files run at once: on two cores two are at work, while others wait for a clock, a server or the disk. */
const maxWorkers = 4

/** Node 24 has Uint8Array's toHex and toBase64 behind a flag. */
const execArgv = ['--js-base-64']

/** How the tests in the Worker's own runtime run. */
const timeout = isLong ? 600_000 : 60_000
const inWorkerd = { testTimeout: timeout, hookTimeout: timeout, maxWorkers, provide }

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        plugins: [workerd(migrations)],
        test: {
          name: 'workers',
          include: isLong
            ? ['test/properties/**/*.test.ts', 'test/budget/{decisions,history,people,policies,webhooks}.test.ts']
            : ['test/{unit,verbs,http,properties,budget}/**/*.test.ts'],
          exclude: [ofSources, ...ofFamilies],
          // A runtime and a database for each process, not for each file, which costs six seconds of a core.
          isolate: false,
          setupFiles: ['./test/support/migrate.ts'],
          ...inWorkerd,
        },
      },
      {
        plugins: [workerd(migrations)],
        test: {
          name: 'budgets',
          // A runtime for each file: one that has had a million rows is slow for whoever comes next.
          include: isLong ? ['test/budget/{changes,claims,desk,intents,requests,restricted,structuring}.test.ts'] : [],
          setupFiles: ['./test/support/migrate.ts'],
          ...inWorkerd,
        },
      },
      {
        plugins: [
          twoFamiliesMore,
          workerd([...migrations, ...(await Promise.all(madeUp.map(readD1Migrations))).flat()]),
        ],
        test: {
          name: 'two families more',
          include: isLong ? ['test/http/{access,openapi,examples}.test.ts'] : ofFamilies,
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
          include: [isLong ? 'test/http/**/*.test.ts' : 'test/support/socket/short.test.ts'],
          exclude: isLong ? overSocket : [],
          testTimeout: timeout,
          hookTimeout: timeout,
          // A server for each process, which runs one file after the other.
          pool: 'forks',
          isolate: false,
          maxWorkers,
          execArgv,
        },
      },
      {
        test: {
          name: 'process',
          include: isLong ? [...onlyLong, ...alsoLong] : ['test/{process,openapi}/*.test.ts', ofSources],
          exclude: isLong ? [] : onlyLong,
          globalSetup: ['./test/support/build-client.ts', './test/support/kept-state.ts'],
          isolate: false,
          execArgv,
          // Servers and commands are started some two hundred times: what Node has compiled once is kept.
          env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/node') },
          testTimeout: 300_000,
          hookTimeout: 120_000,
          maxWorkers,
          provide,
        },
      },
    ],
  },
})
