import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Countersign } from '../../client/src/index.ts'
import { freePort, startServer, type Server } from '../support/server.ts'

/* What lies in examples/, run as docs/agents.md says, with a person who decides meanwhile. */

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'countersign-examples-'))
const payments = join(folder, 'payments.log')
const started: ChildProcess[] = []
let server: Server

beforeAll(async () => {
  server = await startServer({ LOG_REQUESTS: 'off' })
})
afterAll(async () => {
  for (const child of started) child.kill('SIGKILL')
  rmSync(folder, { recursive: true })
  await server?.dispose()
})

const as = (name: string) => new Countersign({ baseUrl: server.origin, key: `cs_demo_${name}` })

/** Starts an example; `printed` is what it has said so far. */
function start(args: string[], env: Record<string, string> = {}) {
  const own = { COUNTERSIGN_URL: server.origin, PAYMENTS: payments, THREADS: join(folder, 'threads') }
  const child = spawn(process.execPath, args.with(0, join(root, 'examples', args[0]!)), {
    env: { ...process.env, ...own, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  started.push(child)
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += String(chunk)))
  const prints = async (what: RegExp) => {
    await vi.waitUntil(() => what.test(printed) || child.exitCode !== null, { timeout: 60_000, interval: 20 })
    expect(printed).toMatch(what)
    return what.exec(printed)!
  }
  const ended = new Promise<{ status: number | null; printed: string }>((resolve) => {
    child.on('close', (status) => resolve({ status, printed }))
  })
  return { prints, ended }
}

/** The person behind the link that was printed says yes. */
async function approveAt([, id]: RegExpExecArray): Promise<void> {
  await as('reviewer').call('approveRequest', { path: { id: id! } })
}
const link = /\/a\/(req_\w+)/

test('pay.ts pays after the yes, and not before', async () => {
  const { prints } = start(['pay.ts', 'o_1001', '4990'])
  await approveAt(await prints(link))
  await prints(/Paid 4990 for o_1001/)
  expect(readFileSync(payments, 'utf8')).toBe('o_1001 4990\n')
})

test('pay.ts and pay-later.ts, again for what is paid, say so and pay nothing', async () => {
  const order = 'o_again'
  const { prints } = start(['pay.ts', order, '7'])
  await approveAt(await prints(link))
  await prints(/Paid 7 for o_again/)
  for (const args of [
    ['pay.ts', order, '7'],
    ['pay-later.ts', 'ask', order, '7'],
  ]) {
    const { status, printed } = await start(args).ended
    expect([status, printed]).toEqual([0, expect.stringMatching(/req_\w+ was redeemed at .*, and succeeded/)])
    expect(printed).not.toContain('undefined')
  }
  expect(readFileSync(payments, 'utf8').match(/o_again/g)).toHaveLength(1)
})

test('pay-later.ts goes on in another process, when a webhook tells of the yes, once', async () => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/`
  const { secret } = await as('admin').call('createWebhookEndpoint', {
    body: { url, event_types: ['request.approved'] },
  })
  const listening = start(['pay-later.ts', 'listen', secret], { PORT: String(port) })
  await listening.prints(/Listening/)
  const asking = start(['pay-later.ts', 'ask', 'o_1002', '5'])
  const asked = await asking.prints(link)
  await start(['pay-later.ts', 'go-on', 'o_1002']).prints(/o_1002 is not decided/)
  await approveAt(asked)
  await listening.prints(/Paid 5 for o_1002/)
  await start(['pay-later.ts', 'go-on', 'o_1002']).prints(/o_1002 is done/)
  expect(readFileSync(payments, 'utf8').match(/o_1002/g)).toHaveLength(1)
})

test.each([
  [['pay-later.ts', 'go-on', 'o_nobody'], /^Nobody has asked for o_nobody: ask ORDER AMOUNT comes first\.\n$/],
  [['pay-later.ts', 'ask', 'o_1'], /^Usage: .*ORDER AMOUNT/],
  [['pay-later.ts', 'go-on'], /^Usage: .*go-on ORDER/],
  [['pay-later.ts', 'listen'], /^Usage: .*listen SECRET/],
  [['pay-later.ts'], /^Usage: /],
])('%j says what is wrong', async (args, said) => {
  const { ended } = start(args)
  const { status, printed } = await ended
  expect([status, printed]).toEqual([1, expect.stringMatching(said)])
})

test('mcp.ts asks, gives the link, waits, and does what was approved', async () => {
  const { prints } = start(['mcp.ts', 'Deploy web 4.2.0'])
  await approveAt(await prints(link))
  await prints(/Doing exactly \{ service: 'web' \}/)
  await prints(/report_outcome: req_\w+ is reported to have succeeded/)
})

test('docs/agents.md names each of them', () => {
  const page = readFileSync(join(root, 'docs/agents.md'), 'utf8')
  for (const name of ['pay.ts', 'pay-later.ts', 'mcp.ts']) expect(page).toContain(`node examples/${name}`)
})
