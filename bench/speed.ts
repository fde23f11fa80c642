import { cpuSeconds } from './cpu.ts'
import { drive, type Call } from './load.ts'
import { machine, type Machine } from './machine.ts'
import { median } from './median.ts'
import { stockedFor, type Operation } from './operations.ts'
import { teachRaw } from './raw/learn.ts'
import { save } from './results.ts'
import { startService } from './service.ts'

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
  measured: Measured[]
}

/** Whom an operation is asked of. */
interface Target {
  name: string
  port: number
  pids: readonly number[]
  next: () => Call
}

/**
 * The operations of the product beside the raw Worker, in turns: so what else the machine does, and how the database
 * grows, weighs on both alike.
 */
export async function speed({ rounds, seconds, claims, connections, only }: SpeedOptions): Promise<void> {
  const service = await startService()
  try {
    const { ports, pids } = service
    const chosen = await stockedFor(service, claims, only)
    const measured: Measured[] = []
    for (const operation of chosen) {
      const product = { name: 'product', port: ports.product, pids, next: () => operation.call(operation.given()) }
      const raw = { name: 'raw', port: ports.raw, pids, next: await teachRaw(service, operation) }
      measured.push(...(await inTurn(operation, [product, raw], connections, rounds, seconds)))
      save('speed', { machine: machine(), rounds, seconds, claims, measured } satisfies SpeedResults)
    }
  } finally {
    await service.stop()
  }
}

async function inTurn(
  operation: Operation,
  targets: readonly Target[],
  connections: readonly number[],
  rounds: number,
  seconds: number,
): Promise<Measured[]> {
  const { name, title, status } = operation
  for (const { port, next } of targets) await drive(port, 16, { calls: warmUp }, next, status)
  const measured = connections.flatMap((count) =>
    targets.map((target) => ({ target, connections: count, cpuMicros: [] as number[], perSecond: [] as number[] })),
  )
  for (let round = 0; round < rounds; round += 1) {
    // Who begins takes turns, too.
    for (const one of round % 2 === 0 ? measured : measured.toReversed()) {
      const { target } = one
      const before = cpuSeconds(target.pids)
      const load = await drive(target.port, one.connections, { seconds }, target.next, status)
      one.cpuMicros.push(((cpuSeconds(target.pids) - before) / load.calls) * 1e6)
      one.perSecond.push(load.calls / load.seconds)
    }
  }
  const rows = measured.map(({ target, ...one }) => ({ operation: name, title, target: target.name, ...one }))
  for (const row of rows) {
    const beside = rows.find(({ target, connections }) => target === 'raw' && connections === row.connections)
    const ratio = median(row.cpuMicros) / median(beside?.cpuMicros ?? [])
    console.log(
      `${name.padEnd(8)} ${row.target.padEnd(8)} ${String(row.connections).padStart(2)} connections: ` +
        `${Math.round(median(row.cpuMicros))} µs CPU (${ratio.toFixed(2)} × raw), ${Math.round(median(row.perSecond))}/s`,
    )
  }
  return rows
}
