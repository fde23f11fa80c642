import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { isNotMigrated, isUnavailable } from '../db/failures.ts'
import { jsonPointer, namesIn } from '../json-pointer.ts'
import { Refusal, type Fault, type RefusalCode } from '../refusal.ts'
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

/** What is wrong with an input as FastAPI shows it. */
function faultList(c: AppContext, refusal: Refusal): Response {
  c.set('refused', refusal.code)
  const faults = refusal.members.errors as Fault[] | undefined
  const detail = faults?.map(({ in: part, pointer, message, type }) => ({
    loc: locOf(part, pointer),
    msg: message,
    type: type ?? 'value_error',
  })) ?? [withoutFaults(c, refusal)]
  return c.json({ detail }, 422)
}

/** The same of a refusal that lists no faults: where what it is about was sent, and what helps a program as `ctx`. */
function withoutFaults(c: AppContext, { code, detail, members }: Refusal) {
  const ctx = Object.keys(members).length > 0 ? { ctx: members } : {}
  return { loc: placeOf(c, code, members), msg: detail, type: code, ...ctx }
}

function placeOf(c: AppContext, code: RefusalCode, { field }: Refusal['members']): (string | number)[] {
  const keeps = c.get('endpoint')?.keeps
  if (code === 'policy_needs_member' && keeps) {
    const within = String(field)
    return locOf('body', jsonPointer([keeps.member]) + (within.startsWith('/') ? within : jsonPointer([within])))
  }
  if (code !== 'idempotency_key_reused') return ['body']
  return c.req.header('Idempotency-Key') === undefined ? ['body', 'idempotency_key'] : ['header', 'idempotency-key']
}

function locOf(part: Fault['in'], pointer: string): (string | number)[] {
  return [part, ...namesIn(pointer).map((name) => (/^\d+$/.test(name) ? Number(name) : name))]
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
