import type { OpenAPIHono } from '@hono/zod-openapi'
import type { AppEnv } from './environment.ts'
import type { Router } from './router.ts'

/**
 * Has the app answer what a room does, and its document tell of it. The library would have its own validators before
 * each handler; an endpoint validates by itself, all parts of a request at once.
 */
export function mount(app: OpenAPIHono<AppEnv>, { operations }: Router): void {
  for (const { route, handler } of operations) {
    const { method, path, middleware = [] } = route
    app.openAPIRegistry.registerPath(route)
    app.on([method], [path.replaceAll('{', ':').replaceAll('}', '')], ...[middleware].flat(), handler)
  }
}
