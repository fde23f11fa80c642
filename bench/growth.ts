import { cpuSeconds } from './cpu.ts'
import { call, drive, type Call } from './load.ts'
import { machine, type Machine } from './machine.ts'
import { operations } from './operations.ts'
import { save } from './results.ts'
import { claimAt, keyOf, seedAccess, seedClaims, seedGate, seedIntents } from './seed.ts'
import { startService, type Service } from './service.ts'

const allSizes = [1_000, 10_000, 100_000, 1_000_000]
/** How many calls the CPU of one is measured over. */
const calls = 200
/** How many approvals are asked for and decided to see how many bytes one takes. */
const weighed = 500

/** What one operation costs where so many approvals are stored. */
export interface Grown {
  stored: number
  operation: string
  rowsRead: number
  rowsWritten: number
  /** CPU of the runtime for each call, in microseconds. */
  cpuMicros: number
}

/** What `growth` leaves in bench/results. */
export interface GrowthResults {
  machine: Machine
  sizes: number[]
  grown: Grown[]
  /** Of a claim that was asked for and decided, with its history. */
  bytesPerApproval: number
}

/**
 * What operations cost in rows and CPU while ever more is stored, and how much room an approval takes.
 *
 * @param most how many are stored in the end
 */
export async function growth(most: number): Promise<void> {
  const sizes = allSizes.filter((size) => size <= most)
  const service = await startService()
  try {
    await seedAccess(service.db)
    const gate = await seedGate(service.ports.product)
    const grown: Grown[] = []
    let bytesPerApproval = 0
    for (const [index, stored] of sizes.entries()) {
      const before = sizes[index - 1] ?? 0
      await seedClaims(service.db, before, stored)
      await seedIntents(service.db, before / 10, stored / 10)
      for (const [operation, next] of asked(stored, before, gate))
        grown.push({ stored, operation, ...(await costOf(service, next)) })
      if (index === 0) bytesPerApproval = await weigh(service)
      save('growth', { machine: machine(), sizes, grown, bytesPerApproval } satisfies GrowthResults)
    }
  } finally {
    await service.stop()
  }
}

/** Each list, a read, and what changes something; those decided are of the newest, of which none was decided before. */
function asked(stored: number, before: number, gate: string): [string, () => Call][] {
  const cursor = btoa(JSON.stringify([Date.now() - stored / 2, claimAt(0)])).replace(/=+$/, '')
  const lists = {
    claims: '/api/v1/claims?limit=50',
    'claims, pending': '/api/v1/claims?limit=50&status=pending',
    'claims of one person': '/api/v1/claims?limit=50&claimant_id=usr_7',
    'claims by cursor': `/api/v1/claims?limit=50&cursor=${cursor}`,
    'all kinds': '/v1/approvals?limit=50',
    'all kinds, pending intents': '/v1/approvals?limit=50&kind=intent&status=pending',
  }
  const listing = Object.entries(lists).map(([name, path]): [string, () => Call] => [
    name,
    () => ({ method: 'GET', path, key: keyOf('member') }),
  ])
  const all = operations({ claims: stored, intents: stored / 10, gate })
  const changing = all
    .filter(({ name }) => ['read', 'create', 'submit'].includes(name))
    .map(({ name, given, call }): [string, () => Call] => [name, () => call(given())])
  const decide = all.find(({ name }) => name === 'decide')!
  let at = before
  const next = () => {
    at += at % 10 === 9 ? 2 : 1
    return decide.call({ id: claimAt(at) })
  }
  return [...listing, ...changing, ['decide', next]]
}

async function costOf({ ports, pids }: Service, next: () => Call) {
  const { status, head, body } = await call(ports.product, next())
  if (status >= 300) throw new Error(`${status} ${body}`)
  // The key may have been looked up with the first.
  const { rowsRead, rowsWritten } = counted((await call(ports.product, next())).head)
  const before = cpuSeconds(pids)
  await drive(ports.product, 16, { calls }, next, Number(head.slice(9, 12)))
  return { rowsRead, rowsWritten, cpuMicros: ((cpuSeconds(pids) - before) / calls) * 1e6 }
}

/** What an answer says of its cost (`Server-Timing`). */
function counted(head: string): { rowsRead: number; rowsWritten: number } {
  const [, rowsRead, rowsWritten] = /desc="\d+q (\d+)r (\d+)w"/.exec(head) ?? []
  return { rowsRead: Number(rowsRead), rowsWritten: Number(rowsWritten) }
}

async function weigh({ ports, db }: Service): Promise<number> {
  const size = async () => (await db.prepare('SELECT 1').run()).meta.size_after!
  const before = await size()
  for (let n = 0; n < weighed; n += 1) {
    const body = JSON.stringify({ description: `Train to Bern, ${n}`, amount: 4250, currency: 'CHF' })
    const made = await call(ports.product, { method: 'POST', path: '/api/v1/claims', key: keyOf('member'), body })
    const { claim_id } = JSON.parse(made.body) as { claim_id: string }
    const path = `/api/v1/claims/${claim_id}/approve`
    await call(ports.product, { method: 'POST', path, key: keyOf('coordinator'), body: '{"comment":"ok"}' })
  }
  return Math.round(((await size()) - before) / weighed)
}
