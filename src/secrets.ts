import { Refusal, type RefusalCode } from './refusal.ts'

/**
 * Encrypts a secret for storage: AES-256-GCM, its owner's id as additional data, so that a stored secret is good for
 * nothing else.
 *
 * @param keys the Worker's `WEBHOOK_SECRET_KEY`; of several the first encrypts
 * @param unavailable what is refused where there is no usable key
 */
export async function encrypt(
  keys: string | undefined,
  ownerId: string,
  secret: string,
  unavailable: RefusalCode,
): Promise<string> {
  const [key] = await readKeys(keys, unavailable)
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const encrypted = await crypto.subtle.encrypt(parameters(iv, ownerId), key as CryptoKey, encode(secret))
  return `${iv.toBase64()}.${new Uint8Array(encrypted).toBase64()}`
}

/** Decrypts a stored secret with whichever key fits. @param unavailable what is refused where none does */
export async function decrypt(
  keys: string | undefined,
  ownerId: string,
  stored: string,
  unavailable: RefusalCode,
): Promise<string> {
  const [iv = '', encrypted = ''] = stored.split('.')
  for (const key of await readKeys(keys, unavailable)) {
    try {
      const bytes = Uint8Array.fromBase64(encrypted)
      const secret = await crypto.subtle.decrypt(parameters(Uint8Array.fromBase64(iv), ownerId), key, bytes)
      return new TextDecoder().decode(secret)
    } catch {
      // Another key's; GCM says so.
    }
  }
  throw new Refusal(
    unavailable,
    'WEBHOOK_SECRET_KEY is not the key that this secret was stored with; add the older one after a comma.',
  )
}

async function readKeys(keys: string | undefined, unavailable: RefusalCode): Promise<CryptoKey[]> {
  try {
    const raw = (keys ?? '').split(',').map((key) => Uint8Array.fromBase64(key.trim()))
    if (raw.some(({ byteLength }) => byteLength !== 32)) throw new Error('not 32 bytes')
    return await Promise.all(
      raw.map((bytes) => crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])),
    )
  } catch {
    throw new Refusal(unavailable, 'The secret WEBHOOK_SECRET_KEY must be the base64 of 32 random bytes.')
  }
}

function parameters(iv: Uint8Array<ArrayBuffer>, ownerId: string) {
  return { name: 'AES-GCM', iv, additionalData: encode(ownerId) }
}

function encode(text: string) {
  return new TextEncoder().encode(text)
}
