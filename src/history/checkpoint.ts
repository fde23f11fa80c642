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
  const end = note.indexOf('\n\n')
  const text = note.slice(0, end + 1)
  const [origin = '', size = '', root = ''] = text.split('\n')
  if (end === -1 || !/^(0|[1-9]\d{0,15})$/.test(size) || !/^[A-Za-z0-9+/]{43}=$/.test(root)) {
    throw new Error('it is no checkpoint')
  }
  for (const { id, signature } of signaturesOf(note, origin)) {
    for (const key of keys) {
      if (keyIdOf(origin, key).join() === id && (await verified(key, signature, text))) {
        return { origin, size: Number(size), root, checkpoint: note }
      }
    }
  }
  throw new Error('none of the keys has signed it')
}

/** Which of the keys a checkpoint names as the one that has signed it; undefined where that is none of them. */
export function keyOf({ origin, checkpoint }: Kept, keys: readonly PublicKey[]): PublicKey | undefined {
  const ids = new Set(signaturesOf(checkpoint, origin).map(({ id }) => id))
  return keys.find((key) => ids.has(keyIdOf(origin, key).join()))
}

/** The signatures of a note in the name of an origin, each with the id of its key. */
function signaturesOf(note: string, origin: string): { id: string; signature: Uint8Array }[] {
  const lines = note.slice(note.indexOf('\n\n') + 2).split('\n')
  return lines.flatMap((line) => {
    const [, name, written = ''] = /^— (\S+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? []
    if (name !== origin) return []
    const signed = Uint8Array.fromBase64(written)
    return { id: signed.subarray(0, 4).join(), signature: signed.subarray(4) }
  })
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
