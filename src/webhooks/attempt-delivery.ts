import { Webhook } from 'standardwebhooks'
import type { Attempt, DueDelivery, Recorded } from './deliveries.store.ts'
import { urlFault } from './endpoint-url.ts'
import type { Endpoint } from './endpoints.store.ts'
import { longestRetryAfter, nextAttempt, readRetryAfter } from './schedule.ts'

const timeoutMs = 15_000

/** How much of a receiver's answer is read and kept. */
const keptBytes = 4 * 1024

/** What the body of a delivery depends on besides what has happened. */
export interface Told {
  /** Whether everything is told about restricted approvals, too. */
  includeRestricted: boolean
  /** What links to approvals begin with; null where the operator has not said where this service is. */
  links: string | null
}

/** Where it is sent, and what signs it: made once for all that a step sends, as none of it is cheap. */
export interface Receiver extends Told {
  url: string
  /** Why nothing may be sent there; null if it may. */
  fault: string | null
  /** All of them sign, the one with the current secret first. */
  signers: readonly Webhook[]
}

/** How an endpoint is sent to. @param secrets in plain, the current one first */
export function receiverOf(
  endpoint: Pick<Endpoint, 'url' | 'include_restricted'>,
  secrets: readonly string[],
  env: Env,
): Receiver {
  const { url } = endpoint
  return {
    ...toldTo(endpoint, env),
    url,
    fault: urlFault(url, env.WEBHOOKS_ALLOW_LOOPBACK === 'on'),
    signers: secrets.map((secret) => new Webhook(secret)),
  }
}

/** What an endpoint is told. */
export function toldTo({ include_restricted }: Pick<Endpoint, 'include_restricted'>, { PUBLIC_URL }: Env): Told {
  const links = PUBLIC_URL === '' ? undefined : URL.parse('/a/', PUBLIC_URL)
  return { includeRestricted: include_restricted === 1, links: links?.href ?? null }
}

/** What came of an attempt. */
export interface Attempted extends Recorded {
  attempt: Attempt
  /** The receiver is gone for good. */
  gone: boolean
  /** Until when it asks to be left alone, in milliseconds. */
  pauseUntil: number | null
}

/**
 * Sends a delivery once (Standard Webhooks 1.0): only a 2xx answer is a success, redirects are not followed, 410 means
 * that the receiver is gone for good, and `Retry-After` with 429 or 503 that nothing is to be sent until then.
 *
 * @param clock the time in milliseconds
 * @param random 0–1, for the schedule
 * @returns `unsent` where this invocation may send no more: nothing was attempted
 */
export async function attemptDelivery(
  delivery: DueDelivery,
  target: Receiver,
  clock: () => number = Date.now,
  random: () => number = Math.random,
): Promise<Attempted | 'unsent'> {
  const started = clock()
  const note = (more: Partial<Attempt>): Attempt => ({
    at: new Date(started).toISOString(),
    duration_ms: clock() - started,
    response_status: null,
    response_body: null,
    error: null,
    ...more,
  })
  const later = (retryAfter: number | null): Recorded => {
    const nextAt = nextAttempt(delivery.tries + 1, retryAfter, clock(), random())
    return { status: nextAt === null ? 'failed' : 'pending', nextAt }
  }
  const ended = (status: 'succeeded' | 'failed', attempt: Attempt, gone = false): Attempted => {
    return { attempt, status, nextAt: null, gone, pauseUntil: null }
  }
  if (target.fault !== null) return ended('failed', note({ error: `the URL ${target.fault}` }))
  // `AbortSignal.timeout` keeps its timer when the answer is there, and a sender may have ten thousand of them.
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), timeoutMs)
  try {
    const response = await fetch(target.url, { ...request(delivery, target, started), signal: abort.signal })
    const attempt = note({ response_status: response.status, response_body: await readStart(response) })
    if (response.ok) return ended('succeeded', attempt)
    if (response.status === 410) return ended('failed', attempt, true)
    const retryAfter = readRetryAfter(response.headers.get('Retry-After'), clock())
    const asksForPause = (response.status === 429 || response.status === 503) && retryAfter !== null
    const pauseUntil = asksForPause ? clock() + Math.min(retryAfter, longestRetryAfter) : null
    return { attempt, ...later(retryAfter), gone: false, pauseUntil }
  } catch (error) {
    if (isSpent(error)) return 'unsent'
    const tooLate = `no answer within ${timeoutMs / 1000} seconds`
    const reason = abort.signal.aborted ? tooLate : String(error).slice(0, 500)
    return { attempt: note({ error: reason }), ...later(null), gone: false, pauseUntil: null }
  } finally {
    clearTimeout(timer)
  }
}

/** Whether the invocation has made as many requests as the platform lets one make: 50 on Workers' free plan. */
function isSpent(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Too many subrequests')
}

function request(delivery: DueDelivery, target: Receiver, now: number): RequestInit {
  const body = bodyOf(delivery, target)
  const signatures = target.signers.map((signer) => signer.sign(delivery.id, new Date(now), body))
  return {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'User-Agent': 'Countersign-Webhooks/1.0',
      'webhook-id': delivery.id,
      'webhook-timestamp': String(Math.floor(now / 1000)),
      'webhook-signature': signatures.join(' '),
    },
    body,
    redirect: 'manual',
  }
}

/**
 * The body. It is made only of what does not change unless an admin or the operator changes it, so that every attempt
 * sends the same; but what an amendment restricts, nobody is told any more who is not to know it.
 */
export function bodyOf(delivery: DueDelivery, { includeRestricted, links }: Told): string {
  const isRestricted = delivery.restricted === 1
  return JSON.stringify({
    type: delivery.event_type,
    timestamp: new Date(delivery.at).toISOString(),
    data: {
      id: delivery.resource_id,
      kind: delivery.event_type.split('.')[0],
      status: delivery.to_status,
      digest: delivery.digest,
      restricted: isRestricted,
      event_id: delivery.event_id,
      ...(isRestricted && !includeRestricted ? untold : inFull(delivery, links)),
    },
  })
}

const untold = {
  previous_status: null,
  approved_digest: null,
  actor_id: null,
  title: null,
  requester_id: null,
  subject: null,
  url: null,
  details: null,
}

function inFull(delivery: DueDelivery, links: string | null) {
  const { subject_type, subject_id } = delivery
  const details = JSON.parse(delivery.data) as { approved_digest?: string }
  const isApproved = delivery.event_type.endsWith('.approved')
  return {
    previous_status: delivery.from_status,
    approved_digest: isApproved ? (details.approved_digest ?? delivery.digest) : null,
    actor_id: delivery.actor_id,
    title: delivery.title,
    requester_id: delivery.requester_id,
    subject: subject_type === null ? null : { type: subject_type, id: subject_id },
    url: delivery.title === null || links === null ? null : links + encodeURIComponent(delivery.resource_id),
    ...(delivery.members !== null && (JSON.parse(delivery.members) as object)),
    ...(delivery.more !== null && (JSON.parse(delivery.more) as object)),
    details,
  }
}

/** The start of an answer. Failing to read it changes nothing: the status is known. */
async function readStart(response: Response): Promise<string | null> {
  const reader = response.body?.getReader()
  if (!reader) return null
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    while (size < keptBytes) {
      const { done, value } = await reader.read()
      if (done) break
      chunks.push(value)
      size += value.byteLength
    }
  } catch {
    // The answer broke off, or took too long.
  }
  await reader.cancel().catch(() => undefined)
  // Mostly it is one chunk; putting several together costs more than everything else here.
  const whole = chunks.length === 1 ? chunks[0]! : new Uint8Array(await new Blob(chunks).arrayBuffer())
  const start = whole.subarray(0, keptBytes)
  return new TextDecoder().decode(start)
}
