import { sha256 } from './merkle.ts'
import type { PublicKey, Signer } from './signing-key.ts'

/** What a checkpoint says. */
export interface Head {
  /** Which log it is about. */
  origin: string
  size: number
  /** Base64. */
  root: string
}

/** A head of the history that is known to have been signed. */
export interface Kept extends Head {
  /** The signed note that says it. */
  checkpoint: string
}

/** The signature algorithm Ed25519, as C2SP signed-note numbers them. */
const ed25519 = Uint8Array.of(1)

/** Says and signs how far a history is sealed (C2SP tlog-checkpoint, in a C2SP signed-note). */
export async function signCheckpoint({ origin, size, root }: Head, signer: Signer): Promise<string> {
  const text = `${origin}\n${size}\n${root}\n`
  const signature = await signer.sign(text)
  const signed = new Uint8Array([...keyIdOf(origin, signer), ...signature])
  return `${text}\n— ${origin} ${signed.toBase64()}\n`
}

/**
 * Reads a checkpoint whose signature by one of the keys holds.
 *
 * @throws Error where it is none, or nobody of them has signed it
 */
export async function readCheckpoint(note: string, keys: readonly PublicKey[]): Promise<Kept> {
  if (!isCheckpoint(note)) throw new Error('it is not a checkpoint')
  const end = note.indexOf('\n\n')
  const text = note.slice(0, end + 1)
  const [origin = '', size = '', root = ''] = text.split('\n')
  for (const line of note.slice(end + 2).split('\n')) {
    const [, name, written = ''] = /^— (\S+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? []
    if (name !== origin) continue
    const signed = Uint8Array.fromBase64(written)
    for (const key of keys) {
      if (isOf(signed, origin, key) && (await verified(key, signed.subarray(4), text))) {
        return { origin, size: Number(size), root, checkpoint: note }
      }
    }
  }
  throw new Error('none of the keys has signed it')
}

/** Whether a text has the form of a checkpoint, whoever has signed it. */
export function isCheckpoint(note: string): boolean {
  const [, size = '', root = ''] = note.slice(0, note.indexOf('\n\n') + 1).split('\n')
  return /^(0|[1-9]\d{0,15})$/.test(size) && /^[A-Za-z0-9+/]{43}=$/.test(root)
}

/** Which of the keys a checkpoint of ours, which has one signature, names as the one that has signed it. */
export function keyOf({ origin, checkpoint }: Kept, keys: readonly PublicKey[]): PublicKey | undefined {
  const signed = Uint8Array.fromBase64(checkpoint.trimEnd().split(' ').at(-1) ?? '')
  return keys.find((key) => isOf(signed, origin, key))
}

/** Whether what stands in a note as signed begins with the id of a key. */
function isOf(signed: Uint8Array, origin: string, key: PublicKey): boolean {
  return signed.subarray(0, 4).join() === keyIdOf(origin, key).join()
}

/** What a verifier of signed notes wants to know of a key. */
export function verifierKey(origin: string, key: PublicKey): string {
  const id = Array.from(keyIdOf(origin, key), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${origin}+${id}+${new Uint8Array([...ed25519, ...bytesOf(key)]).toBase64()}`
}

function keyIdOf(name: string, key: PublicKey): Uint8Array {
  return sha256(`${name}\n`, ed25519, bytesOf(key)).subarray(0, 4)
}

function bytesOf({ x }: PublicKey): Uint8Array {
  return Uint8Array.fromBase64(x, { alphabet: 'base64url' })
}

async function verified(key: PublicKey, signature: Uint8Array, text: string): Promise<boolean> {
  const { kty, crv, x } = key
  const imported = await crypto.subtle.importKey('jwk', { kty, crv, x }, 'Ed25519', false, ['verify'])
  return crypto.subtle.verify('Ed25519', imported, signature as BufferSource, new TextEncoder().encode(text))
}
