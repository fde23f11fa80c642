import { createHmac } from 'node:crypto'

/*
 * What the bundled Worker has for `fast-sha256` and `@stablelib/base64` (`alias` in wrangler.toml), with which Standard
 * Webhooks signs: the platform's own.
 */

export function hmac(key: Uint8Array, data: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(data).digest()
}

export function encode(bytes: Uint8Array): string {
  return bytes.toBase64()
}

export function decode(text: string): Uint8Array {
  return Uint8Array.fromBase64(text)
}
