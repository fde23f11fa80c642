import { cpuSeconds } from './cpu.ts'
import type { Bare } from './far-d1.ts'
import { call, type Call } from './load.ts'
import { machine, type Machine } from './machine.ts'
import { median } from './median.ts'
import { sample } from './profile.ts'
import { listen, type Receiver } from './receiver.ts'
import { save } from './results.ts'
import { keyOf, seedAccess, tenant } from './seed.ts'
import { startService, type Service } from './service.ts'

/** How many events one round delivers, after the one that wakes the sender. */
const events = 1_000
/** How much is added to each round trip to D1 of those who send, in milliseconds. */
const distances = [0, 20]

/** What came of it, a number for each round: webhooks a second, and CPU of each in microseconds. */
export interface Sent {
  perSecond: number[]
  cpuMicros: number[]
  /** That of the receiver. */
  receiverMicros: number[]
}

/** What `webhooks` leaves in bench/results. */
export interface WebhookResults {
  machine: Machine
  rounds: number
  events: number
  /** By distance: the product, and a loop that does nothing but send the same. */
  delivered: { addedMs: number; product: Sent; bare: Sent }[]
}

/** How many webhooks a second one receiver on this machine gets, in order, from an endpoint's one sender. */
export async function webhooks(rounds: number): Promise<void> {
  const receiver = await listen()
  const delivered: WebhookResults['delivered'] = []
  try {
    for (const addedMs of distances) {
      const { product, bare } = await deliverAt(addedMs, rounds, receiver)
      delivered.push({ addedMs, product, bare })
      const [perSecond, limit] = [product, bare].map((sent) => Math.round(median(sent.perSecond)))
      console.log(`webhooks with ${addedMs} ms added to each round trip: ${perSecond} a second; bare ${limit}`)
    }
  } finally {
    receiver.close()
  }
  save('webhooks', { machine: machine(), rounds, events, delivered } satisfies WebhookResults)
}

/** Where the product's isolate spends its CPU while it delivers. */
export async function profileWebhooks(): Promise<void> {
  const receiver = await listen()
  const service = await startService({ readable: true })
  try {
    const deliver = await stocked(service, receiver)
    await rewind(service)
    await sample(service.inspector!, 'deliver webhooks', async () => {
      await deliver()
      return events
    })
  } finally {
    receiver.close()
    await service.stop()
  }
}

async function deliverAt(addedMs: number, rounds: number, receiver: Receiver): Promise<{ product: Sent; bare: Sent }> {
  const service = await startService({ main: 'bench/far-d1.ts', vars: { D1_MS: String(addedMs) } })
  try {
    const deliver = await stocked(service, receiver)
    const { headers, body } = receiver.last()
    const own = headers.filter(([name]) => /^(content-type|user-agent|webhook-.*)$/i.test(name))
    const loop = async () => {
      const arrived = receiver.next(events)
      const bare: Bare = { url: receiver.url, count: events, headers: own, body }
      await post(service.ports.product, '/bare', 'admin', bare)
      return arrived
    }
    await loop()
    const [product, bare] = [noneSent(), noneSent()]
    for (let round = 0; round < rounds; round += 1) {
      await rewind(service)
      await measure(service, product, deliver)
      await measure(service, bare, loop)
    }
    return { product, bare }
  } finally {
    await service.stop()
  }
}

function noneSent(): Sent {
  return { perSecond: [], cpuMicros: [], receiverMicros: [] }
}

/** @param send says how many seconds it took */
async function measure({ pids }: Service, { perSecond, cpuMicros, receiverMicros }: Sent, send: () => Promise<number>) {
  const [cpu, own] = [cpuSeconds(pids), process.cpuUsage()]
  perSecond.push((events - 1) / (await send()))
  cpuMicros.push(((cpuSeconds(pids) - cpu) * 1e6) / events)
  const { user, system } = process.cpuUsage(own)
  receiverMicros.push((user + system) / events)
}

/**
 * Stores an endpoint and events, and delivers these once.
 *
 * @returns what delivers those that `rewind` has left, and says how many seconds lay between the first and the last
 */
async function stocked({ db, ports }: Service, receiver: Receiver): Promise<() => Promise<number>> {
  await seedAccess(db)
  await post(ports.product, '/v1/webhook-endpoints', 'admin', { url: receiver.url })
  const claim = { description: 'Train to Bern', amount: 4250, currency: 'CHF' }
  const warmUp = receiver.next(events)
  await post(ports.product, '/api/v1/claims/bulk', 'member', { claims: Array.from({ length: events }, () => claim) })
  await warmUp
  return async () => {
    const arrived = receiver.next(events)
    // Whatever is written wakes the sender.
    await post(ports.product, '/api/v1/claims', 'member', claim)
    const seconds = await arrived
    await settled(db)
    return seconds
  }
}

/** Has all but one of the events delivered again, with the next that happens. */
async function rewind({ db }: Service): Promise<void> {
  await settled(db)
  await db.batch([
    db.prepare('DELETE FROM webhook_deliveries WHERE tenant_id = ?').bind(tenant),
    db.prepare('UPDATE webhook_endpoints SET taken_seq = taken_seq - ? WHERE tenant_id = ?').bind(events - 1, tenant),
  ])
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
