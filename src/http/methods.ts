import type { OpenAPIHono } from '@hono/zod-openapi'
import { cors } from 'hono/cors'
import { createMiddleware } from 'hono/factory'
import { Refusal } from '../refusal.ts'
import type { AppContext, AppEnv } from './environment.ts'
import { problem } from './problem.ts'
import { refuseOverRate } from './rate.ts'

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** The methods that this path takes; none if there is no such path. HEAD goes wherever GET goes. */
function allowed(app: OpenAPIHono<AppEnv>, path: string): string[] {
  // Middleware is registered for ALL methods, handlers for one each.
  const found = methods.filter((method) =>
    app.router.match(method, path)[0].some(([[, { method }]]) => method !== 'ALL'),
  )
  if (found.length === 0) return []
  return [...found, ...(found.includes('GET') ? ['HEAD'] : []), 'OPTIONS']
}

/** Answers what no handler has: there is no such path, or it takes other methods. */
export function unanswered(app: OpenAPIHono<AppEnv>) {
  return (c: AppContext): Response => {
    refuseOverRate(c)
    const { method, path } = c.req
    const allow = allowed(app, path)
    // A handler of this method may itself have found nothing.
    if (allow.length === 0 || allow.includes(method))
      return problem(c, new Refusal('not_found', `There is no ${method} ${path}.`))
    c.header('Allow', allow.join(', '))
    return problem(
      c,
      new Refusal('method_not_allowed', `${path} does not take ${method}; it takes ${allow.join(', ')}.`),
    )
  }
}

/** Says which methods a path takes; open, because a browser asks before it may send a key. */
export function options(app: OpenAPIHono<AppEnv>) {
  return (c: AppContext): Response => {
    const allow = allowed(app, c.req.path)
    if (allow.length === 0) return unanswered(app)(c)
    return c.body(null, 204, { Allow: allow.join(', ') })
  }
}

/**
 * Lets pages from the origins in `CORS_ORIGINS` call the API from a browser. Keys travel in headers that a page must
 * set, so credentials are never allowed.
 */
export function crossOrigin() {
  const named = cors({
    origin: (origin, c: AppContext) => (namedOrigins(c).includes(origin) ? origin : null),
    allowMethods: methods,
    allowHeaders: [
      'Authorization',
      'X-API-Key',
      'Content-Type',
      'Idempotency-Key',
      'If-Match',
      'If-None-Match',
      'Last-Event-ID',
      'Mcp-Method',
      'Mcp-Name',
      'MCP-Protocol-Version',
      'Mcp-Session-Id',
      'X-Request-Id',
      'X-Tenant-Id',
      'x-d1-bookmark',
    ],
    exposeHeaders: [
      'Allow',
      'ETag',
      'Idempotency-Replayed',
      'Link',
      'Location',
      'Retry-After',
      'Server-Timing',
      'WWW-Authenticate',
      'X-Request-Id',
      'x-d1-bookmark',
    ],
    maxAge: 600,
  })
  return createMiddleware<AppEnv>(function crossOrigin(c, next) {
    if (namedOrigins(c).length === 0) return next()
    const isPlainOptions = c.req.method === 'OPTIONS' && !c.req.header('Access-Control-Request-Method')
    return isPlainOptions ? next() : named(c, next)
  })
}

/** The origins in `CORS_ORIGINS`, as browsers write them: without a path, in lower case. What is no URL names none. */
export function namedOrigins(c: AppContext): string[] {
  const { CORS_ORIGINS: named = '' } = c.env
  return named.split(',').flatMap((one) => (URL.canParse(one.trim()) ? [new URL(one.trim()).origin] : []))
}
