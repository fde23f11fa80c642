import { OpenAPIHono } from '@hono/zod-openapi'
import type { Handler, MiddlewareHandler } from 'hono'
import type { AppEnv } from './environment.ts'
import { onInvalid } from './faults.ts'
import { onError } from './problem.ts'
import type { Operation, Router } from './router.ts'

/**
 * Has the app answer what a room does. What an operation's requests pass (its middleware, its validators) is put
 * together when the first one comes: an isolate starts without that of the hundred others.
 */
export function mount(app: OpenAPIHono<AppEnv>, { operations }: Router): void {
  for (const operation of operations) {
    const { method, path } = operation.route
    app.openAPIRegistry.registerPath(operation.route)
    let whole: MiddlewareHandler<AppEnv> | undefined
    app.on(method, path.replaceAll('{', ':').replaceAll('}', ''), (c, next) => (whole ??= asOne(operation))(c, next))
  }
}

/** What the library makes of an operation, as one handler. Invalid input is refused in the same way everywhere. */
function asOne({ route, handler }: Operation): MiddlewareHandler<AppEnv> {
  const { routes } = new OpenAPIHono<AppEnv>({ defaultHook: onInvalid }).openapi(route, handler)
  const handlers = routes.map((made) => made.handler as Handler<AppEnv>)
  return chain(handlers)
}

/**
 * Handlers as one, each around the next. What one of them throws is answered before those around it go on, so that they
 * see the answer: as Hono does it with the handlers of a route.
 */
function chain(handlers: readonly Handler<AppEnv>[]): MiddlewareHandler<AppEnv> {
  return handlers.reduceRight<MiddlewareHandler<AppEnv>>(
    (inner, outer) =>
      async function link(c, next) {
        try {
          const answer: Response | void = await outer(c, async () => void (await inner(c, next)))
          if (answer && !c.finalized) c.res = answer
        } catch (error) {
          if (!(error instanceof Error)) throw error
          c.error = error
          c.res = onError(error, c)
        }
      },
    (_, next) => next(),
  )
}
