import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { call, type Call } from './load.ts'
import { machine, type Machine } from './machine.ts'
import { median } from './median.ts'
import { save } from './results.ts'
import { keyOf, seedAccess, tenant } from './seed.ts'
import { startService } from './service.ts'

/** How many events one round delivers. */
const events = 1_000
/** How much is added to each round trip to D1 of those who send, in milliseconds. */
const distances = [0, 20]

/** What came of it at one distance: webhooks per second, a number for each round. */
export interface Delivered {
  addedMs: number
  perSecond: number[]
}

/** What `webhooks` leaves in bench/results. */
export interface WebhookResults {
  machine: Machine
  rounds: number
  events: number
  delivered: Delivered[]
}

/** How many webhooks a second one receiver on this machine gets, in order, from an endpoint's one sender. */
export async function webhooks(rounds: number): Promise<void> {
  const receiver = await listen()
  const delivered: Delivered[] = []
  try {
    for (const addedMs of distances) {
      const perSecond = await deliverAt(addedMs, rounds, receiver)
      delivered.push({ addedMs, perSecond })
      console.log(`webhooks with ${addedMs} ms added to each round trip: ${Math.round(median(perSecond))} a second`)
    }
  } finally {
    receiver.close()
  }
  save('webhooks', { machine: machine(), rounds, events, delivered } satisfies WebhookResults)
}

async function deliverAt(addedMs: number, rounds: number, receiver: Receiver): Promise<number[]> {
  const service = await startService({ main: 'bench/far-d1.ts', vars: { D1_MS: String(addedMs) } })
  try {
    const { db, ports } = service
    await seedAccess(db)
    await post(ports.product, '/v1/webhook-endpoints', 'admin', { url: receiver.url })
    const claim = { description: 'Train to Bern', amount: 4250, currency: 'CHF' }
    const thousand = { claims: Array.from({ length: 1_000 }, () => claim) }
    const warmUp = receiver.next(events)
    for (let made = 0; made < events; made += 1_000)
      await post(ports.product, '/api/v1/claims/bulk', 'member', thousand)
    await warmUp
    const perSecond: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      await settled(db)
      await db.batch([
        db.prepare('DELETE FROM webhook_deliveries WHERE tenant_id = ?').bind(tenant),
        db
          .prepare('UPDATE webhook_endpoints SET taken_seq = taken_seq - ? WHERE tenant_id = ?')
          .bind(events - 1, tenant),
      ])
      const arrived = receiver.next(events)
      // Whatever is written wakes the sender.
      await post(ports.product, '/api/v1/claims', 'member', claim)
      perSecond.push((events - 1) / (await arrived))
    }
    return perSecond
  } finally {
    await service.stop()
  }
}

/** Waits until what has arrived is recorded, too. */
async function settled(db: D1Database): Promise<void> {
  for (;;) {
    const left = await db
      .prepare("SELECT 1 FROM webhook_deliveries WHERE tenant_id = ? AND status = 'pending' LIMIT 1")
      .bind(tenant)
      .first()
    if (!left) return
    await new Promise((done) => setTimeout(done, 50))
  }
}

async function post(port: number, path: string, role: Parameters<typeof keyOf>[0], body: object): Promise<void> {
  const one: Call = { method: 'POST', path, key: keyOf(role), body: JSON.stringify(body) }
  const answer = await call(port, one)
  if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${answer.body}`)
}

interface Receiver {
  url: string
  /** How many seconds lie between the first and the last of the next so many that arrive. */
  next(count: number): Promise<number>
  close(): void
}

async function listen(): Promise<Receiver> {
  let left = 0
  let first = 0
  let done: (seconds: number) => void = () => undefined
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(204).end()
      const now = performance.now()
      first ||= now
      left -= 1
      if (left === 0) done((now - first) / 1000)
    })
  })
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    next(count) {
      left = count
      first = 0
      return new Promise((resolve) => (done = resolve))
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
