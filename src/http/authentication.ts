import { createMiddleware } from 'hono/factory'
import { authenticateToken } from '../access/authenticate-token.ts'
import { authenticate, noteUse, type Authenticated } from '../access/authenticate.ts'
import { createContext, directory } from '../context.ts'
import { openDb, type Db } from '../db/open-db.ts'
import { Refusal } from '../refusal.ts'
import { presented } from './credentials.ts'
import type { AppContext, AppEnv } from './environment.ts'
import { countAgainstAddress, countAgainstKey } from './rate.ts'

/**
 * Lets a request pass with a valid API key or token, and builds the context that everything behind it works in. Reads
 * start wherever the nearest replica is, or where the caller's bookmark says; writes go to the primary.
 */
export function authentication() {
  return createMiddleware<AppEnv>(async function authentication(c, next) {
    const now = Date.now()
    const opened = openDb(directory(c.env), sessionStart(c), c.get('cost'))
    const authenticated = await whoSends(c, opened, now)
    const actorNow = async () => (await whoSends(c, opened, Date.now())).actor
    const { actor, keyId, goodUntil, db = opened } = authenticated
    c.set('bookmark', () => db.bookmark())
    c.set('keyId', keyId)
    c.set('goodUntil', goodUntil)
    c.set('ctx', createContext(c.env, { db, actor, now, requestId: c.get('requestId'), actorNow }))
    if (authenticated.firstUseOn !== null) noteLater(c, authenticated)
    await countAgainstKey(c, keyId)
    const named = c.req.header('X-Tenant-Id')
    if (named !== undefined && named !== actor.tenantId) {
      throw new Refusal(
        'tenant_mismatch',
        named === ''
          ? 'X-Tenant-Id is empty; leave it out, or send the tenant that the key belongs to.'
          : `X-Tenant-Id is ${JSON.stringify(named)}, but the key belongs to another tenant.`,
      )
    }
    await next()
  })
}

/** @throws Refusal `unauthorized`, and as `countAgainstAddress` and `authenticateToken` */
async function whoSends(c: AppContext, db: Db, now: number): Promise<Authenticated> {
  const sent = presented(c)
  if (!sent) {
    await countAgainstAddress(c)
    throw new Refusal('unauthorized', 'Send Authorization: Bearer <key> or X-API-Key: <key>.')
  }
  const counted = () => countAgainstAddress(c)
  const authenticated =
    'key' in sent
      ? await authenticate(db, sent.key, now, counted)
      : await authenticateToken(c.env, db, sent.settings, sent.token, now, counted)
  if (authenticated) return authenticated
  const what = 'key' in sent ? 'The API key is unknown, expired or revoked, or its person' : 'The token’s person'
  throw new Refusal('unauthorized', `${what} is disabled.`)
}

/** Notes the first use of a key on a day, outside of the caller's time and account. */
export function noteLater(c: AppContext, authenticated: Authenticated): void {
  const db = openDb(directory(c.env, authenticated.actor.tenantId), 'first-primary')
  const noted = noteUse(db, authenticated).catch((error: unknown) =>
    console.error({ message: 'the use of a key could not be noted', key: authenticated.keyId, error: String(error) }),
  )
  try {
    c.executionCtx.waitUntil(noted)
  } catch {
    // Where the app is called without a Worker around it, nobody has to be told to wait.
  }
}

function sessionStart(c: AppContext): string {
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return 'first-primary'
  const bookmark = c.req.header('x-d1-bookmark')
  return bookmark && /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}$/.test(bookmark)
    ? bookmark
    : 'first-unconstrained'
}
