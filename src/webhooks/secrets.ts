import { decrypt, encrypt } from '../secrets.ts'

const prefix = 'whsec_'

/** A new secret of an endpoint (Standard Webhooks: `whsec_` and the base64 of 32 random bytes). */
export function newSecret(): string {
  return prefix + crypto.getRandomValues(new Uint8Array(32)).toBase64()
}

/** Encrypts the secret of an endpoint. @throws Refusal `webhooks_unavailable` where there is no usable key */
export function encryptSecret(keys: string | undefined, endpointId: string, secret: string): Promise<string> {
  return encrypt(keys, endpointId, secret, 'webhooks_unavailable')
}

/** Decrypts the secret of an endpoint. @throws Refusal `webhooks_unavailable` where no key fits */
export function decryptSecret(keys: string | undefined, endpointId: string, stored: string): Promise<string> {
  return decrypt(keys, endpointId, stored, 'webhooks_unavailable')
}
