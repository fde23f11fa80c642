import { setTimeout as sleep } from 'node:timers/promises'
import type { Promises } from '../support/promises.ts'

/** What is sent: the key's name as in the demo data, and what differs from a GET. */
export interface Call {
  as: string
  method?: string
  path: string
  body?: unknown
  /** Sent as it is, instead of a body as JSON. */
  text?: string
  headers?: Record<string, string>
}

export interface Answer {
  status: number
  headers: Headers
  body: any
}

/** Something that must not be: the run ends with the first. */
export class Violation extends Error {}

/** What was sent and what came of it. */
export interface Counts {
  sent: number
  /** No answer came: the server was killed meanwhile. */
  lost: number
  /** 503: nothing happened, says the server. */
  unavailable: number
  byStatus: Record<string, number>
}

/** Calls to a server that may be killed at any time. Every answer is held against the OpenAPI document. */
export class Calls {
  readonly counts: Counts = { sent: 0, lost: 0, unavailable: 0, byStatus: {} }
  private readonly origin: string
  promises: Promises | undefined

  constructor(origin: string) {
    this.origin = origin
  }

  /**
   * The answer, or null where none came: then it may have happened or not.
   *
   * @throws Violation on a 5xx other than 503, and where the answer is not as the document promises
   */
  async send({ as, method = 'GET', path, body, text, headers = {} }: Call): Promise<Answer | null> {
    const sent = text ?? (body === undefined ? undefined : JSON.stringify(body))
    this.counts.sent += 1
    const answer = await this.reach(path, {
      method,
      headers: {
        Authorization: `Bearer ${as.startsWith('cs_') ? as : `cs_demo_${as}`}`,
        ...(sent !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(sent !== undefined && { body: sent }),
    })
    if (answer === null) return null
    this.count(answer.status)
    const what = `${method} ${path} as ${as} with ${sent?.slice(0, 1_000)}`
    if (answer.status >= 500 && answer.status !== 503) {
      throw new Violation(`${what} answered ${answer.status}: ${JSON.stringify(answer.body)}`)
    }
    this.hold(what, method, path, answer)
    return answer.status === 503 ? null : answer
  }

  /** Waits while nobody listens: what was not sent cannot have happened. Null where an answer was lost. */
  private async reach(path: string, init: RequestInit): Promise<Answer | null> {
    for (const deadline = Date.now() + 120_000; ; await sleep(100)) {
      try {
        const response = await fetch(this.origin + path, init)
        const isStream = response.headers.get('Content-Type') === 'text/event-stream'
        // One of a batch that was put off lasts for minutes.
        const text = isStream ? await firstOf(response.body!) : await response.text()
        const isJson = /json(?<!ndjson)/.test(response.headers.get('Content-Type') ?? '')
        return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
      } catch (error) {
        if (isRefused(error) && Date.now() < deadline) continue
        this.counts.lost += 1
        return null
      }
    }
  }

  /** Sends it until it is answered: for what is the same the second time. */
  async surely(call: Call): Promise<Answer> {
    for (const deadline = Date.now() + 120_000; Date.now() < deadline; await sleep(50)) {
      const answer = await this.send(call)
      if (answer) return answer
    }
    throw new Violation(`${call.method ?? 'GET'} ${call.path} was not answered for two minutes`)
  }

  private count(status: number): void {
    this.counts.byStatus[status] = (this.counts.byStatus[status] ?? 0) + 1
    if (status === 503) this.counts.unavailable += 1
  }

  private hold(what: string, method: string, path: string, { status, headers, body }: Answer): void {
    try {
      const ok = status >= 200 && status < 300
      this.promises?.hold(method, path.split('?')[0]!, { ok, status, headers }, body)
    } catch (error) {
      throw new Violation(`${what}: ${(error as Error).message}`)
    }
  }
}

/** Whether the connection was never made. */
function isRefused(error: unknown): boolean {
  const { code, errors = [] } = ((error as Error).cause ?? {}) as { code?: string; errors?: { code?: string }[] }
  return code === 'ECONNREFUSED' || errors.some((one) => one.code === 'ECONNREFUSED')
}

/** The first that a stream sends. */
async function firstOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader()
  const { value } = await reader.read()
  await reader.cancel()
  return new TextDecoder().decode(value)
}
