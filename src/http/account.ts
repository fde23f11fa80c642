import { createMiddleware } from 'hono/factory'
import { noCost, type Cost } from '../db/open-db.ts'
import { logLine } from '../log-line.ts'
import type { AppContext, AppEnv } from './environment.ts'

/**
 * Gives every answer its `X-Request-Id`, its `Server-Timing` (what the database cost), its `x-d1-bookmark` and the
 * headers that keep caches and browsers from mistaking it; and the log one structured line.
 */
export function account() {
  return createMiddleware<AppEnv>(async function account(c, next) {
    const started = Date.now()
    const cost = noCost()
    c.set('requestId', requestId(c.req.header('X-Request-Id')))
    c.set('cost', cost)
    c.set('bookmark', () => null)
    c.set('headers', {})
    await next()
    // Set on the answer itself: `c.header()` would rebuild it each time.
    const { headers } = c.res
    headers.set('X-Request-Id', c.get('requestId'))
    headers.set('Server-Timing', `db;dur=${cost.ms};desc="${counts(cost, c.res.status, c)}"`)
    headers.set('Strict-Transport-Security', 'max-age=15552000; includeSubDomains')
    headers.set('X-Content-Type-Options', 'nosniff')
    const noted = c.get('headers')
    for (const name in noted) headers.set(name, noted[name]!)
    if (!headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store')
    const bookmark = c.get('bookmark')()
    if (bookmark !== null) headers.set('x-d1-bookmark', bookmark)
    if (c.req.method === 'HEAD') await c.res.body?.cancel()
    if (c.env.LOG_REQUESTS !== 'off') log(c, cost, started)
  })
}

/** Sets a header of the answer once there is one: `c.header()` would build all of them for it, and then again. */
export function setHeader(c: AppContext, name: string, value: string): void {
  c.get('headers')[name] = value
}

/** The caller's own if it is sane. */
function requestId(sent: string | undefined): string {
  return sent !== undefined && /^[\w\-=]{1,128}$/.test(sent) ? sent : crypto.randomUUID()
}

/**
 * Round trips, rows read and rows written. An answer which says that something is not there counts no rows read: how
 * many there were would tell whether another tenant has it. Nor does one that refuses whatever there is.
 */
function counts({ queries, rowsRead, rowsWritten }: Cost, status: number, c: AppContext): string {
  const ctx = c.get('ctx') as AppEnv['Variables']['ctx'] | undefined
  const isTold = status !== 404 && status !== 422 && !ctx?.reserved.refusal
  const shown = isTold ? rowsRead : 0
  return `${queries}q ${shown}r ${rowsWritten}w`
}

function log(c: AppContext, cost: Cost, started: number): void {
  const ctx = c.get('ctx') as AppEnv['Variables']['ctx'] | undefined
  logLine({
    message: 'request',
    request_id: c.get('requestId'),
    method: c.req.method,
    path: c.req.path,
    operation: c.get('endpoint')?.operationId,
    status: c.res.status,
    code: c.get('refused'),
    ms: Date.now() - started,
    tenant: ctx?.actor.tenantId,
    user: ctx?.actor.userId,
    db: { queries: cost.queries, rows_read: cost.rowsRead, rows_written: cost.rowsWritten, ms: cost.ms },
  })
}
