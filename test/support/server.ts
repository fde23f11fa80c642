import { spawn, type ChildProcess } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const root = join(import.meta.dirname, '../..')

/** The real server as `npm start` runs it, in a folder of its own. */
export interface Server {
  origin: string
  /** The folder where its data is kept. */
  state: string
  /** What it has printed. */
  output(): string
  call(
    path: string,
    init?: { method?: string; body?: unknown; key?: string; headers?: Record<string, string> },
  ): Promise<{ status: number; body: any }>
  /** SIGKILL for the server and every process that it started, workerd among them. */
  kill(): Promise<void>
  /** Ctrl-C. */
  interrupt(): Promise<number | null>
  /** SIGKILL for workerd alone. */
  killRuntime(): Promise<void>
  /** Starts it again on the same state, with other variables of the environment if any are given. */
  restart(env?: Record<string, string>): Promise<void>
  /** Kills it and removes its state. */
  dispose(): Promise<void>
}

/** @param isNew whether it begins with nothing, and not with what another has made of that (`kept-state.ts`) */
export async function startServer(env: Record<string, string> = {}, { isNew = false } = {}): Promise<Server> {
  const state = newState({ isNew })
  const port = await freePort()
  const origin = `http://localhost:${port}`
  let output = ''
  let child = await boot()

  async function boot(): Promise<ChildProcess> {
    output = ''
    const started = spawn(process.execPath, ['--js-base-64', join(root, 'scripts/start.ts')], {
      cwd: root,
      env: { ...process.env, PORT: String(port), STATE_DIR: state, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [started.stdout, started.stderr]) stream.on('data', (chunk) => (output += String(chunk)))
    const deadline = Date.now() + 90_000
    while (!output.includes('is ready on')) {
      if (started.exitCode !== null || started.signalCode !== null || Date.now() > deadline)
        throw new Error(`The server did not start:\n${output}`)
      await sleep(50)
    }
    return started
  }

  async function kill(): Promise<void> {
    await killAll(descendants(child.pid!))
  }

  return {
    origin,
    state,
    output: () => output,
    async call(path, { method = 'GET', body, key = 'cs_demo_coordinator', headers = {} } = {}) {
      const answer = await fetch(origin + path, {
        method,
        headers: {
          Authorization: `Bearer ${key}`,
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      return {
        status: answer.status,
        body: /json(?<!ndjson)/.test(answer.headers.get('Content-Type') ?? '') ? JSON.parse(text) : text,
      }
    },
    kill,
    async interrupt() {
      const ended = new Promise<number | null>((resolve) => child.on('exit', resolve))
      child.kill('SIGINT')
      return ended
    },
    async killRuntime() {
      const isRuntime = (pid: number) => readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('workerd')
      await killAll(descendants(child.pid!).filter(isRuntime))
    },
    async restart(more = {}) {
      Object.assign(env, more)
      child = await boot()
    },
    async dispose() {
      await kill()
      rmSync(state, { recursive: true, force: true })
    },
  }
}

/** A folder to keep data in, with what `kept-state.ts` has made. */
export function newState({ isNew = false } = {}): string {
  const state = mkdtempSync(join(tmpdir(), 'countersign-'))
  const kept = process.env.KEPT_STATE
  if (!isNew && kept !== undefined) cpSync(kept, state, { recursive: true })
  return state
}

async function killAll(pids: readonly number[]): Promise<void> {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It had ended by itself.
    }
  }
  while (pids.some(isAlive)) await sleep(10)
}

/** The process and all that descend from it, by what the kernel says (Linux). */
export function descendants(pid: number): number[] {
  const children = new Map<number, number[]>()
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const parent = parentOf(Number(entry))
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(entry)])
  }
  const all = [pid]
  for (const one of all) all.push(...(children.get(one) ?? []))
  return all
}

export function isAlive(pid: number): boolean {
  return parentOf(pid) !== undefined
}

function parentOf(pid: number): number | undefined {
  try {
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
    return state === 'Z' ? undefined : Number(parent)
  } catch {
    return undefined
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
