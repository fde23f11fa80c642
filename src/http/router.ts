import type { RouteConfig, RouteHandler } from '@hono/zod-openapi'
import { Hono, type Handler } from 'hono'
import type { AppContext, AppEnv } from './environment.ts'

export interface Operation {
  route: RouteConfig & {
    /** Answers a request by way of the handler, which it need not come to. */
    through?: (c: AppContext, handler: Handler<AppEnv>) => Promise<Response>
  }
  handler: Handler<AppEnv>
}

/** What a room answers: noted here, and nothing more made of it before an app mounts it. */
export class Router {
  readonly operations: Operation[] = []

  openapi<R extends RouteConfig>(route: R, handler: RouteHandler<R, AppEnv>): this {
    this.operations.push({ route, handler: handler as unknown as Handler<AppEnv> })
    return this
  }
}

export const createRouter = () => new Router()

/** What the OpenAPI document does not tell of: pages, another protocol. As everywhere, a trailing slash is ignored. */
export const createPlainRouter = () => new Hono<AppEnv>({ strict: false })
