import { authenticatePerson } from '../access/authenticate-person.ts'
import { authenticateToken } from '../access/authenticate-token.ts'
import { authenticate, authenticateHash, type Authenticated } from '../access/authenticate.ts'
import type { OidcSettings } from '../access/oidc-settings.ts'
import { BoundedCache } from '../bounded-cache.ts'
import { directory, type Ctx, type Role } from '../context.ts'
import { openDb, type Db } from '../db/open-db.ts'
import { hour } from '../durations.ts'
import { Refusal } from '../refusal.ts'
import { sha256 } from '../sha256.ts'
import { say } from './wording.ts'
import { deleteOver, insertSession, markEnded, selectSession, type StoredSession } from './sessions.store.ts'

/** How long a session lasts, in milliseconds. */
export const sessionMs = 12 * hour

/** How long an isolate trusts what it has read of a session: as long as of a key, in milliseconds. */
const trustMs = 25_000

/** How many sessions one sweep removes. */
const perSweep = 5_000

const cache = new BoundedCache<{ session: StoredSession; readAt: number }>(1_000)

/** Somebody who is signed in. `token` goes into each form that they are given, and comes back with it. */
export interface SignedIn extends Authenticated {
  token: string
}

/** What opens a session: an API key, or a token of the issuer's. */
export type Opener = { key: string } | { token: string; settings: OidcSettings }

/**
 * Opens a session for whoever holds an API key, or a token.
 *
 * @param beforeLookUp as `authenticate` has it
 * @returns the secret for the cookie: random, 256 bits
 * @throws Refusal as `authenticateToken`; `unauthorized`; `forbidden` for a key that is bound to an instance, because a
 *   person decides here
 */
export async function openSession(
  env: Env,
  opener: Opener,
  now: number,
  beforeLookUp: () => Promise<void>,
): Promise<string> {
  const db = openDb(directory(env), 'first-primary')
  const authenticated =
    'key' in opener
      ? await authenticate(db, opener.key, now, beforeLookUp)
      : await authenticateToken(env, db, opener.settings, opener.token, now, beforeLookUp)
  if (!authenticated) {
    throw new Refusal('unauthorized', 'key' in opener ? say.refused.unauthorized! : say.signIn.disabled)
  }
  const { tenantId, userId, instanceId, roles } = authenticated.actor
  if (instanceId !== null) {
    throw new Refusal('forbidden', `The API key is bound to the instance ${instanceId}: it opens no session.`)
  }
  const secret = crypto.getRandomValues(new Uint8Array(32)).toBase64({ alphabet: 'base64url', omitPadding: true })
  const openedBy =
    'key' in opener
      ? { key_hash: await sha256(opener.key), roles: null }
      : { key_hash: null, roles: opener.settings.rolesClaim === null ? null : JSON.stringify(roles) }
  const whose = { tenant_id: tenantId, person_id: userId, ...openedBy }
  const times = { created_at: now, expires_at: now + sessionMs }
  await db.run(insertSession(db, { hash: await sha256(secret), ...whose, ...times }))
  return secret
}

/**
 * Whose session this is the secret of. Roles and groups are those that the key, if it was one, and its person have
 * now.
 *
 * @returns null where it is unknown, has ended or is over, or where the key or its person is no good any more
 */
export async function resumeSession(
  db: Db,
  secret: string,
  now: number,
  beforeLookUp: () => Promise<void>,
): Promise<SignedIn | null> {
  const hash = await sha256(secret)
  const known = cache.get(hash)
  if (!known) await beforeLookUp()
  const isRecent = known && now - known.readAt < trustMs && now >= known.readAt
  const session = isRecent ? known.session : (await db.run(selectSession(db, hash)))[0]
  if (!session || session.ended_at !== null || session.expires_at <= now) return null
  if (!isRecent) cache.set(hash, { session, readAt: now })
  const { key_hash, tenant_id: tenantId, person_id: personId, roles } = session
  const person = { tenantId, personId, roles: roles === null ? null : (JSON.parse(roles) as Role[]) }
  const authenticated =
    key_hash === null
      ? await authenticatePerson(db, person, now, beforeLookUp)
      : await authenticateHash(db, key_hash, now, beforeLookUp)
  return authenticated && { ...authenticated, token: await tokenOf(secret) }
}

/** Ends a session, if it has not ended yet. */
export async function endSession(env: Env, secret: string, now: number): Promise<void> {
  const db = openDb(directory(env), 'first-primary')
  const hash = await sha256(secret)
  cache.delete(hash)
  await db.run(markEnded(db, hash, now))
}

/** Removes sessions that are over. @returns how many */
export async function purgeSessions(ctx: Ctx): Promise<number> {
  const gone = await ctx.db.run(deleteOver(ctx.db, ctx.now, perSweep))
  return gone.length
}

/** Another origin cannot know it, although it may make a browser send the cookie. */
async function tokenOf(secret: string): Promise<string> {
  return (await sha256(`form:${secret}`)).slice(0, 32)
}
