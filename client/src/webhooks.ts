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
 */
export async function verifyWebhook(
  message: Request | { headers: Headers | Record<string, string | undefined>; body: string },
  secrets: string | readonly string[],
  { toleranceSeconds = 300, now = Date.now() } = {},
): Promise<WebhookEvent> {
  const body = message instanceof Request ? await message.text() : message.body
  const header = (name: string): string => {
    const { headers } = message
    const value = headers instanceof Headers ? headers.get(name) : headers[name]
    if (!value) throw new WebhookVerificationError(`It has no ${name}.`)
    return value
  }
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(header)
  if (!(Math.abs(now / 1000 - Number(timestamp)) <= toleranceSeconds)) {
    throw new WebhookVerificationError(`It was sent at ${timestamp}, which is too long ago or to come.`)
  }
  const signed = encoder.encode(`${id}.${timestamp}.${body}`)
  for (const secret of [secrets].flat()) {
    const key = await crypto.subtle.importKey('raw', bytesOf(secret.replace(/^whsec_/, '')), hmac, false, ['verify'])
    for (const signature of signatures!.split(' ')) {
      const [version, text = ''] = signature.split(',')
      if (version !== 'v1') continue
      if (await crypto.subtle.verify('HMAC', key, bytesOf(text), signed)) return JSON.parse(body) as WebhookEvent
    }
  }
  throw new WebhookVerificationError('Its signature is of none of these secrets.')
}

const hmac = { name: 'HMAC', hash: 'SHA-256' } as const

/** @throws WebhookVerificationError where it is not base64 */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  } catch {
    throw new WebhookVerificationError('A secret or signature is not base64.')
  }
}
