import { Refusal } from '../refusal.ts'

const prefix = 'whsec_'

/** A new secret of an endpoint (Standard Webhooks: `whsec_` and the base64 of 32 random bytes). */
export function newSecret(): string {
  return prefix + crypto.getRandomValues(new Uint8Array(32)).toBase64()
}

/**
 * Encrypts a secret for storage: AES-256-GCM, the endpoint's id as additional data, so that a stored secret is good for
 * no other endpoint.
 *
 * @param keys the Worker's `WEBHOOK_SECRET_KEY`; of several the first encrypts
 * @throws Refusal `webhooks_unavailable` where there is no usable key
 */
export async function encryptSecret(keys: string | undefined, endpointId: string, secret: string): Promise<string> {
  const [key] = await readKeys(keys)
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const encrypted = await crypto.subtle.encrypt(parameters(iv, endpointId), key as CryptoKey, encode(secret))
  return `${iv.toBase64()}.${new Uint8Array(encrypted).toBase64()}`
}

/** Decrypts a stored secret with whichever key fits. @throws Refusal `webhooks_unavailable` where none does */
export async function decryptSecret(keys: string | undefined, endpointId: string, stored: string): Promise<string> {
  const [iv = '', encrypted = ''] = stored.split('.')
  for (const key of await readKeys(keys)) {
    try {
      const bytes = Uint8Array.fromBase64(encrypted)
      const secret = await crypto.subtle.decrypt(parameters(Uint8Array.fromBase64(iv), endpointId), key, bytes)
      return new TextDecoder().decode(secret)
    } catch {
      // Another key's; GCM says so.
    }
  }
  throw unavailable(
    'WEBHOOK_SECRET_KEY is not the key that this secret was stored with; add the older one after a comma.',
  )
}

async function readKeys(keys: string | undefined): Promise<CryptoKey[]> {
  try {
    const raw = (keys ?? '').split(',').map((key) => Uint8Array.fromBase64(key.trim()))
    if (raw.some(({ byteLength }) => byteLength !== 32)) throw new Error('not 32 bytes')
    return await Promise.all(
      raw.map((bytes) => crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])),
    )
  } catch {
    throw unavailable('The secret WEBHOOK_SECRET_KEY must be the base64 of 32 random bytes.')
  }
}

function parameters(iv: Uint8Array<ArrayBuffer>, endpointId: string) {
  return { name: 'AES-GCM', iv, additionalData: encode(endpointId) }
}

function encode(text: string) {
  return new TextEncoder().encode(text)
}

function unavailable(detail: string): Refusal {
  return new Refusal('webhooks_unavailable', detail)
}
