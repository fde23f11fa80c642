import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Countersign } from '../../client/src/index.ts'
import { startServer, type Server } from '../support/server.ts'

const root = join(import.meta.dirname, '../..')
const kills = 50
const size = 8
let server: Server
const folder = mkdtempSync(join(tmpdir(), 'countersign-agent-'))
const ledger = join(folder, 'payments.log')

beforeAll(async () => {
  server = await startServer({ LOG_REQUESTS: 'off' })
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await server?.dispose()
})

const paid = () => (existsSync(ledger) ? readFileSync(ledger, 'utf8').trim().split('\n') : [])
const reviewer = () => new Countersign({ baseUrl: server.origin, key: 'cs_demo_reviewer' })

/** An agent that works on these orders, and ends when all are done. */
function startAgent(orders: readonly string[]): ChildProcess {
  const env = { ...process.env, PAYMENTS: ledger, COUNTERSIGN_URL: server.origin, COUNTERSIGN_KEY: 'cs_demo_service' }
  const program = join(root, 'test/support/agent-process.ts')
  return spawn(process.execPath, [program, folder, ...orders], { env, stdio: ['ignore', 'ignore', 'inherit'] })
}
const ended = (child: ChildProcess) => new Promise<number | null>((resolve) => child.on('exit', resolve))

/** Decides what is asked about these orders as it comes, until the agent ends: the last one is rejected. */
async function decideAll(orders: readonly string[], agent: ChildProcess): Promise<void> {
  while (agent.exitCode === null && agent.signalCode === null) {
    const query = { status: 'pending', type: 'payment', limit: 100 } as const
    const { data } = await reviewer().call('listRequests', { query })
    for (const { id, title } of data) {
      const path = { id }
      const isLast = title.endsWith(` ${orders.at(-1)}`)
      await (isLast
        ? reviewer().call('rejectRequest', { path, body: { comment: 'No' } })
        : reviewer().call('approveRequest', { path }))
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test.each(Array.from({ length: kills }, (_, index) => index))(
  'a kill among agents that pay, %i: nothing is paid twice, or without a yes',
  async (moment) => {
    const orders = Array.from({ length: size }, (_, index) => `o_${moment}_${index}`)
    const before = paid().length
    const first = startAgent(orders)
    const deciding = decideAll(orders, first).catch(() => undefined)
    // In the middle of asking, of being decided, of paying; each third time it is the server that is killed.
    const wanted = moment % size
    const isThere = () =>
      wanted === 0 ? existsSync(join(folder, `${orders[0]}.json`)) : paid().length - before >= wanted
    await vi.waitUntil(() => isThere() || first.exitCode !== null, { interval: 1, timeout: 60_000 })
    const killsServer = moment % 3 === 2
    if (killsServer) {
      await server.kill()
      await server.restart()
    } else {
      first.kill('SIGKILL')
      await ended(first)
    }
    await deciding
    const second = killsServer && first.exitCode === null ? first : startAgent(orders)
    const end = second.exitCode ?? ended(second)
    await decideAll(orders, second)
    expect(await end).toBe(0)

    const redeemed: string[] = []
    const leftOpen: string[] = []
    for await (const { title, redemption, decided_by } of reviewer().list('listRequests', {
      query: { type: 'payment' },
    })) {
      const order = title.split(' ').at(-1)!
      if (!orders.includes(order)) continue
      expect(decided_by).toBe('usr_reviewer')
      if (redemption?.state === 'redeemed') redeemed.push(order)
      else if (order !== orders.at(-1)) {
        expect(redemption?.state).toBe('open')
        leftOpen.push(order)
      }
    }
    const lines = paid().slice(before)
    expect(new Set(lines).size).toBe(lines.length)
    expect(new Set(redeemed).size).toBe(redeemed.length)
    // What was taken up by one that was killed before it paid is not paid by another: nobody knows whether it was.
    for (const line of lines) expect(redeemed).toContain(line.split(' ')[0])
    expect(redeemed).not.toContain(orders.at(-1))
    expect([...redeemed, ...leftOpen].toSorted()).toEqual(orders.slice(0, -1))
    // A call that the service does not answer for long fails and says so; its approval stays open. Else it is taken up.
    if (!killsServer) expect(leftOpen).toEqual([])
    for (const order of leftOpen) {
      const conversation = readFileSync(join(folder, `${order}.json`), 'utf8')
      expect(conversation).toMatch(/"output":{"type":"error-text"/)
    }
  },
)
