import { drive } from './load.ts'
import { stockedFor } from './operations.ts'
import { startService } from './service.ts'
import { warmUp } from './speed.ts'

/** A CPU profile as V8 gives it (Chrome DevTools protocol, `Profiler.Profile`). */
interface Profile {
  nodes: { id: number; callFrame: Frame; children?: number[] }[]
  samples: number[]
  timeDeltas: number[]
}
interface Frame {
  functionName: string
  url: string
  lineNumber: number
}

/** How many functions are listed. */
const listed = 40

/** Where the Worker's JavaScript spends its CPU under load: each function's own time, and with what it calls. */
export async function profile(claims: number, seconds: number, only: readonly string[]): Promise<void> {
  const service = await startService({ readable: true })
  try {
    const { ports, inspector } = service
    for (const operation of await stockedFor(service, claims, only)) {
      const next = () => operation.call(operation.given())
      await drive(ports.product, 16, { calls: warmUp }, next, operation.status)
      await sample(inspector!, operation.title, async () => {
        return (await drive(ports.product, 16, { seconds }, next, operation.status)).calls
      })
    }
  } finally {
    await service.stop()
  }
}

/** Prints where the product's isolate spends its CPU while something runs that says how many calls it has made. */
export async function sample(inspector: URL, title: string, run: () => Promise<number>): Promise<void> {
  const profiler = await attach(new URL(`${inspector.origin}/core:user:countersign`))
  await profiler.send('Profiler.enable')
  await profiler.send('Profiler.setSamplingInterval', { interval: 200 })
  await profiler.send('Profiler.start')
  const calls = await run()
  const { profile } = await profiler.send<{ profile: Profile }>('Profiler.stop')
  profiler.close()
  print(title, profile, calls)
}

async function attach(url: URL) {
  const socket = new WebSocket(url.href.replace(/^http/, 'ws'))
  const waiting = new Map<number, (result: never) => void>()
  let sent = 0
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id?: number; result: never }
    if (id !== undefined) waiting.get(id)?.(result)
  })
  await new Promise((opened, failed) => {
    socket.addEventListener('open', opened)
    socket.addEventListener('error', () => failed(new Error(`Nobody answers at ${url}.`)))
  })
  return {
    send: <T>(method: string, params = {}) =>
      new Promise<T>((done) => {
        sent += 1
        waiting.set(sent, done)
        socket.send(JSON.stringify({ id: sent, method, params }))
      }),
    close: () => socket.close(),
  }
}

function print(title: string, { nodes, samples, timeDeltas }: Profile, calls: number): void {
  const own = new Map<number, number>()
  for (const [index, id] of samples.entries()) own.set(id, (own.get(id) ?? 0) + (timeDeltas[index] ?? 0))
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const self = new Map<string, number>()
  const total = new Map<string, number>()
  const add = (to: Map<string, number>, name: string, micros: number) => to.set(name, (to.get(name) ?? 0) + micros)
  const walk = (id: number, above: readonly string[]): number => {
    const node = byId.get(id)!
    const name = nameOf(node.callFrame)
    const micros = own.get(id) ?? 0
    add(self, name, micros)
    const within = [...above, name]
    let sum = micros
    for (const child of node.children ?? []) sum += walk(child, within)
    if (!above.includes(name)) add(total, name, sum)
    return sum
  }
  walk(nodes[0]!.id, [])
  console.log(`\n${title}: ${calls} calls`)
  for (const [what, of] of [
    ['own', self],
    ['with what it calls', total],
  ] as const) {
    console.log(`  µs a call, ${what}`)
    for (const [name, micros] of [...of].toSorted((a, b) => b[1] - a[1]).slice(0, listed))
      console.log(`  ${(micros / calls).toFixed(1).padStart(8)}  ${name}`)
  }
}

function nameOf({ functionName, url, lineNumber }: Frame): string {
  const where = url.split('/').at(-1)
  return `${functionName || '(anonymous)'}${where ? ` ${where}:${lineNumber + 1}` : ''}`
}
