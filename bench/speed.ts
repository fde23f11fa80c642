import { cpuSeconds } from './cpu.ts'
import { drive } from './load.ts'
import { machine, type Machine } from './machine.ts'
import { median, ofRounds } from './median.ts'
import { operations, stockedFor, type Operation } from './operations.ts'
import { startPeers, type Peer } from './peers.ts'
import { loadIfAny, save } from './results.ts'
import { startService } from './service.ts'
import { ownSide, peerSide, type Side } from './sides.ts'

/** After so many calls V8 has compiled what is run often. */
export const warmUp = 5_000

/** Peers take part in one of so many rounds: they are several times as fast, which takes fewer rounds to tell. */
export const peersEvery = 4

/** What can be set for a shorter run. */
export interface SpeedOptions {
  /** How often the runtime is started: two isolates that run the same code differ by some hundredths. */
  starts: number
  /** In all. */
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
  starts: number
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
export async function speed(options: SpeedOptions): Promise<void> {
  const { starts, rounds, seconds, claims, only } = options
  const results: SpeedResults = { machine: machine(), starts, rounds, seconds, claims, peers: {}, measured: [] }
  const kept = only.length === 0 ? results : alike(results)
  const peers = await startPeers(claims)
  try {
    const theirs = peers.map((peer) => ({ peer, all: operations({ claims, intents: 0, gate: '' }) }))
    const measured: Measured[] = []
    for (let start = 0; start < starts; start += 1) add(measured, await measureOnce(options, theirs))
    for (const row of measured) print(row, measured)
    if (!kept) {
      console.log('Nothing is kept: bench/results/speed.json is of other claims, starts, rounds or seconds.')
      return
    }
    for (const { name, versions } of peers) kept.peers[name] = versions
    kept.measured = replaced(kept.measured, measured)
    save('speed', { ...kept, machine: results.machine })
  } finally {
    for (const peer of peers) peer.stop()
  }
}

/** A peer, and the operations as it is asked for them. */
interface AskedPeer {
  peer: Peer
  all: Operation[]
}

/** The share of one start in all rounds. */
async function measureOnce(
  { starts, rounds, seconds, claims, connections, only }: SpeedOptions,
  peers: readonly AskedPeer[],
): Promise<Measured[]> {
  const service = await startService()
  const rows: Measured[] = []
  try {
    for (const operation of await stockedFor(service, claims, only)) {
      const sides = [await ownSide(service, operation)]
      for (const { peer, all } of ofPeers.has(operation.name) ? peers : [])
        sides.push(
          await peerSide(
            peer,
            all.find(({ name }) => name === operation.name)!,
          ),
        )
      rows.push(...(await inTurn(operation, sides, connections, Math.ceil(rounds / starts), seconds)))
    }
    return rows
  } finally {
    await service.stop()
  }
}

/** Adds the rounds of one start to those of the starts before. */
function add(measured: Measured[], rows: readonly Measured[]): void {
  for (const row of rows) {
    const before = measured.find(
      ({ operation, target, connections }) =>
        operation === row.operation && target === row.target && connections === row.connections,
    )
    before?.cpuMicros.push(...row.cpuMicros)
    before?.perSecond.push(...row.perSecond)
    if (!before) measured.push(row)
  }
}

/** What the last run has measured, where it was set as this one: of that only some operations are replaced. */
function alike({ starts, rounds, seconds, claims }: SpeedResults): SpeedResults | undefined {
  const last = loadIfAny<SpeedResults>('speed')
  const isSo = last?.starts === starts && last.rounds === rounds && last.seconds === seconds && last.claims === claims
  return isSo ? last : undefined
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
  const [own] = sides
  for (const { port, next } of targets) await drive(port, 16, { calls: warmUp }, next, status)
  const measured = connections.flatMap((count) =>
    targets.map((target) => ({ target, connections: count, cpuMicros: [] as number[], perSecond: [] as number[] })),
  )
  for (let round = 0; round < rounds; round += 1) {
    // Who begins takes turns, too.
    for (const one of round % 2 === 0 ? measured : measured.toReversed()) {
      if (!own?.targets.includes(one.target) && round % peersEvery > 0) continue
      const { port, pids, next } = one.target
      const before = cpuSeconds(pids())
      const load = await drive(port, one.connections, { seconds }, next, status)
      one.cpuMicros.push(((cpuSeconds(pids()) - before) / load.calls) * 1e6)
      one.perSecond.push(load.calls / load.seconds)
    }
  }
  for (const side of sides) await side.assertDone()
  return measured.map(({ target, ...one }) => ({ operation: name, title, target: target.name, ...one }))
}

function print({ operation, target, connections, cpuMicros, perSecond }: Measured, rows: readonly Measured[]): void {
  const raw = rows.find((row) => row.operation === operation && row.target === 'raw' && row.connections === connections)
  const ratio = median(ofRounds(cpuMicros, raw?.cpuMicros ?? []))
  console.log(
    `${operation.padEnd(8)} ${target.padEnd(16)} ${String(connections).padStart(2)} connections: ` +
      `${Math.round(median(cpuMicros))} µs CPU (${ratio.toFixed(2)} × raw), ${Math.round(median(perSecond))}/s`,
  )
}
