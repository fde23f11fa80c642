import { BoundedCache } from '../bounded-cache.ts'
import type { Actor, Role } from '../context.ts'
import type { Db } from '../db/open-db.ts'
import { day as aDay } from '../durations.ts'
import { sha256 } from '../sha256.ts'
import { noteDay, selectKey, type StoredKey } from './access.store.ts'

/**
 * How long an isolate trusts what it has read of a key and its person: what was taken from them may work this much
 * longer, and never 30 seconds, although a replica may have been read that was a little behind.
 */
export const trustMs = 25_000
/** How long it remembers that there is no such key: a new one may take this long. */
const unknownMs = 5_000
const cacheSize = 1_000

/** A key as it was read, and whose it is. */
interface Known {
  key: StoredKey
  actor: Actor
  readAt: number
}

const cache = new BoundedCache<Known>(cacheSize)
/** The hashes of keys that were good, which need not be hashed again. They are in this isolate's memory only. */
const hashes = new BoundedCache<string>(cacheSize)
/** Hashes of keys that there are not, and when that was read. */
const unknown = new BoundedCache<number>(cacheSize)
/** All that is forgotten when keys or people change here. */
const memories: { clear(): void }[] = [cache, hashes, unknown]
/** How often this isolate has changed keys or people: what was read before is not remembered after. */
let changes = 0

/** An API key, or a token, that may be used now, and whose it is. */
export interface Authenticated {
  /** The key's; the same for all tokens of a person. */
  keyId: string
  actor: Actor
  /** The person's, by their ids. */
  groups: readonly string[]
  /** When it is over by itself, in milliseconds; null where that is the key's to know. */
  goodUntil: number | null
  /** Where to go on, if the person has been written just now: a replica may not know of it yet. */
  db?: Db
  /** Today (UTC), where this is the first use of the key today that is known here. */
  firstUseOn: string | null
}

/**
 * Looks an API key up by its SHA-256. Keys are random with at least 160 bits, so a plain hash keeps them safe and the
 * look-up needs no comparison of secrets.
 *
 * @param beforeLookUp asked first where this isolate does not remember the key as a good one; refuses by throwing
 * @returns null where the key is unknown, expired or revoked, or its person is disabled
 */
export async function authenticate(
  db: Db,
  secret: string,
  now: number,
  beforeLookUp: () => Promise<void>,
): Promise<Authenticated | null> {
  const known = hashes.get(secret)
  const hash = known ?? (await sha256(secret))
  const authenticated = await authenticateHash(db, hash, now, beforeLookUp)
  if (known === undefined && authenticated) hashes.set(secret, hash)
  return authenticated
}

/** The same for whoever has shown the key before: a session keeps its hash. */
export async function authenticateHash(
  db: Db,
  hash: string,
  now: number,
  beforeLookUp: () => Promise<void>,
): Promise<Authenticated | null> {
  const known = cache.get(hash)
  if (!known || !isGood(known.key, now)) await beforeLookUp()
  const trusted = known && isRecent(known.readAt, trustMs, now) ? known : await read(db, hash, now)
  if (!trusted || !isGood(trusted.key, now)) return null
  const { key, actor } = trusted
  const today = dayOf(now)
  const firstUseOn = (key.last_used_on ?? '') < today ? today : null
  key.last_used_on = firstUseOn ?? key.last_used_on
  return { keyId: key.id, actor, groups: actor.groups ?? [], goodUntil: null, firstUseOn }
}

/**
 * Forgets what this isolate knows of keys, tokens and their people, so that a change made here counts at once.
 */
export function forgetKeys(): void {
  changes += 1
  for (const memory of memories) memory.clear()
}

/** Remembers, for as long as nothing is forgotten, up to a thousand of what is read to know who somebody is. */
export function remembering<V>(): { get(key: string): V | undefined; keep(key: string, value: V, asOf: number): void } {
  const memory = new BoundedCache<V>(cacheSize)
  memories.push(memory)
  return {
    get: (key) => memory.get(key),
    keep: (key, value, asOf) => void (asOf === changes && memory.set(key, value)),
  }
}

/** How often keys or people have changed here: for what is read now, and remembered then. */
export function changesSoFar(): number {
  return changes
}

/** Stores the day of a key's first use on it. */
export async function noteUse(db: Db, { keyId, firstUseOn }: Authenticated): Promise<void> {
  if (firstUseOn !== null) await db.run(noteDay(db, keyId, firstUseOn))
}

/** The day of a time, in UTC; the last one is kept, as nearly all requests come on the same. */
function dayOf(ms: number): string {
  const day = Math.floor(ms / aDay)
  if (day !== lastDay.day) lastDay = { day, text: new Date(ms).toISOString().slice(0, 10) }
  return lastDay.text
}

let lastDay = { day: NaN, text: '' }

async function read(db: Db, hash: string, now: number): Promise<Known | undefined> {
  const missedAt = unknown.get(hash)
  if (missedAt !== undefined && isRecent(missedAt, unknownMs, now)) return undefined
  const asOf = changes
  const [key] = await db.run(selectKey(db, hash))
  const known = key && { key, actor: actorOf(key), readAt: now }
  if (asOf !== changes) return known
  for (const memory of [cache, unknown]) memory.delete(hash)
  if (known) cache.set(hash, known)
  else unknown.set(hash, now)
  return known
}

/** Whose a key is. Requests share it, so nobody may change it. */
function actorOf(key: StoredKey): Actor {
  const ofPerson = JSON.parse(key.person_roles) as Role[]
  return Object.freeze({
    tenantId: key.tenant_id,
    userId: key.person_id,
    name: key.person_name,
    roles: (JSON.parse(key.roles) as Role[]).filter((role) => ofPerson.includes(role)),
    instanceId: key.instance_id,
    keyMadeBy: key.created_by === key.person_id ? null : key.created_by,
    groups: JSON.parse(key.person_groups) as string[],
  })
}

function isGood({ revoked_at, expires_at }: StoredKey, now: number): boolean {
  return revoked_at === null && (expires_at === null || expires_at > now)
}

/** Whether what was read at this time may be trusted for so long. */
export function isRecent(readAt: number, forMs: number, now: number): boolean {
  return now - readAt < forMs && now >= readAt
}
