import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startServer, type Server } from '../support/server.ts'

/* The journeys of the README, pasted whole into a shell, twice over, against the server that `npm start` starts. */

const root = join(import.meta.dirname, '../..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const journeys = [...readme.matchAll(/^## A journey: (.+)\n[^#]*?```sh\n([\s\S]*?)```/gm)].map(
  ([, name, commands]) => ({ name: name!, commands: commands! }),
)

/** What a journey promises to show, in this order. */
const promised: Record<string, (string | RegExp)[]> = {
  requests: [
    '"status":"pending"',
    '"details":{"service":"web","version":"4.2.0"}',
    '"status":"approved","edited":false,"final":true',
    '"code":"digest_mismatch"',
    '"redeemed_at":"',
    '"code":"already_redeemed"',
    '"outcome":"succeeded"',
  ],
  claims: [
    '"expense_type":"mileage"',
    'event: completed',
    '"approved_count":3,"rejected_count":1',
    '"error":"Claim not found"',
    '"total_claims":2',
    '"cancelled":true',
  ],
  changes: [
    '"data":{"config":{"threshold":600,"window":"90d"}}',
    /^etag: "/im,
    '"stale":false',
    '"preview":{"config":{"threshold":650,"window":"90d"}}',
    '"applied":true',
    '"approvalId":"approval_',
    '"requestedBy":"usr_member","approvedBy":"usr_admin"',
  ],
  'agent intents': [
    '"action":"refund"',
    '"status":"approved"',
    '"serialized_intent":{ "order": "o_1001", "amount": 49.90 }',
    '"status":"succeeded"',
    '"outbox_status":"succeeded"',
  ],
  policies: [
    '"policy":{"id":"pol_',
    '"policy":null',
    '"required_approvals":2',
    '"code":"forbidden"',
    '"may":{"approve":{"allowed":false,"code":"forbidden"',
    '"code":"stage_not_open"',
    '"name":"money","status":"open"',
    '"may":{"approve":{"allowed":true',
    '"status":"approved"',
    '"serialized_intent":{ "order": "o_2002", "amount": 2400.00 }',
    '"status":"succeeded"',
    '"deleted":true',
  ],
  'gate reviews': [
    '"status":"approved"',
    '"check_name":"Amount range"',
    '"check_name":"min_confidence"',
    '"cleared_items":2',
    '"comment":"Seen the invoice"',
  ],
  webhooks: ['"secret":"whsec_', 'Receiving webhooks', '"status":"succeeded"', '"deleted":true'],
}

/** How many calls of a journey are to be refused. */
const refused: Record<string, number> = { requests: 2, policies: 2 }

let server: Server
/** Has a `curl` that notes every call that failed, an answer from 400 on among them. */
let shims: string
let failures: string

beforeAll(async () => {
  server = await startServer()
  shims = mkdtempSync(join(tmpdir(), 'countersign-shims-'))
  failures = join(shims, 'failures')
  const curl = execFileSync('sh', ['-c', 'command -v curl'], { encoding: 'utf8' }).trim()
  writeFileSync(
    join(shims, 'curl'),
    `#!/bin/sh\n${curl} --fail-with-body "$@" || printf '%s\\n' "$?: curl $*" >> ${failures}\n`,
  )
  chmodSync(join(shims, 'curl'), 0o755)
})
afterAll(async () => {
  if (shims) rmSync(shims, { recursive: true })
  await server?.dispose()
})

test('every journey of the README is known here', () => {
  expect(journeys.map(({ name }) => name)).toEqual(Object.keys(promised))
})

test.each(journeys.flatMap((journey) => [journey, journey]))('$name, pasted whole', async ({ name, commands }) => {
  const output = await paste(commands)
  const failed = existsSync(failures) ? readFileSync(failures, 'utf8').trim().split('\n') : []
  rmSync(failures, { force: true })
  expect(failed.length, failed.join('\n')).toBe(refused[name] ?? 0)
  expect(output.split('/docs/errors/')).toHaveLength(1 + (refused[name] ?? 0))
  let from = 0
  for (const text of promised[name]!) {
    const rest = output.slice(from)
    const at = typeof text === 'string' ? rest.indexOf(text) : rest.search(text)
    expect(at, `${text} in ${rest}`).toBeGreaterThanOrEqual(0)
    from += at
  }
  if (name === 'webhooks') {
    expect(output.match(/signature holds/g)).toHaveLength(2)
    expect(output).not.toContain('DOES NOT HOLD')
  }
})

test('neither they nor what npm start suggests use up the four claims of the printed example', async () => {
  const suggested = server.output().match(/^ +curl (?:.*\\\n)*.*$/gm)!
  expect(await paste(`curl() { command curl -sS "$@"; }\n${suggested.join('\n')}`)).toContain('"total_claims":3')
  const claim_ids = ['clm_9f2a3b4c', 'clm_ab5c6d7e', 'clm_cd7e8f9a', 'clm_ef1a2b3c']
  const { body } = await server.call('/api/v1/approval-batches', { method: 'POST', body: { claim_ids } })
  const result = () => server.call(`/api/v1/approval-batches/${body.batch_id}`).then((answer) => answer.body)
  await vi.waitUntil(async () => (await result()).status === 'completed', { timeout: 30_000, interval: 100 })
  expect(await result()).toMatchObject({ approved_count: 4, rejected_count: 0 })
})

/** What bash prints when this is pasted into it: it reads one line after the other, as from a terminal. */
async function paste(commands: string): Promise<string> {
  const input = commands.replaceAll('http://localhost:8787', server.origin).replaceAll('8788', String(await freePort()))
  const { stdout, stderr, status } = spawnSync('bash', {
    cwd: root,
    input,
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, PATH: `${shims}:${process.env.PATH}` },
  })
  const said = stderr.replaceAll(/^curl: \(22\) .*\n/gm, '')
  expect({ status, said }, stdout).toEqual({ status: 0, said: '' })
  return stdout
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}
