import { Refusal } from '../refusal.ts'
import { sha256 } from './merkle.ts'

/** A public Ed25519 key as a JWK (RFC 8037); `kid` is its thumbprint (RFC 7638). */
export interface PublicKey {
  kty: 'OKP'
  crv: 'Ed25519'
  /** Base64url. */
  x: string
  kid: string
  alg: 'EdDSA'
  use: 'sig'
}

/** Signs in the service's name. */
export interface Signer extends PublicKey {
  sign(text: string): Promise<Uint8Array>
}

/** What `HISTORY_SIGNING_KEY` has: a JWK set, in which the first key that has its private part signs. */
interface SecretKey {
  kty?: unknown
  crv?: unknown
  x?: unknown
  d?: unknown
}

const remedy =
  'The operator has to set the secret HISTORY_SIGNING_KEY: npm run signing-key | npx wrangler secret put HISTORY_SIGNING_KEY.'

/** @throws Refusal `signing_unavailable` where there is no usable key */
export async function signerOf({ HISTORY_SIGNING_KEY }: Env): Promise<Signer> {
  const secret = keysOf(HISTORY_SIGNING_KEY).find(({ d }) => typeof d === 'string')
  if (!secret) throw new Refusal('signing_unavailable', remedy)
  const key = await imported(secret)
  const sign = async (text: string) =>
    new Uint8Array(await crypto.subtle.sign('Ed25519', key, new TextEncoder().encode(text)))
  return { ...publicOf(secret), sign }
}

/**
 * All keys that have ever signed, the present one first.
 *
 * @throws Refusal `signing_unavailable` where there is none
 */
export function publicKeys({ HISTORY_SIGNING_KEY }: Env): PublicKey[] {
  const keys = keysOf(HISTORY_SIGNING_KEY)
  return [...keys.filter(({ d }) => d), ...keys.filter(({ d }) => !d)].map(publicOf)
}

/** A key in public. */
export function publicOf({ x }: SecretKey): PublicKey {
  const members = { crv: 'Ed25519', kty: 'OKP', x: String(x) } as const
  const kid = sha256(JSON.stringify(members)).toBase64({ alphabet: 'base64url', omitPadding: true })
  return { kty: 'OKP', crv: 'Ed25519', x: members.x, kid, alg: 'EdDSA', use: 'sig' }
}

function keysOf(secret: string | undefined): SecretKey[] {
  if (!secret) throw new Refusal('signing_unavailable', remedy)
  try {
    const read = JSON.parse(secret) as SecretKey & { keys?: SecretKey[] }
    const keys = read.keys ?? [read]
    const isKey = ({ kty, crv, x }: SecretKey) => kty === 'OKP' && crv === 'Ed25519' && typeof x === 'string'
    if (keys.length > 0 && keys.every(isKey)) return keys
  } catch {
    // No JSON.
  }
  throw new Refusal('signing_unavailable', `HISTORY_SIGNING_KEY is not a JWK set of Ed25519 keys. ${remedy}`)
}

async function imported({ x, d }: SecretKey): Promise<CryptoKey> {
  try {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: String(x), d: String(d) }
    return await crypto.subtle.importKey('jwk', jwk, 'Ed25519', false, ['sign'])
  } catch {
    throw new Refusal('signing_unavailable', `HISTORY_SIGNING_KEY has a key that is broken. ${remedy}`)
  }
}
