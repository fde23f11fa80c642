import { createMiddleware } from 'hono/factory'
import { noCost } from '../db/open-db.ts'
import { logLine } from '../log-line.ts'
import type { AppEnv } from './environment.ts'

/**
 * Gives every answer its `Server-Timing` (what the database cost), its `x-d1-bookmark` and one structured log line.
 */
export function account() {
  return createMiddleware<AppEnv>(async function account(c, next) {
    const started = Date.now()
    const cost = noCost()
    c.set('cost', cost)
    c.set('bookmark', () => null)
    await next()
    const desc = `${cost.queries}q ${cost.rowsRead}r ${cost.rowsWritten}w`
    c.header('Server-Timing', `db;dur=${cost.ms};desc="${desc}"`)
    const bookmark = c.get('bookmark')()
    if (bookmark !== null) c.header('x-d1-bookmark', bookmark)
    if (c.env.LOG_REQUESTS === 'off') return
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
  })
}
