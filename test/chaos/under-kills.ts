import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startReceiver } from '../support/real-receiver.ts'
import { runScript } from '../support/run-script.ts'
import { startServer } from '../support/server.ts'
import { Calls, Violation } from './calls.ts'
import { holdAcknowledged } from './checks/acknowledged.ts'
import { holdLeases } from './checks/leases.ts'
import { holdLists } from './checks/lists.ts'
import { holdStored, stored } from './checks/stored.ts'
import { holdWebhooks } from './checks/webhooks.ts'
import { killUntil } from './killer.ts'
import { Model } from './model.ts'
import { readPromises } from './read-promises.ts'
import { randomOf } from './random.ts'
import { setUp } from './set-up.ts'
import { settle } from './settle.ts'
import { workAt } from './work/all.ts'

export interface Effort {
  seed: string
  seconds: number
  connections: number
}

/**
 * Random work of all families over so many connections, while the server is killed every few seconds; then everything
 * that was acknowledged is asked for.
 *
 * @returns what was done, in lines
 * @throws Violation with the first thing that is lost, doubled, out of order, miscounted or unverifiable
 */
export async function underKills({ seed, seconds, connections }: Effort): Promise<string[]> {
  const server = await startServer({ LOG_REQUESTS: 'off' })
  const receiver = await startReceiver()
  try {
    const calls = new Calls(server.origin)
    const model = new Model()
    calls.promises = await readPromises(server.origin)
    const { made, endpoint, secret } = await setUp(calls, receiver.url)
    receiver.secret = secret
    const flaky = randomOf(`${seed}/receiver`)
    receiver.answer = () => (flaky.chance(0.02) ? 500 : 204)

    const until = Date.now() + seconds * 1_000
    const connection = async (number: number) => {
      const random = randomOf(`${seed}/${number}`)
      while (Date.now() < until) await workAt(random())({ random, calls, model, made })
    }
    const [kills] = await Promise.all([
      killUntil(server, randomOf(`${seed}/kills`), until),
      ...Array.from({ length: connections }, (_, number) => connection(number)),
    ])
    await server.kill()
    await server.restart()
    const { sent, lost, unavailable, byStatus } = { ...calls.counts, byStatus: { ...calls.counts.byStatus } }

    await settle(server, receiver, endpoint)
    await holdAcknowledged(calls, model)
    await holdLeases(calls, model)
    await holdLists(calls)
    holdStored(server.state)
    const db = stored(server.state)
    holdWebhooks(db, endpoint, receiver.arrivals)
    db.close()
    const verified = await verifyHistory(server.state, server.origin)
    return [
      `${sent} requests over ${connections} connections in ${seconds} s; ${lost} lost their answer, ${unavailable} were 503`,
      `answers: ${Object.entries(byStatus)
        .map(([status, count]) => `${count} × ${status}`)
        .join(', ')}`,
      `kills: ${kills.server} of the server, ${kills.workerd} of workerd alone`,
      `acknowledged: ${model.asked.length} approvals, ${model.batches.length} batches, ${model.leases.length} leases, ` +
        `${model.keys} idempotency keys; ${receiver.arrivals.length} webhooks arrived`,
      verified,
    ]
  } finally {
    await receiver.close()
    await server.dispose()
  }
}

/** Exports the history and verifies it, as an auditor does. */
async function verifyHistory(state: string, origin: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-chaos-'))
  try {
    const headers = { Authorization: 'Bearer cs_demo_admin' }
    const exported = await fetch(`${origin}/v1/history/export`, { headers })
    writeFileSync(join(folder, 'history.ndjson'), await exported.text())
    const { status, stdout, stderr } = await runScript(state, 'verify-history', join(folder, 'history.ndjson'))
    if (status !== 0) throw new Violation(`the history cannot be verified: ${stderr}`)
    return stdout.split('\n')[0]!
  } finally {
    rmSync(folder, { recursive: true })
  }
}
