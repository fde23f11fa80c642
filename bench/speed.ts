import { cpuSeconds } from './cpu.ts'
import { drive } from './load.ts'
import { machine, type Machine } from './machine.ts'
import { median } from './median.ts'
import { operations, stockedFor, type Operation } from './operations.ts'
import { startPeers } from './peers.ts'
import { loadIfAny, save } from './results.ts'
import { startService } from './service.ts'
import { ownSide, peerSide, type Side } from './sides.ts'

/** After so many calls V8 has compiled what is run often. */
export const warmUp = 1_000

/** What can be set for a shorter run. */
export interface SpeedOptions {
  rounds: number
  seconds: number
  claims: number
  connections: readonly number[]
  /** Names of operations; all where there are none. */
  only: readonly string[]
}

/** What came of one operation on one target at so many connections, a number for each round. */
export interface Measured {
  operation: string
  title: string
  /** `product`, `raw`, or a peer's name. */
  target: string
  connections: number
  /** CPU of the serving processes for each call, in microseconds. */
  cpuMicros: number[]
  perSecond: number[]
}

/** What `speed` leaves in bench/results. */
export interface SpeedResults {
  machine: Machine
  rounds: number
  seconds: number
  claims: number
  /** What peers are made of, by their names: versions. */
  peers: Record<string, Record<string, string>>
  measured: Measured[]
}

/** Operations that peers have, too. */
const ofPeers = new Set(['read', 'list', 'create', 'keyed', 'decide'])

/**
 * The operations of the product beside the raw Worker and peers, in turns: so what else the machine does, and how the
 * databases grow, weighs on all alike.
 */
export async function speed({ rounds, seconds, claims, connections, only }: SpeedOptions): Promise<void> {
  const results: SpeedResults = { machine: machine(), rounds, seconds, claims, peers: {}, measured: [] }
  const kept = only.length === 0 ? results : alike(results)
  const service = await startService()
  const peers = await startPeers(claims)
  try {
    const theirs = peers.map((peer) => ({ peer, all: operations({ claims, intents: 0, gate: '' }) }))
    for (const operation of await stockedFor(service, claims, only)) {
      const sides = [await ownSide(service, operation)]
      for (const { peer, all } of ofPeers.has(operation.name) ? theirs : [])
        sides.push(
          await peerSide(
            peer,
            all.find(({ name }) => name === operation.name)!,
          ),
        )
      const rows = await inTurn(operation, sides, connections, rounds, seconds)
      if (!kept) continue
      for (const { name, versions } of peers) kept.peers[name] = versions
      kept.measured = replaced(kept.measured, rows)
      save('speed', { ...kept, machine: results.machine })
    }
    if (!kept) console.log('Nothing is kept: bench/results/speed.json is not of as many claims, rounds and seconds.')
  } finally {
    await service.stop()
    for (const peer of peers) peer.stop()
  }
}

/** What the last run has measured, where it was set as this one: of that only some operations are replaced. */
function alike({ rounds, seconds, claims }: SpeedResults): SpeedResults | undefined {
  const last = loadIfAny<SpeedResults>('speed')
  return last?.rounds === rounds && last.seconds === seconds && last.claims === claims ? last : undefined
}

/** These rows in the place of those that they measure anew. */
function replaced(before: readonly Measured[], rows: readonly Measured[]): Measured[] {
  const nameOf = ({ operation, connections }: Measured) => `${operation} ${connections}`
  const anew = new Set(rows.map(nameOf))
  const order = [...new Set([...before, ...rows].map(({ operation }) => operation))]
  return [...before.filter((row) => !anew.has(nameOf(row))), ...rows].toSorted(
    (a, b) => order.indexOf(a.operation) - order.indexOf(b.operation) || a.connections - b.connections,
  )
}

async function inTurn(
  { name, title, status }: Operation,
  sides: readonly Side[],
  connections: readonly number[],
  rounds: number,
  seconds: number,
): Promise<Measured[]> {
  const targets = sides.flatMap((side) => side.targets)
  for (const { port, next } of targets) await drive(port, 16, { calls: warmUp }, next, status)
  const measured = connections.flatMap((count) =>
    targets.map((target) => ({ target, connections: count, cpuMicros: [] as number[], perSecond: [] as number[] })),
  )
  for (let round = 0; round < rounds; round += 1) {
    // Who begins takes turns, too.
    for (const one of round % 2 === 0 ? measured : measured.toReversed()) {
      const { port, pids, next } = one.target
      const before = cpuSeconds(pids())
      const load = await drive(port, one.connections, { seconds }, next, status)
      one.cpuMicros.push(((cpuSeconds(pids()) - before) / load.calls) * 1e6)
      one.perSecond.push(load.calls / load.seconds)
    }
  }
  for (const side of sides) await side.assertDone()
  const rows = measured.map(({ target, ...one }) => ({ operation: name, title, target: target.name, ...one }))
  for (const row of rows) print(row, rows)
  return rows
}

function print({ operation, target, connections, cpuMicros, perSecond }: Measured, rows: readonly Measured[]): void {
  const raw = rows.find((row) => row.target === 'raw' && row.connections === connections)
  const ratio = median(cpuMicros) / median(raw?.cpuMicros ?? [])
  console.log(
    `${operation.padEnd(8)} ${target.padEnd(16)} ${String(connections).padStart(2)} connections: ` +
      `${Math.round(median(cpuMicros))} µs CPU (${ratio.toFixed(2)} × raw), ${Math.round(median(perSecond))}/s`,
  )
}
