import { OpenAPIHono } from '@hono/zod-openapi'
import type { AppEnv } from './environment.ts'
import { onInvalid } from './faults.ts'

/** A router. All of them refuse invalid input in the same way, and ignore a trailing slash. */
export function createRouter() {
  return new OpenAPIHono<AppEnv>({ strict: false, defaultHook: onInvalid })
}
