import type { components } from './generated/api.ts'

/** What the service tells your endpoint. */
export type WebhookEvent = components['schemas']['WebhookEvent']

/** A message that did not come from the service, or is too old, or is no message. */
export class WebhookVerificationError extends Error {
  override readonly name = 'WebhookVerificationError'
}

const encoder = new TextEncoder()

/**
 * Verifies a message as Standard Webhooks 1.0 says, and reads it. Messages come at least once: `webhook-id` stays the
 * same.
 *
 * @param body what was received, to the byte: not JSON that was parsed and written again
 * @param secrets `whsec_…`; while a secret rotates, both
 * @param toleranceSeconds how far its time may be from now (300)
 * @throws WebhookVerificationError
 * @throws TypeError where a secret is none
 */
export async function verifyWebhook(
  message: Request | { headers: Headers | Record<string, string | undefined>; body: string },
  secrets: string | readonly string[],
  { toleranceSeconds = 300, now = Date.now() } = {},
): Promise<WebhookEvent> {
  const keys = await Promise.all(keysOf(secrets))
  const body = message instanceof Request ? await message.text() : message.body
  const header = (name: string): string => {
    const { headers } = message
    const value = headers instanceof Headers ? headers.get(name) : headers[nameIn(headers, name)]
    if (!value) throw new WebhookVerificationError(`It has no ${name}.`)
    return value
  }
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(header)
  if (!(Math.abs(now / 1000 - Number(timestamp)) <= toleranceSeconds)) {
    throw new WebhookVerificationError(`It was sent at ${timestamp}, which is too long ago or to come.`)
  }
  const signed = encoder.encode(`${id}.${timestamp}.${body}`)
  for (const signature of signatures!.split(' ')) {
    const bytes = bytesOf(/^v1,(.+)$/.exec(signature)?.[1] ?? '')
    for (const key of keys) {
      if (bytes && (await crypto.subtle.verify('HMAC', key, bytes, signed))) return JSON.parse(body) as WebhookEvent
    }
  }
  throw new WebhookVerificationError('Its signature is of none of these secrets.')
}

const hmac = { name: 'HMAC', hash: 'SHA-256' } as const

/** The name under which plain headers have this one, in whatever case. */
function nameIn(headers: Record<string, string | undefined>, name: string): string {
  return Object.keys(headers).find((one) => one.toLowerCase() === name) ?? name
}

/** @throws TypeError where one is no secret, or there is none */
function keysOf(secrets: string | readonly string[]): Promise<CryptoKey>[] {
  const all: readonly unknown[] = [secrets].flat()
  const each = all.map((secret) => (typeof secret === 'string' ? bytesOf(secret.replace(/^whsec_/, '')) : null))
  if (each.length === 0 || each.includes(null)) {
    throw new TypeError('A secret is whsec_ and base64 behind it, as it was shown when the endpoint was made.')
  }
  return each.map((bytes) => crypto.subtle.importKey('raw', bytes!, hmac, false, ['verify']))
}

/** Null where it is not base64, or nothing. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> | null {
  try {
    return base64 === '' ? null : Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  } catch {
    return null
  }
}
