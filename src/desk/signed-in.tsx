import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { authenticateToken } from '../access/authenticate-token.ts'
import { oidcSettings } from '../access/oidc-settings.ts'
import { noteLater } from '../http/authentication.ts'
import type { AppContext, AppEnv } from '../http/environment.ts'
import { countAgainstAddress, countAgainstKey, refuseOverRate } from '../http/rate.ts'
import { createContext, directory, type Actor } from '../context.ts'
import { openDb } from '../db/open-db.ts'
import { Refusal } from '../refusal.ts'
import type { Reader } from './layout.tsx'
import { openSession, resumeSession, sessionMs } from './sessions.ts'
import { signInAgain } from './sign-in-again.tsx'
import type { Typed } from './sign-in.page.tsx'
import { say } from './wording.ts'

const cookie = '__Host-session'
/** Only this origin sets it, over TLS or on this machine, and no script reads it. */
export const attributes = 'Path=/; HttpOnly; Secure; SameSite=Lax'

/** The secret of the session that a request comes with. */
export function sessionSecret(c: Context): string | undefined {
  return new RegExp(`(?:^|; *)${cookie}=([\\w-]{43})(?:;|$)`).exec(c.req.header('Cookie') ?? '')?.[1]
}

export function setSession(c: Context, secret: string): void {
  c.header('Set-Cookie', `${cookie}=${secret}; Max-Age=${sessionMs / 1000}; ${attributes}`, { append: true })
}

export function dropSession(c: Context): void {
  c.header('Set-Cookie', `${cookie}=; Max-Age=0; ${attributes}`)
}

/**
 * Lets a page's request pass with a session, and builds the context that everything behind it works in, as
 * `authentication` does for the API's. A form's has to carry the session's token besides. Without a session it is led
 * to the sign-in, and back; what somebody has typed goes with them.
 */
export function signedIn() {
  return createMiddleware<AppEnv>(async function signedIn(c, next) {
    const reader = await readerOf(c)
    const isForm = c.req.method === 'POST'
    if (!reader) {
      const { pathname, search } = new URL(c.req.url)
      if (!isForm) return c.redirect(`/sign-in?next=${encodeURIComponent(pathname + search)}`)
      const back = pathname.startsWith('/a/') ? pathname + search : '/'
      return signInAgain(c, { next: back, isOver: true, typed: await typedIn(c) }, 401)
    }
    if (isForm && (await c.req.parseBody()).token !== reader.token) throw new Refusal('forbidden', say.refused.forged!)
    await next()
  })
}

/**
 * Who looks at a page: whose session it comes with. Where it has come through Cloudflare Access, whoever Access says:
 * they need not sign in, and a session is opened for them.
 */
export async function readerOf(c: AppContext): Promise<Reader | null> {
  const token = c.req.header('Cf-Access-Jwt-Assertion')
  const settings = token === undefined ? null : oidcSettings(c.env)
  if (token === undefined || !settings) return recognize(c, sessionSecret(c))
  const [now, counted] = [Date.now(), () => countAgainstAddress(c)]
  const db = openDb(directory(c.env), 'first-primary', c.get('cost'))
  const named = await authenticateToken(c.env, db, settings, token, now, counted).catch(unlessUntrue)
  if (named === undefined) return recognize(c, sessionSecret(c))
  if (named === null) return null
  const reader = await recognize(c, sessionSecret(c))
  if (reader && isSame(c.get('ctx').actor, named.actor)) return reader
  const secret = await openSession(c.env, { token, settings }, now, counted)
  setSession(c, secret)
  return recognize(c, secret)
}

/** What anybody may send who does not come through Access says nothing. */
function unlessUntrue(error: unknown): undefined {
  if (!(error instanceof Refusal) || error.code !== 'unauthorized') throw error
  return undefined
}

function isSame(one: Actor, other: Actor): boolean {
  return one.tenantId === other.tenantId && one.userId === other.userId
}

/** Whose session it is; builds their context. @throws Refusal `rate_limited` */
export async function recognize(c: AppContext, secret: string | undefined): Promise<Reader | null> {
  if (secret === undefined) return null
  const now = Date.now()
  // What somebody has just decided is not to be seen as it was before.
  const db = openDb(directory(c.env), 'first-primary', c.get('cost'))
  const session = await resumeSession(db, secret, now, () => countAgainstAddress(c))
  if (!session) return null
  const { actor, keyId, token, firstUseOn } = session
  c.set('keyId', keyId)
  c.set('ctx', createContext(c.env, { db, actor, now, requestId: c.get('requestId') }))
  if (firstUseOn !== null) noteLater(c, session)
  await countAgainstKey(c, keyId)
  refuseOverRate(c)
  const reader = { name: actor.name, id: `${actor.tenantId}/${actor.userId}`, token, groups: session.groups }
  c.set('reader', reader)
  return reader
}

/** What the fields of a form have that somebody types into. */
export async function typedIn(c: AppContext): Promise<Typed> {
  const form = await c.req.parseBody()
  const typed = ['comment', 'details'].flatMap((name) => {
    const text = form[name]
    // A browser ends the lines of a form with CRLF.
    return typeof text === 'string' && text !== '' ? [[name, text.replaceAll('\r\n', '\n')] as const] : []
  })
  return Object.fromEntries(typed)
}
