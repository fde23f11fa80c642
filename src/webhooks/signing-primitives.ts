import { nodeCrypto } from '../node-crypto.ts'

/*
 * The platform's own SHA-256 and base64, which the bundled Worker has instead of `fast-sha256` and `@stablelib/base64`
 * (scripts/bundle-worker.ts), the ones that Standard Webhooks signs with.
 */

export function hmac(key: Uint8Array, data: Uint8Array): Uint8Array {
  return nodeCrypto().createHmac('sha256', key).update(data).digest()
}

export function encode(bytes: Uint8Array): string {
  return bytes.toBase64()
}

export function decode(text: string): Uint8Array {
  return Uint8Array.fromBase64(text)
}
