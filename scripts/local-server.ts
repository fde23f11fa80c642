import { join } from 'node:path'
import type { WorkerdStructuredLog } from 'miniflare'
import { demoTenant } from '../src/approvals/approvals.demo.ts'
import { bundleWorker } from './bundle-worker.ts'
import { demoData } from './demo-data.ts'
import { keepDescriptions } from './describe-api.ts'
import { familyDemos } from './family-demos.ts'
import { hasDatabase, localD1 } from './local-d1.ts'
import { readWorkerConfig, workerOptions } from './worker-config.ts'

export { ForeignState } from './migrate-local.ts'

const root = join(import.meta.dirname, '..')

/** The Worker with all its bindings, on this machine. */
export interface LocalServer {
  /** Where it answers, without a slash at the end. */
  origin: string
  /** The Worker's bindings, as its own code sees them. */
  bindings(): Promise<Env>
  /** Does what the Cron Trigger does each minute. */
  fireCron(): Promise<void>
  stop(): Promise<void>
}

export interface LocalServerOptions {
  /** The TCP port; 0 for any that is free. */
  port: number
  /** The folder where D1 and the Durable Objects are kept. */
  state: string
  /** Variables and secrets of the Worker, over those of wrangler.toml. */
  vars: Record<string, string>
  /** Where what the Worker and its runtime say goes. `map` is where the source map of the Worker's code is. */
  log: (line: WorkerdStructuredLog, map: string) => void
  /** A port for a debugger (the Chrome DevTools protocol). */
  inspectorPort?: number
  /** Modules that the Worker has instead of its own, as in `bundle-worker.ts`. */
  replaced?: Record<string, string>
}

/**
 * Starts the Worker in this process's own workerd, with the migrations applied and the demo data loaded.
 *
 * @throws ForeignState where the state folder was left by other migrations than the code's
 */
export async function startLocalServer(options: LocalServerOptions): Promise<LocalServer> {
  const { port, state, vars, log, inspectorPort, replaced } = options
  const config = readWorkerConfig(root)
  const bundling = bundleWorker(root, { replaced })
  // Loading it takes as long as the bundling, which goes on meanwhile in a process of its own.
  const { convertV4MiniflareOptions, Log, LogLevel, Miniflare } = await import('miniflare')
  const [{ code, map }] = await Promise.all([bundling, keepDescriptions()])
  // Nobody can ask before all is there that they may ask for.
  const isNew = !hasDatabase(state)
  const demo = await demoData(await familyDemos(), Date.now())
  const { db, close } = await localD1(state)
  await db.batch([db.prepare(demo.join(';\n'))]).finally(close)
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: 'localhost',
      port,
      ...(inspectorPort !== undefined && { inspectorPort }),
      cf: false,
      telemetry: { enabled: false },
      log: new Log(LogLevel.WARN),
      logRequests: false,
      handleStructuredLogs: (line) => log(line, map),
      unsafeTriggerHandlers: true,
      resourcePersistencePath: join(state, 'v3'),
      rootPath: root,
      workers: [
        { ...workerOptions(config, root, vars), modules: [{ type: 'ESModule', path: 'worker.js', contents: code }] },
      ],
    }),
  )
  try {
    const origin = `http://localhost:${(await miniflare.ready).port}`
    if (isNew) {
      const { HISTORY_SEALER } = await miniflare.getBindings<Env>()
      await HISTORY_SEALER.getByName(demoTenant).wake(demoTenant)
    }
    return {
      origin,
      bindings: () => miniflare.getBindings<Env>(),
      async fireCron() {
        const [cron = ''] = config.triggers?.crons ?? []
        const path = `/cdn-cgi/local/scheduled?cron=${encodeURIComponent(cron)}`
        const answer = await miniflare.dispatchFetch(origin + path)
        if (!answer.ok) throw new Error(`The cron trigger answered ${answer.status}: ${await answer.text()}`)
      },
      stop: () => miniflare.dispose(),
    }
  } catch (error) {
    await miniflare.dispose()
    throw error
  }
}
