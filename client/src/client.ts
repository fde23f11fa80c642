import type { components } from './generated/api.ts'
import { known, type Answer, type Arguments, type Item, type ListId, type OperationId } from './operations.ts'
import { CountersignError, foreign } from './problem.ts'
import { checked, defaultTimeoutMs, send, type Answered, type Connection } from './send.ts'
import { waitWith } from './wait.ts'

type Schemas = components['schemas']
/** What somebody asks for. */
export type NewRequest = Schemas['NewRequest']
/** What was asked, and where it stands. */
export type ApprovalRequest = Schemas['Request']
/** What became of an approval. */
export type Decision = Schemas['Decision']

/** How a call is made. */
export interface CallOptions {
  signal?: AbortSignal | undefined
  /**
   * For what creates; without it the client makes one for each call, unless the body has one, and keeps it when it
   * tries again.
   */
  idempotencyKey?: string
  /** An ETag: where that is not the present one any more, nothing happens. */
  ifMatch?: string
  /** Whether it may be sent again when no answer came, although it is neither a GET, PUT or DELETE nor has a key. */
  isRepeatable?: boolean
  /** For how long it is worth waiting before it is tried again, in milliseconds (65,000). */
  longestPause?: number
}

type Given<Id extends OperationId> =
  {} extends Arguments<Id> ? [(Arguments<Id> & CallOptions)?] : [Arguments<Id> & CallOptions]

/** An answer with its headers: `ETag`, `Idempotency-Replayed`, … */
export interface FullAnswer<Id extends OperationId> {
  data: Answer<Id>
  headers: Headers
  status: number
}

/**
 * Calls Countersign. Every operation of the service can be called by its `operationId`; what an agent does all day has
 * methods of its own. Whatever fails throws a `CountersignError`.
 */
export class Countersign {
  private readonly connection: Connection

  /** @throws TypeError where `baseUrl` is no URL of the web, or the key is missing */
  constructor(connection: Connection) {
    this.connection = checked(connection)
  }

  /**
   * Calls an operation by its `operationId`. A stream (`followBatch`, `exportHistory`) is answered as soon as it
   * begins, as a `ReadableStream`.
   */
  async call<Id extends OperationId>(id: Id, ...given: Given<Id>): Promise<Answer<Id>> {
    return (await this.send(id, ...given)).data
  }

  /** As `call`, with the headers of the answer. */
  async send<Id extends OperationId>(id: Id, ...[given]: Given<Id>): Promise<FullAnswer<Id>> {
    return this.sendOver(this.connection, id, given ?? {})
  }

  private async sendOver<Id extends OperationId>(
    connection: Connection,
    id: Id,
    given: Whole,
  ): Promise<FullAnswer<Id>> {
    const { method, path, takesKey, stream } = known(id)
    const { body, signal, idempotencyKey, ifMatch, isRepeatable, longestPause, ...where } = given
    const headers: Record<string, string> = { accept: stream ?? 'application/json' }
    if (body !== undefined) headers['content-type'] = 'application/json'
    const key = idempotencyKey ?? (hasKey(body) ? undefined : crypto.randomUUID())
    if (takesKey && key !== undefined) headers['idempotency-key'] = key
    if (ifMatch !== undefined) headers['if-match'] = ifMatch
    const answered = await send(connection, {
      method,
      url: addressOf(path, where),
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
      stream,
      longestPause,
      isRepeatable: isRepeatable ?? (takesKey || (method !== 'POST' && method !== 'PATCH')),
    })
    const { headers: about, status } = answered.response
    return { data: contentOf(answered, stream) as Answer<Id>, headers: about, status }
  }

  /** Everything that an operation lists, page after page, as it is asked for. */
  async *list<Id extends ListId>(id: Id, ...given: Given<Id>): AsyncGenerator<Item<Id>, void, undefined> {
    const { list = '' } = known(id)
    let query = (given as [Whole?])[0]?.query
    for (;;) {
      const page = [{ ...given[0], query }] as unknown as Given<Id>
      const { data, headers } = await this.send(id, ...page)
      const lists = data as unknown as Record<string, Item<Id>[]>
      yield* list === '[]' ? (data as unknown as Item<Id>[]) : lists[list]!
      const next = /<([^>]*)>; *rel="next"/.exec(headers.get('link') ?? '')?.[1]
      if (next === undefined) return
      query = Object.fromEntries(new URL(next, 'https://countersign.invalid').searchParams)
    }
  }

  /** Asks for a yes. With an `external_ref` it is found again by `find`, however long ago it was asked. */
  async request(asked: NewRequest, options?: CallOptions): Promise<ApprovalRequest> {
    return this.call('createRequest', { ...options, body: asked })
  }

  /** The page where a person decides it. */
  urlOf(id: string): string {
    return `${this.connection.baseUrl.replace(/\/+$/, '')}/a/${encodeURIComponent(id)}`
  }

  /**
   * What was asked under this reference of your own; null where nothing was. Of restricted requests, which others may
   * have under the same reference, it is the one that you have asked or sent.
   */
  async find(externalRef: string, options?: Pick<CallOptions, 'signal'>): Promise<ApprovalRequest | null> {
    const query = { external_ref: externalRef, limit: 2 }
    const { data } = await this.call('listRequests', { ...options, query })
    const [first, another] = data
    const found = another || first?.restricted ? await this.ownOf(externalRef, options) : first
    return found ? this.call('getRequest', { ...options, path: { id: found.id } }) : null
  }

  /** Of all that is seen under a reference what the caller has asked, or sent, or nobody keeps to themselves. */
  private async ownOf(externalRef: string, options?: Pick<CallOptions, 'signal'>) {
    const { person } = await this.call('whoAmI', options ?? {})
    const all: Item<'listRequests'>[] = []
    const query = { external_ref: externalRef, limit: 100 }
    for await (const one of this.list('listRequests', { ...options, query })) all.push(one)
    return (
      all.find(({ requester_id }) => requester_id === person.id) ??
      all.find(({ submitted_by }) => submitted_by === person.id) ??
      all.find(({ restricted }) => !restricted)
    )
  }

  /**
   * Waits until it is decided. When the time is over it is not denied: the answer says `pending`, and it can be waited
   * for again.
   *
   * @param options `timeout` in milliseconds; without it, as long as it takes. What the service cannot answer for a
   *   while is waited through; only where it has not answered at all when the time is over, that is thrown
   */
  async waitForDecision(
    id: string,
    { timeout, signal }: { timeout?: number; signal?: AbortSignal | undefined } = {},
  ): Promise<Decision> {
    const { attemptTimeout = defaultTimeoutMs } = this.connection
    const ask = async (wait: number, limit: number) => {
      const once = { ...this.connection, retries: 0, attemptTimeout: limit }
      return (await this.sendOver(once, 'awaitDecision', { path: { id }, query: { wait }, signal })).data
    }
    return waitWith(ask, { timeout, attemptTimeout, signal })
  }

  /**
   * Redeems an approval, once: call it right before doing what was approved, and do exactly the `details` that it
   * answers. Give it the decision, which has the digest of what was approved: with that of what was asked, an approval
   * with changes is refused (`digest_mismatch`). Not even this client gets it twice.
   */
  async redeem(
    { id, digest, approved_digest }: Pick<Decision, 'id' | 'digest'> & Partial<Pick<Decision, 'approved_digest'>>,
    options?: CallOptions,
  ): Promise<Answer<'redeemRequest'>> {
    return this.call('redeemRequest', { ...options, path: { id }, body: { digest: approved_digest ?? digest } })
  }

  /** Says what came of what was redeemed; the same again is the same answer. */
  async report(
    id: string,
    outcome: Schemas['RequestOutcome'],
    options?: Pick<CallOptions, 'signal'>,
  ): Promise<ApprovalRequest> {
    return this.call('reportRequestOutcome', { ...options, path: { id }, body: outcome, isRepeatable: true })
  }
}

interface Whole extends CallOptions {
  path?: Record<string, string>
  query?: Record<string, unknown>
  body?: unknown
}

/** Whether a body has an idempotency key itself, as an intent may: another one in the header would be refused. */
function hasKey(body: unknown): boolean {
  return ((body ?? {}) as { idempotency_key?: unknown }).idempotency_key != null
}

/** @throws TypeError where the path has a parameter that is not given, or that would lead elsewhere */
function addressOf(template: string, { path = {}, query = {} }: Whole): string {
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = path[name]
    if (value === undefined || value === '') throw new TypeError(`${template} takes a ${name}.`)
    // Even encoded they lead up the path, to another operation.
    if (value === '.' || value === '..') throw new TypeError(`${template} takes a ${name}, which ${value} is not.`)
    return encodeURIComponent(value)
  })
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) search.set(name, String(value))
  }
  return search.size > 0 ? `${filled}?${search}` : filled
}

/**
 * JSON as a value; a stream of events or lines as the stream; undefined where there is nothing.
 *
 * @throws CountersignError `unreadable`
 */
function contentOf({ response, text }: Answered, stream: string | undefined): unknown {
  if (text === undefined) return response.body
  if (text === '' && stream === undefined) return undefined
  const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '')
  if (!isJson || stream !== undefined) throw foreign(response, text)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new CountersignError('unreadable', 'The answer is not JSON.', { status: response.status, cause })
  }
}
