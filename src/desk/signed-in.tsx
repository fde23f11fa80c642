import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { noteLater } from '../http/authentication.ts'
import type { AppContext, AppEnv } from '../http/environment.ts'
import { countAgainstAddress, countAgainstKey, refuseOverRate } from '../http/rate.ts'
import { createContext, directory } from '../context.ts'
import { openDb } from '../db/open-db.ts'
import { Refusal } from '../refusal.ts'
import type { Reader } from './layout.tsx'
import { resumeSession, sessionMs } from './sessions.ts'
import { signInPage, type Typed } from './sign-in.page.tsx'
import { say } from './wording.ts'

/** Only this origin sets it, over TLS or on this machine, and no script reads it. */
const cookie = '__Host-session'
const attributes = 'Path=/; HttpOnly; Secure; SameSite=Lax'

/** The secret of the session that a request comes with. */
export function sessionSecret(c: Context): string | undefined {
  return new RegExp(`(?:^|; *)${cookie}=([\\w-]{43})(?:;|$)`).exec(c.req.header('Cookie') ?? '')?.[1]
}

export function setSession(c: Context, secret: string): void {
  c.header('Set-Cookie', `${cookie}=${secret}; Max-Age=${sessionMs / 1000}; ${attributes}`)
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
    const reader = await recognize(c, sessionSecret(c))
    const isForm = c.req.method === 'POST'
    if (!reader) {
      const { pathname, search } = new URL(c.req.url)
      if (!isForm) return c.redirect(`/sign-in?next=${encodeURIComponent(pathname + search)}`)
      const back = pathname.startsWith('/a/') ? pathname + search : '/'
      return c.html(signInPage({ next: back, isOver: true, typed: await typedIn(c) }), 401)
    }
    if (isForm && (await c.req.parseBody()).token !== reader.token) throw new Refusal('forbidden', say.refused.forged!)
    await next()
  })
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
  const reader = { name: actor.name, token, groups: session.groups }
  c.set('reader', reader)
  return reader
}

/** What the fields of a form have that somebody types into. */
export async function typedIn(c: AppContext): Promise<Typed> {
  const { comment, details } = await c.req.parseBody()
  return {
    ...(typeof comment === 'string' && comment !== '' && { comment }),
    ...(typeof details === 'string' && details !== '' && { details }),
  }
}
