import type { AppContext } from './environment.ts'

/** The entity tags of `If-Match` (RFC 9110, 13.1.1), unquoted; null where there are none or any will do. A weak tag never matches. */
export function ifMatch(c: AppContext): string[] | null {
  const header = c.req.header('If-Match')?.trim()
  if (header === undefined || header === '*') return null
  return header.split(',').map((tag) => /^\s*"([^"]*)"\s*$/.exec(tag)?.[1] ?? '\u0000')
}

/** Sets the `ETag` of what is shown. */
export function setTag(c: AppContext, tag: string | number): void {
  c.header('ETag', `"${tag}"`)
}
