import { z } from '@hono/zod-openapi'
import type { PageRequest, Position } from '../db/page.ts'
import { invalidInput } from '../refusal.ts'
import type { AppContext } from './environment.ts'
import { wholeNumber } from '../query.schemas.ts'

/** The deepest row that `page` or `offset` reaches; beyond, a cursor costs no more than the first page. */
const deepest = 10_000

/** The query parameters of a list in pages. */
export const pageQuery = {
  page: wholeNumber(1, Number.MAX_SAFE_INTEGER)
    .optional()
    .openapi({ type: 'integer', default: 1, description: 'From 1; `page` × `limit` at most 10,000.' }),
  limit: wholeNumber(1, 100).optional().openapi({ type: 'integer', minimum: 1, maximum: 100, default: 20 }),
  cursor: z
    .string()
    .max(2_000)
    .optional()
    .openapi({ description: 'From the `Link` header of the page before, instead of `page`.' }),
}

/** The query parameters of a list that has cursors only. */
export function cursorQuery(usual: number) {
  return { limit: pageQuery.limit.openapi({ default: usual }), cursor: pageQuery.cursor }
}

/** The same for a list whose pages may have up to 200 entries. */
export function longCursorQuery(usual: number) {
  const limit = wholeNumber(1, 200).optional().openapi({ type: 'integer', minimum: 1, maximum: 200, default: usual })
  return { limit, cursor: pageQuery.cursor }
}

/** What of such a list is asked for. @throws Refusal `invalid_input` where the cursor is none of ours */
export function cursorRequest({ limit, cursor }: { limit?: number; cursor?: string }, usual: number): PageRequest {
  return { limit: limit ?? usual, offset: 0, after: cursor === undefined ? null : readCursor(cursor) }
}

/** What of a list is asked for. @throws Refusal `invalid_input` where the page is too deep or the cursor is none of ours */
export function pageRequest(query: { page?: number; limit?: number; cursor?: string }): PageRequest & { page: number } {
  const { page = 1, limit = 20, cursor } = query
  if (cursor !== undefined && query.page !== undefined) {
    throw invalidInput([{ in: 'query', pointer: '/cursor', message: 'goes without page: leave one of them out' }])
  }
  if (page * limit > deepest) {
    throw invalidInput([
      {
        in: 'query',
        pointer: '/page',
        message: `page × limit may be at most ${deepest}; follow the Link header's cursor to go deeper`,
      },
    ])
  }
  return { page, limit, offset: (page - 1) * limit, after: cursor === undefined ? null : readCursor(cursor) }
}

/** What of a list with `offset` is asked for. @throws Refusal `invalid_input` as `pageRequest` */
export function offsetRequest(query: { offset?: number; limit?: number; cursor?: string }, usual: number): PageRequest {
  const { offset = 0, limit = usual, cursor } = query
  if (cursor !== undefined && query.offset !== undefined) {
    throw invalidInput([{ in: 'query', pointer: '/cursor', message: 'goes without offset: leave one of them out' }])
  }
  if (offset > deepest) {
    const message = `may be at most ${deepest}; follow the Link header's cursor to go deeper`
    throw invalidInput([{ in: 'query', pointer: '/offset', message }])
  }
  return { limit, offset, after: cursor === undefined ? null : readCursor(cursor) }
}

/** Gives the answer a `Link` to the next page (RFC 8288), if there is one. */
export function linkNext(c: AppContext, next: Position | null): void {
  if (!next) return
  const url = new URL(c.req.url)
  for (const replaced of ['page', 'offset']) url.searchParams.delete(replaced)
  url.searchParams.set('cursor', writeCursor(next))
  c.header('Link', `<${url.href}>; rel="next"`)
}

function writeCursor({ created_at, id }: Position): string {
  return new TextEncoder()
    .encode(JSON.stringify([created_at, id]))
    .toBase64({ alphabet: 'base64url', omitPadding: true })
}

const cursorSchema = z.tuple([z.int(), z.string()])

function readCursor(cursor: string): Position {
  try {
    const [created_at, id] = cursorSchema.parse(
      JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(cursor, { alphabet: 'base64url' }))),
    )
    return { created_at, id }
  } catch {
    throw invalidInput([{ in: 'query', pointer: '/cursor', message: 'is not a cursor from a Link header' }])
  }
}
