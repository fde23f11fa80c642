import { assertDone, countedOf, type Counted } from './counts.ts'
import { call, type Call } from './load.ts'
import type { Operation } from './operations.ts'
import type { Peer } from './peers.ts'
import { teachRaw } from './raw/learn.ts'
import { tenant } from './seed.ts'
import type { Service } from './service.ts'

/** Whom an operation is asked of. */
export interface Target {
  name: string
  port: number
  /** The processes that serve it. */
  pids(): readonly number[]
  next(): Call
}

/** What answers from one database: the product and the raw Worker, or a peer. */
export interface Side {
  targets: readonly Target[]
  /** @throws Error where what is stored is not what all calls so far have been answered to have done */
  assertDone(): Promise<void>
}

/** The product, and the raw Worker once it has been taught. */
export async function ownSide(service: Service, one: Operation): Promise<Side> {
  const { ports, pids, db } = service
  const counted = async () => countedOf((await db.prepare(counting).bind(tenant).raw())[0] ?? [])
  return sideOf('The product, or the raw Worker,', one, counted, async (operation) => [
    { name: 'product', port: ports.product, pids: () => pids, next: () => operation.call(operation.given()) },
    { name: 'raw', port: ports.raw, pids: () => pids, next: await teachRaw(service, operation) },
  ])
}

export async function peerSide({ name, port, pids, counted }: Peer, one: Operation): Promise<Side> {
  return sideOf(name, one, counted, async (operation) => [
    { name, port, pids, next: () => operation.call(operation.given()) },
  ])
}

async function sideOf(
  name: string,
  one: Operation,
  counted: () => Promise<Counted> | Counted,
  targetsOf: (operation: Operation) => Promise<[Target, ...Target[]]>,
): Promise<Side> {
  const before = await counted()
  let calls = 0
  const operation: Operation = {
    ...one,
    call(given) {
      calls += 1
      return one.call(given)
    },
  }
  const targets = await targetsOf(operation)
  await assertAnswered(targets[0], operation)
  return { targets, assertDone: async () => assertDone(name, before, await counted(), calls, one.changes) }
}

async function assertAnswered(
  { name, port }: Target,
  { name: what, status, given, call: callOf, isAnswered }: Operation,
) {
  const asked = given()
  const answer = await call(port, callOf(asked))
  if (answer.status !== status || isAnswered?.(JSON.parse(bodyOf(answer.body)), asked) === false)
    throw new Error(`${name} answers ${what} with ${answer.status} ${answer.body}`)
}

/** Of an answer in chunks, what is between their lengths: the objects here come in one. */
function bodyOf(text: string): string {
  return text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)
}

/** One row, as `countedOf` reads it. */
const counting = `
  SELECT (SELECT count(*) FROM approvals WHERE tenant_id = ?1),
    (SELECT count(*) FROM approvals WHERE tenant_id = ?1 AND status = 'pending'),
    (SELECT count(*) FROM events WHERE tenant_id = ?1), (SELECT count(*) FROM idempotency_keys WHERE tenant_id = ?1),
    sum(pending + approved + rejected + withdrawn + expired), sum(pending)
  FROM tallies WHERE tenant_id = ?1 AND facet = ''`
