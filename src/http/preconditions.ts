import { z } from '@hono/zod-openapi'
import { setHeader } from './account.ts'
import type { AppContext } from './environment.ts'

/** `If-Match` (RFC 9110, 13.1.1), on operations that may refuse with `precondition_failed`. */
export const IfMatchHeader = z.object({
  'if-match': z.string().optional().openapi({
    description:
      'The ETag of what you have seen, such as `"1"`: if it has changed since, the answer is 412 and nothing happens. An empty value is dropped by the platform and has no effect.',
  }),
})

/** `If-None-Match` (RFC 9110, 13.1.2), on operations that may be asked to store only what is new. */
export const IfNoneMatchHeader = z.object({
  'if-none-match': z.literal('*').optional().openapi({
    description: '`*`: only where there is nothing yet, else the answer is 412 and nothing happens.',
  }),
})

/**
 * The entity tags of `If-Match` (RFC 9110, 13.1.1), unquoted; null where there are none or any will do. A weak tag
 * never matches.
 */
export function ifMatch(c: AppContext): string[] | null {
  const header = c.req.header('If-Match')?.trim()
  if (header === undefined || header === '*') return null
  return header.split(',').map((tag) => /^\s*"([^"]*)"\s*$/.exec(tag)?.[1] ?? '\u0000')
}

/** Whether `If-None-Match` (RFC 9110, 13.1.2) names the tag, or any. */
export function hasTag(c: AppContext, tag: string): boolean {
  const header = c.req.header('If-None-Match')?.trim() ?? ''
  return header === '*' || header.split(',').some((one) => one.trim().replace(/^W\//, '') === `"${tag}"`)
}

/** Whether `If-Match: *` asks for there being something at all (RFC 9110, 13.1.1). */
export function needsPresence(c: AppContext): boolean {
  return c.req.header('If-Match')?.trim() === '*'
}

/** Whether `If-None-Match: *` asks for there being nothing (RFC 9110, 13.1.2). */
export function needsAbsence(c: AppContext): boolean {
  return c.req.header('If-None-Match')?.trim() === '*'
}

/** Sets the `ETag` of what is shown. */
export function setTag(c: AppContext, tag: string | number): void {
  setHeader(c, 'ETag', `"${tag}"`)
}
