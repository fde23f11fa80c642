import { CountersignError, headOf, problemOf } from './problem.ts'

/** How a client reaches the service. */
export interface Connection {
  /** Where the service is: `https://countersign.example.workers.dev`. */
  baseUrl: string
  /** An API key, or whatever gives one for each call (a token that has to be renewed). */
  key: string | (() => string | Promise<string>)
  /** How often a call is tried again that failed in a way that passes, where that is safe (4). */
  retries?: number
  /** How long an attempt may take, in milliseconds (60,000); where the answer is a stream, until that begins. */
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
  /** The media type of its answer, where that is a stream and goes on after the attempt. */
  stream?: string | undefined
  /** For how long it is worth waiting before it is tried again, in milliseconds. */
  longestPause?: number | undefined
  /** Whether it may be sent again when nobody knows what became of it. */
  isRepeatable: boolean
}

/** How long an attempt may take, in milliseconds, where nothing else is said. */
export const defaultTimeoutMs = 60_000

/** A good answer, with all of its text; without, where it is a stream, which goes on. */
export interface Answered {
  response: Response
  text?: string
}

const firstPauseMs = 250
/** Nobody is kept waiting for longer than this before it is tried again; over its rate the service says a minute. */
const longestPauseMs = 65_000

/**
 * Sends a call, and again where that is safe and may help: after 429 in any case, since nothing was done; after 503,
 * and where no answer came, only what is repeatable.
 *
 * @throws CountersignError what the service refuses, or `no_answer`
 * @throws whatever the signal was aborted with
 */
export async function send(connection: Connection, call: Call): Promise<Answered> {
  const { retries = 4 } = connection
  const { longestPause = longestPauseMs } = call
  for (let attempt = 0; ; attempt++) {
    const failure = await attemptOnce(connection, call)
    if (!(failure instanceof CountersignError)) return failure
    if (attempt >= retries || !mayHelp(failure, call)) throw failure
    const wanted = failure.retryAfter === undefined ? pauseAfter(attempt) : failure.retryAfter * 1000
    if (wanted > longestPause) throw failure
    await rest(wanted, call.signal)
  }
}

/** How long to rest before it is tried again after so many failures, in milliseconds; unless the service says. */
export function pauseAfter(failures: number): number {
  return firstPauseMs * 2 ** failures * (0.5 + Math.random())
}

function mayHelp({ code, status }: CountersignError, { isRepeatable }: Call): boolean {
  if (status === 429) return true
  return isRepeatable && (status >= 502 || code === 'no_answer')
}

async function attemptOnce(connection: Connection, call: Call): Promise<Answered | CountersignError> {
  const { baseUrl, key, attemptTimeout = defaultTimeoutMs, fetch: through } = connection
  const { method, url, headers, body, signal: given } = call
  const overdue = new AbortController()
  const signal = given ? AbortSignal.any([given, overdue.signal]) : overdue.signal
  const request = new Request(url.startsWith('/') ? baseUrl.replace(/\/+$/, '') + url : url, {
    method,
    headers: { ...headers, authorization: `Bearer ${typeof key === 'string' ? key : await key()}` },
    body,
    signal,
    // Workers know no 'error'; followed, the key would be sent to wherever it leads.
    redirect: 'manual',
  } as RequestInit)
  const timer = setTimeout(() => {
    overdue.abort(new DOMException(`It took longer than ${attemptTimeout} ms.`, 'TimeoutError'))
  }, attemptTimeout)
  let response: Response | undefined
  try {
    response = await unlessAborted(signal, through ? through(request) : fetch(request))
    if (response.ok && isOf(response, call.stream)) return { response }
    const text = await unlessAborted(signal, response.text())
    return response.ok ? { response, text } : problemOf(response, text)
  } catch (cause) {
    given?.throwIfAborted()
    const why = `${method} ${url} was not answered${response ? ' to the end' : ''}: ${String(cause)}`
    return new CountersignError('no_answer', why, { ...(response && headOf(response)), cause })
  } finally {
    clearTimeout(timer)
  }
}

function isOf({ headers }: Response, type: string | undefined): boolean {
  return type !== undefined && (headers.get('content-type') ?? '').startsWith(type)
}

/** What becomes of it, until the signal is aborted: not every connection heeds a signal. */
function unlessAborted<T>(signal: AbortSignal, pending: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    pending.then(resolve, reject)
    signal.throwIfAborted()
  })
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
