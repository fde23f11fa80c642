import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Handler } from 'hono'
import type { AppEnv } from './environment.ts'
import type { Router } from './router.ts'

/**
 * Has the app answer what a room does, and its document tell of it. The library would have its own validators before
 * each handler; an endpoint validates by itself, all parts of a request at once.
 */
export function mount(app: OpenAPIHono<AppEnv>, { operations }: Router): void {
  for (const { route, handler } of operations) {
    const { method, path, middleware = [], through } = route
    app.openAPIRegistry.registerPath(route)
    const answer: Handler<AppEnv> = through ? (c) => through(c, handler) : handler
    app.on([method], [path.replaceAll('{', ':').replaceAll('}', '')], ...[middleware].flat(), answer)
  }
}
