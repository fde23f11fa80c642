import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/*
 * A history may be longer than what fits into memory. A million events, in some minutes:
 *   node --js-base64 test/support/made-export.ts 1000000 |
 *     node --js-base64 --max-old-space-size=32 scripts/verify-history.ts /dev/stdin
 */

const root = join(import.meta.dirname, '../..')
const size = 150_000
const megabytes = 32

test('a long history is verified in little memory: less than its lines take', { timeout: 900_000 }, async () => {
  const made = `node --js-base-64 test/support/made-export.ts ${size}`
  const verify = `node --js-base-64 --max-old-space-size=${megabytes} scripts/verify-history.ts /dev/stdin`
  const { stdout } = await promisify(execFile)('sh', ['-c', `${made} | ${verify}`], {
    cwd: root,
    env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` },
  })
  expect(stdout).toContain(`${size} events of countersign/acme/0 match`)
})
