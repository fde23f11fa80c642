import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { bundleWorker } from '../scripts/bundle-worker.ts'
import { developmentKey } from '../scripts/development-key.ts'
import { migrateLocal } from '../scripts/migrate-local.ts'
import { readWorkerConfig, workerOptions } from '../scripts/worker-config.ts'
import { processesNamed } from './cpu.ts'
import { atExit, temporaryFolder } from './temporary.ts'

export const root = join(import.meta.dirname, '..')

/** The Worker as it would be deployed, and beside it in the same workerd, on the same D1, what it is compared with. */
export interface Service {
  /** Sockets of their own, without Miniflare's proxy. The recorder is the product, which notes what it sends to D1. */
  ports: { product: number; raw: number; recorder: number }
  db: D1Database
  /** The processes of the runtime. */
  pids: number[]
  /** Where Chrome's DevTools protocol is spoken, if it was asked for. */
  inspector?: URL
  stop(): Promise<void>
}

/**
 * Starts it on a new, migrated database. There is no request log, no rate limit and no cron.
 *
 * @param readable whether functions keep their names, for a profile, and an inspector is there
 * @param main what stands for the product's own front door
 * @param vars more variables of the Worker
 */
export async function startService({
  readable = false,
  main = undefined as string | undefined,
  vars = {} as Record<string, string>,
} = {}): Promise<Service> {
  const state = temporaryFolder()
  const config = readWorkerConfig(root)
  const bundled = (main?: string) => bundleWorker(root, { main, minify: !readable, keepNames: false })
  const product = await bundled(main)
  const recorder = await bundled('bench/raw/recorder.ts')
  const raw = await bundled('bench/raw/worker.ts')
  const { convertV4MiniflareOptions, Log, LogLevel, Miniflare } = await import('miniflare')
  const settings = workerOptions(config, root, {
    RATE_LIMIT: 'off',
    LOG_REQUESTS: 'off',
    WEBHOOK_SECRET_KEY: Buffer.alloc(32, 'bench').toString('base64'),
    WEBHOOKS_ALLOW_LOOPBACK: 'on',
    HISTORY_SIGNING_KEY: developmentKey,
    ...vars,
  })
  const { assets: _, durableObjects = {}, ...bindings } = settings
  const ofProduct = Object.entries(durableObjects as Record<string, { className: string }>).map(
    ([name, { className }]) => [name, { className, scriptName: config.name, useSQLite: true }] as const,
  )
  const beside = { ...bindings, durableObjects: Object.fromEntries(ofProduct) }
  const worker = (options: typeof bindings, name: string, code: string) => ({
    ...options,
    name,
    modules: [{ type: 'ESModule' as const, path: `${name}.js`, contents: code }],
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
  })
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      cf: false,
      telemetry: { enabled: false },
      log: new Log(LogLevel.WARN),
      logRequests: false,
      resourcePersistencePath: join(state, 'v3'),
      rootPath: root,
      ...(readable && { inspectorPort: 0 }),
      workers: [
        worker({ ...bindings, durableObjects }, config.name, product.code),
        worker(beside, 'raw', raw.code),
        worker(beside, 'recorder', recorder.code),
      ],
    }),
  )
  const stop = async () => {
    await miniflare.dispose()
    rmSync(state, { recursive: true, force: true })
  }
  // Nothing is to be written any more when the folder goes.
  atExit(() => processesNamed('workerd').forEach((pid) => process.kill(pid, 'SIGKILL')))
  try {
    await miniflare.ready
    const { DB: db } = await miniflare.getBindings<Env>()
    await migrateLocal(db, join(root, 'migrations'), join(state, 'migrations.json'))
    const portOf = async (name: string) => Number((await miniflare.unsafeGetDirectURL(name)).port)
    return {
      ports: { product: await portOf(config.name), raw: await portOf('raw'), recorder: await portOf('recorder') },
      db,
      pids: processesNamed('workerd'),
      ...(readable && { inspector: await miniflare.getInspectorURL() }),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
