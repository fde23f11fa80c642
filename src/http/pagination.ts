import { z } from '@hono/zod-openapi'
import type { PageRequest, Position } from '../db/page.ts'
import { wholeNumber } from '../query.schemas.ts'
import { instant } from '../time.schemas.ts'
import type { AppContext } from './environment.ts'
import { setHeader } from './account.ts'

/** The deepest row that `page` or `offset` reaches; beyond, a cursor costs no more than the first page. */
export const deepest = 10_000

const tooDeep = `must be at most ${deepest}; follow next, or the Link header's cursor, to go deeper`

const cursor = z
  .string()
  .max(2_000)
  .transform((text, refinement) => {
    const position = readCursor(text)
    if (position) return position
    refinement.addIssue({ code: 'custom', message: 'must be a cursor from `next` or the Link header' })
    return z.NEVER
  })
  .optional()
  .openapi({ type: 'string', maxLength: 2_000, description: '`next` from the previous page.' })

/** The query parameters of a list in pages. */
export const pageQuery = {
  page: wholeNumber(1, deepest, tooDeep).optional().openapi({
    type: 'integer',
    minimum: 1,
    maximum: deepest,
    default: 1,
    description: 'From 1; `page` × `limit` at most 10,000. To go deeper, leave it out and follow `cursor`.',
  }),
  limit: wholeNumber(1, 100).optional().openapi({ type: 'integer', minimum: 1, maximum: 100, default: 20 }),
  cursor,
}

const mostly = 'A page may have fewer if its entries are large; follow `next`.'

/** The query parameters of a list that has cursors only. */
export function cursorQuery(usual: number) {
  return { limit: pageQuery.limit.openapi({ default: usual, description: mostly }), cursor }
}

/** The same for a list whose pages may have up to 200 entries. */
export function longCursorQuery(usual: number) {
  const limit = wholeNumber(1, 200).optional().openapi({ type: 'integer', minimum: 1, maximum: 200, default: usual })
  return { limit, cursor }
}

/** The query parameter of a list that takes an offset as well. */
export const offset = wholeNumber(0, deepest, tooDeep).optional().openapi({
  type: 'integer',
  minimum: 0,
  maximum: deepest,
  default: 0,
  description: 'At most 10,000. To go deeper, leave it out and follow `cursor`.',
})

const from = instant.optional().openapi({ description: 'Only what was created at this time or later.' })
const before = instant.optional().openapi({ description: 'Only what was created earlier than this time.' })

/** The query parameters of a list that can be narrowed to a time. */
export const createdRange = { created_from: from, created_before: before }

interface Query {
  limit?: number | undefined
  cursor?: Position | undefined
  created_from?: number | undefined
  created_before?: number | undefined
}

/** The page of such a list that is asked for. */
export function cursorRequest(query: Query, usual: number): PageRequest {
  const { limit = usual, cursor = null, created_from, created_before } = query
  return { limit, offset: 0, after: cursor, from: created_from, before: created_before }
}

/** The page of a list in pages that is asked for. */
export function pageRequest({ page = 1, ...query }: Query & { page?: number | undefined }) {
  const request = cursorRequest(query, 20)
  return { ...request, page, offset: (page - 1) * request.limit }
}

/** The page of a list with `offset` that is asked for. */
export function offsetRequest({ offset = 0, ...query }: Query & { offset?: number | undefined }, usual: number) {
  return { ...cursorRequest(query, usual), offset }
}

/** Refuses pages that are too deep, and a cursor beside `page` or `offset`, together with whatever else is wrong. */
export function withinReach<S extends z.ZodObject>(query: S): S {
  if (!('page' in query.shape) && !('offset' in query.shape)) return query
  return query.superRefine(
    (asked: Record<string, unknown>, refinement) => {
      const place = 'page' in query.shape ? 'page' : 'offset'
      if (asked.cursor !== undefined && asked[place] !== undefined) {
        const message = `cannot be combined with ${place}; leave one of them out`
        refinement.addIssue({ code: 'custom', message, path: ['cursor'] })
      }
      const { page, limit = 20 } = asked
      if (typeof page === 'number' && typeof limit === 'number' && page <= deepest && page * limit > deepest) {
        const message = `is too deep: page × limit ${tooDeep}`
        refinement.addIssue({ code: 'custom', message, path: ['page'] })
      }
    },
    { when: () => true },
  )
}

/** Gives the answer a `Link` to the next page, if there is one. @returns its cursor, for the body */
export function linkNext(c: AppContext, next: Position | null): string | null {
  if (!next) return null
  const cursor = writeCursor(next)
  linkOn(c, ['page', 'offset', 'cursor'], `cursor=${cursor}`)
  return cursor
}

/**
 * Gives the answer a `Link` with the relation `next` (RFC 8288): to what was asked for, from another place on.
 *
 * @param places the parameters that say where it begins
 * @param from the one that is there instead
 */
export function linkOn(c: AppContext, places: readonly string[], from: string): void {
  const [path, query = ''] = c.req.url.split('?')
  const kept = query.split('&').filter((pair) => pair !== '' && !places.includes(nameOf(pair)))
  setHeader(c, 'Link', `<${path}?${[...kept.map(escaped), from].join('&')}>; rel="next"`)
}

/** What would end the link, or is not ASCII, as it is in a URL (RFC 3986, 2.1). */
function escaped(pair: string): string {
  return pair.replaceAll(/[^!#-;=?-~]+/g, encodeURIComponent)
}

/** The name of a parameter as it is in a query. */
function nameOf(pair: string): string {
  const [name = ''] = pair.split('=', 1)
  return name.includes('%') ? decodeURIComponent(name) : name
}

export function writeCursor({ created_at, id }: Position): string {
  return new TextEncoder()
    .encode(JSON.stringify([created_at, id]))
    .toBase64({ alphabet: 'base64url', omitPadding: true })
}

const cursorSchema = z.tuple([z.int(), z.string()])

/** The position of a cursor; null if it was not made here. */
function readCursor(cursor: string): Position | null {
  try {
    const [created_at, id] = cursorSchema.parse(
      JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(cursor, { alphabet: 'base64url' }))),
    )
    return { created_at, id }
  } catch {
    return null
  }
}
