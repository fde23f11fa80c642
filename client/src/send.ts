import { CountersignError, problemOf } from './problem.ts'

/** How a client reaches the service. */
export interface Connection {
  /** Where the service is: `https://countersign.example.workers.dev`. */
  baseUrl: string
  /** An API key, or whatever gives one for each call (a token that has to be renewed). */
  key: string | (() => string | Promise<string>)
  /** How often a call is tried again that failed in a way that passes, where that is safe (4). */
  retries?: number
  /** How long an attempt may take, in milliseconds (60,000). */
  attemptTimeout?: number
  /** Instead of the platform's own. */
  fetch?: (request: Request) => Promise<Response>
}

/** @throws TypeError where it leads nowhere, or has no key */
export function checked(connection: Connection): Connection {
  const { baseUrl, key } = connection
  if (!/^https?:\/\//i.test(baseUrl) || !URL.canParse(`${baseUrl}/`)) {
    throw new TypeError(`baseUrl is where the service is, as in https://countersign.example, and not ${baseUrl}.`)
  }
  if (typeof key !== 'function' && (typeof key !== 'string' || key === '')) {
    throw new TypeError('key is an API key (cs_…), or a function that gives one, and is missing.')
  }
  return connection
}

/** One call, ready to be sent. */
export interface Call {
  method: string
  /** From the base on, or whole. */
  url: string
  headers: Record<string, string>
  /** JSON. */
  body?: string | undefined
  signal?: AbortSignal | undefined
  /** For how long it is worth waiting before it is tried again, in milliseconds. */
  longestPause?: number | undefined
  /** Whether it may be sent again when nobody knows what became of it. */
  isRepeatable: boolean
}

const firstPauseMs = 250
/** Nobody is kept waiting for longer than this before a call is tried again; over its rate the service says a minute. */
const longestPauseMs = 65_000

/**
 * Sends a call, and again where that is safe and may help: after 429 in any case, since nothing was done; after 503, and
 * where no answer came, only what is repeatable.
 *
 * @throws CountersignError what the service refuses, or `no_answer`
 * @throws whatever the signal was aborted with
 */
export async function send(connection: Connection, call: Call): Promise<Response> {
  const { retries = 4 } = connection
  const { longestPause = longestPauseMs } = call
  for (let attempt = 0; ; attempt++) {
    const failure = await attemptOnce(connection, call)
    if (failure instanceof Response) return failure
    if (attempt >= retries || !mayHelp(failure, call)) throw failure
    const pause = firstPauseMs * 2 ** attempt * (0.5 + Math.random())
    const wanted = failure.retryAfter === undefined ? pause : failure.retryAfter * 1000
    if (wanted > longestPause) throw failure
    await rest(wanted, call.signal)
  }
}

function mayHelp({ code, status }: CountersignError, { isRepeatable }: Call): boolean {
  if (status === 429) return true
  return isRepeatable && (status >= 502 || code === 'no_answer')
}

async function attemptOnce(connection: Connection, call: Call): Promise<Response | CountersignError> {
  const { baseUrl, key, attemptTimeout = 60_000, fetch: through } = connection
  const { method, url, headers, body, signal } = call
  const overdue = AbortSignal.timeout(attemptTimeout)
  const request = new Request(url.startsWith('/') ? baseUrl.replace(/\/+$/, '') + url : url, {
    method,
    headers: { ...headers, authorization: `Bearer ${typeof key === 'string' ? key : await key()}` },
    body,
    signal: signal ? AbortSignal.any([signal, overdue]) : overdue,
    // Workers know no 'error'; followed, the key would be sent to wherever it leads.
    redirect: 'manual',
  } as RequestInit)
  try {
    const response = await (through ? through(request) : fetch(request))
    if (response.ok) return response
    return await problemOf(response)
  } catch (cause) {
    signal?.throwIfAborted()
    return new CountersignError('no_answer', `${method} ${url} was not answered: ${String(cause)}`, { cause })
  }
}

/** @throws whatever the signal was aborted with */
export function rest(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const end = () => {
      clearTimeout(timer)
      reject(signal!.reason as Error)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', end)
      resolve()
    }, ms)
    signal?.addEventListener('abort', end, { once: true })
  })
}
