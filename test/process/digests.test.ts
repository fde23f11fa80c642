import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kinds } from '../../src/families.ts'
import { startServer, type Server } from '../support/server.ts'

/*
 * The code and the vectors of docs/digests.md: against each other, and against what a server with the demo data says.
 */

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/digests.md'), 'utf8')
const [, code = ''] = /```js\n([\s\S]*?)```/.exec(page) ?? []
const vectors = [...page.matchAll(/```json\n([\s\S]*?)```\n\n`(\w+)`/g)].map(([, question, digest]) => ({
  ...(JSON.parse(question!) as { id: string; kind: string }),
  digest: digest!,
}))

let server: Server

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.dispose())

test('there is a vector for each family', () => {
  expect(vectors.map(({ kind }) => kind).toSorted()).toEqual([...kinds].toSorted())
})

test.each(vectors)('$kind: the code computes the digest, and the server says the same', async (vector) => {
  const { digest, ...question } = vector
  const run = `${code}\nprocess.stdout.write(digestOf(${JSON.stringify(question)}))`
  const computed = execFileSync(process.execPath, ['--input-type=module', '-e', run], { cwd: root, encoding: 'utf8' })
  expect(computed).toBe(digest)
  const { status, body } = await server.call(`/v1/approvals/${question.id}`, { key: 'cs_demo_member' })
  expect([status, body]).toMatchObject([200, vector])
})
