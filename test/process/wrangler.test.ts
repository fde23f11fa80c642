import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from '../../src/db/sql.ts'
import { afterAll, expect, test } from 'vitest'
import { wranglerD1 } from '../../scripts/wrangler-d1.ts'
import { listKeys } from '../../src/access/keys.ts'
import { systemContext } from '../../src/context.ts'
import { newState } from '../support/server.ts'

/* What `npm start` has stored, as wrangler sees it. */

const root = join(import.meta.dirname, '../..')
const state = newState()
afterAll(() => rmSync(state, { recursive: true }))

test('by way of wrangler, as with --remote, the commands read and write the same', async () => {
  const db = wranglerD1(['--local', '--persist-to', state])
  const ctx = systemContext({ DB: db } as Env, 'system:operator', Date.now(), 'demo')
  const name = 'it\'s; a ?1 "name" -- \'x'
  await ctx.db.run({ query: sql`UPDATE api_keys SET name = ${name} WHERE id = 'key_demo_ops'` })
  const { rows } = await listKeys(ctx, { limit: 100, offset: 0, after: null })
  expect(rows.find(({ id }) => id === 'key_demo_ops')?.name).toBe(name)
})

test('the migrations count as applied to wrangler, too', () => {
  const args = ['d1', 'migrations', 'list', 'DB', '--local', '--persist-to', state]
  const env = { ...process.env, CI: 'true', WRANGLER_SEND_METRICS: 'false' }
  const wrangler = join(root, 'node_modules/wrangler/bin/wrangler.js')
  const said = execFileSync(process.execPath, [wrangler, ...args], { cwd: root, env, encoding: 'utf8' })
  expect(said).toContain('No migrations to apply')
})
