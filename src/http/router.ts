import { OpenAPIHono } from '@hono/zod-openapi'
import type { AppEnv } from './environment.ts'
import { onInvalid } from './faults.ts'

/** A router: every one refuses invalid input in the same way, and to none a trailing slash matters. */
export function createRouter() {
  return new OpenAPIHono<AppEnv>({ strict: false, defaultHook: onInvalid })
}
