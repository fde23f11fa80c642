import type { TypedResponse } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { AppContext } from './environment.ts'

/** Answers with finished JSON text, as `c.json` does with a value. That it fits its schema is up to the caller. */
export function jsonText<S extends ContentfulStatusCode>(c: AppContext, text: string, status: S) {
  return c.body(text, status, { 'Content-Type': 'application/json' }) as unknown as TypedResponse<never, S, 'json'>
}
