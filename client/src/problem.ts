import type { components } from './generated/api.ts'

/** Why the service refuses something, in a word that stays the same; `/docs/errors/<code>` explains each. */
export type ErrorCode = components['schemas']['Problem']['code']

/**
 * A call that failed: the service has refused it (`code` says why), or has not answered (`no_answer`), or it was
 * answered by something else than the service (`unreadable`).
 */
export class CountersignError extends Error {
  override readonly name = 'CountersignError'
  readonly code: ErrorCode | 'no_answer' | 'unreadable'
  /** Of the answer, also of one that broke off; 0 where there was none. */
  readonly status: number
  /** One sentence about this very case. */
  readonly detail: string
  /** By which the operators of the service find it in their log. */
  readonly requestId: string | undefined
  /** After how many seconds to try again, where the service says so. */
  readonly retryAfter: number | undefined
  /** What else the answer has: `errors` of an input, the `winner` of a race, … */
  readonly members: Readonly<Record<string, unknown>>

  constructor(
    code: CountersignError['code'],
    detail: string,
    about: Partial<Pick<CountersignError, 'status' | 'requestId' | 'retryAfter' | 'members' | 'cause'>> = {},
  ) {
    super(`${code}: ${detail}`, about.cause === undefined ? undefined : { cause: about.cause })
    this.code = code
    this.detail = detail
    this.status = about.status ?? 0
    this.requestId = about.requestId
    this.retryAfter = about.retryAfter
    this.members = about.members ?? {}
  }
}

/** Whether it is a failed call, with one of these codes if any are given. */
export function isCountersignError(error: unknown, ...codes: CountersignError['code'][]): error is CountersignError {
  return error instanceof CountersignError && (codes.length === 0 || codes.includes(error.code))
}

/** Whether a call failed in a way that passes by itself. */
export function passes(error: unknown): error is CountersignError {
  return isCountersignError(error) && (error.code === 'no_answer' || error.status === 429 || error.status >= 500)
}

/** What an error says of an answer, whatever is in it. */
export function headOf({ status, headers }: Response) {
  const seconds = Number(headers.get('retry-after') ?? NaN)
  const retryAfter = seconds >= 0 ? seconds : undefined
  return { status, requestId: headers.get('x-request-id') ?? undefined, retryAfter }
}

/** What an answer that is no success says: a problem (RFC 9457), or a list of faults as FastAPI shows them. */
export function problemOf(response: Response, text: string): CountersignError {
  const { status, headers } = response
  const about = headOf(response)
  if ((response.type as string) === 'opaqueredirect' || (status >= 300 && status < 400)) {
    const where = headers.get('location') ?? 'an address that the platform keeps to itself'
    return new CountersignError('unreadable', `The answer is a redirect to ${where}, which is not followed.`, about)
  }
  const { type: _, title, status: __, detail, code, request_id: ___, ...members } = read(text)
  if (typeof code === 'string') {
    return new CountersignError(code as ErrorCode, String(detail ?? title), { ...about, members })
  }
  if (status === 422 && Array.isArray(detail)) {
    const faults = detail as { loc?: unknown[]; msg?: string; type?: string }[]
    const said = faults.map(({ loc = [], msg }) => `${loc.join('/')}: ${msg}`).join('; ')
    const isReused = faults.some(({ type }) => type === 'idempotency_key_reused')
    const refused = isReused ? 'idempotency_key_reused' : 'invalid_input'
    return new CountersignError(refused, said, { ...about, members: { errors: faults } })
  }
  return foreign(response, text)
}

/** An answer of somebody else, as a proxy or a sign-in page in between gives. */
export function foreign(response: Response, text: string): CountersignError {
  const what = `The answer ${response.status} is not the service's: ${text.slice(0, 200)}`
  return new CountersignError('unreadable', what, headOf(response))
}

function read(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
