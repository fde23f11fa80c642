import { setTimeout as sleep } from 'node:timers/promises'
import type { RealReceiver } from '../support/real-receiver.ts'
import type { Server } from '../support/server.ts'
import { Violation } from './calls.ts'
import { announced, firstArrivals } from './checks/webhooks.ts'
import { stored } from './checks/stored.ts'

/** How long all that was begun may take to end, once nothing new comes: batches without a runner wait for cron. */
const patience = 240_000

/** Fires cron until every batch has ended, everything has been told to the endpoint, and the history is sealed. */
export async function settle(server: Server, receiver: RealReceiver, endpoint: string): Promise<void> {
  const left = () => whatIsLeft(server.state, receiver, endpoint)
  for (const deadline = Date.now() + patience; left().length > 0;) {
    if (Date.now() > deadline) throw new Violation(`four minutes later there still is: ${left().join(', ')}`)
    await fetch(`${server.origin}/cdn-cgi/local/scheduled?cron=*+*+*+*+*`)
    await sleep(1_000)
  }
}

function whatIsLeft(state: string, receiver: RealReceiver, endpoint: string): string[] {
  const db = stored(state)
  const count = (query: string, ...values: string[]) => (db.prepare(query).get(...values) as { count: number }).count
  const batches = count(
    "SELECT count(*) AS count FROM batches WHERE status IN ('pending', 'processing') AND id NOT LIKE '%demo%'",
  )
  const unsealed = count(`
    SELECT coalesce(sum(latest - coalesce(size, 0)), 0) AS count
    FROM (SELECT tenant_id, max(seq) AS latest FROM events GROUP BY tenant_id) LEFT JOIN seals USING (tenant_id)`)
  const untaken = count(
    `SELECT max(e.seq) - w.taken_seq AS count FROM webhook_endpoints w JOIN events e ON e.tenant_id = w.tenant_id WHERE w.id = ?`,
    endpoint,
  )
  const untold = announced(db, endpoint).length - firstArrivals(receiver.arrivals).size
  db.close()
  const all = { batches, 'events that are not sealed': unsealed, untaken, 'webhooks that are not told': untold }
  return Object.entries(all).flatMap(([what, many]) => (many > 0 ? [`${many} ${what}`] : []))
}
