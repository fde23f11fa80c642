import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { isNotMigrated, isUnavailable } from '../db/failures.ts'
import { Refusal, type Fault } from '../refusal.ts'
import { refusals } from '../refusals.ts'
import type { AppContext } from './environment.ts'

/**
 * Turns anything thrown into an RFC 9457 answer. What is not a refusal is logged in full and shown as nothing but its
 * request id.
 */
export function onError(error: unknown, c: AppContext): Response {
  const refusal = toRefusal(error)
  if (refusal.code === 'internal_error' || refusal.code === 'storage_unavailable') {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    console.error({ message: 'a request failed', request_id: c.get('requestId'), code: refusal.code, error: stack })
  }
  return c.get('endpoint')?.faults === 'fastapi' && refusals[refusal.code][0] === 422
    ? faultList(c, refusal)
    : problem(c, refusal)
}

/** The faults of an input as FastAPI shows them. */
function faultList(c: AppContext, { code, detail, members }: Refusal): Response {
  c.set('refused', code)
  const faults = members.errors as Fault[] | undefined
  const shown = faults?.map(({ in: part, pointer, message, type }) => ({
    loc: [
      part,
      ...pointer
        .split('/')
        .slice(1)
        .map((name) => (/^\d+$/.test(name) ? Number(name) : name)),
    ],
    msg: message,
    type: type ?? 'value_error',
  })) ?? [{ loc: ['body', 'idempotency_key'], msg: detail, type: code }]
  return c.json({ detail: shown }, 422)
}

/** An `application/problem+json` answer (RFC 9457). */
export function problem(c: AppContext, refusal: Refusal): Response {
  const { code, detail, members } = refusal
  const [status, title, , retryAfter] = refusals[code]
  c.set('refused', code)
  if (code === 'unauthorized') c.header('WWW-Authenticate', 'Bearer realm="countersign"')
  if (retryAfter !== undefined) c.header('Retry-After', String(retryAfter))
  const type = new URL(`/docs/errors/${code}`, c.req.url).href
  const body = { type, title, status, detail, code, request_id: c.get('requestId'), ...members }
  return c.body(JSON.stringify(body), status as ContentfulStatusCode, { 'Content-Type': 'application/problem+json' })
}

/** Whatever was thrown, as a refusal: of what nobody has foreseen it says nothing. */
export function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof HTTPException) {
    if (error.status === 400) return new Refusal('invalid_json', 'The body could not be parsed as JSON.')
    if (error.status === 415)
      return new Refusal('unsupported_media_type', 'The body must be declared as application/json.')
    if (error.status === 413) return new Refusal('body_too_large', 'The body is over 1 MiB.')
  }
  if (isNotMigrated(error)) {
    const detail = 'The database has not had the migrations that this version needs; try again once they are applied.'
    return new Refusal('storage_unavailable', detail)
  }
  if (isUnavailable(error)) return new Refusal('storage_unavailable', 'The storage could not answer just now.')
  return new Refusal('internal_error', 'The request could not be completed; nothing was half done.')
}
