import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { developmentKey } from '../../scripts/development-key.ts'

const migrations = await readD1Migrations('./migrations')

/** `npm run bench -- parts`: times, printed as ratios; nothing passes or fails by them. */
export default defineConfig({
  root: '.',
  plugins: [
    cloudflareTest({
      wrangler: { configPath: './wrangler.toml' },
      miniflare: {
        bindings: {
          TEST_MIGRATIONS: migrations,
          RATE_LIMIT: 'off',
          LOG_REQUESTS: 'off',
          HISTORY_SIGNING_KEY: developmentKey,
        },
      },
    }),
  ],
  test: { include: ['bench/parts/*.bench.test.ts'], setupFiles: ['./test/support/migrate.ts'] },
})
