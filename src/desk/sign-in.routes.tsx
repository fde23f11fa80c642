import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { tryDecodeURIComponent } from 'hono/utils/url'
import { authorizationUrl, newVerifier, redeemCode, stateOf, type WithClient } from '../access/code-flow.ts'
import { oidcSettings } from '../access/oidc-settings.ts'
import { isToken } from '../http/credentials.ts'
import type { AppContext } from '../http/environment.ts'
import { toRefusal } from '../http/problem.ts'
import { countAgainstAddress } from '../http/rate.ts'
import { createPlainRouter } from '../http/router.ts'
import { Refusal } from '../refusal.ts'
import { refusals } from '../refusals.ts'
import { approvalAt, ownPath, showApproval } from './answers.tsx'
import { endSession, openSession, type Opener } from './sessions.ts'
import { signInAgain } from './sign-in-again.tsx'
import type { SignIn } from './sign-in.page.tsx'
import { attributes, dropSession, readerOf, recognize, sessionSecret, setSession } from './signed-in.tsx'
import { say } from './wording.ts'

const begunCookie = '__Host-signing-in-'

/** Signing in, by a key, by a token, or at the issuer; and signing out. */
export const signInRoutes = createPlainRouter()

signInRoutes.get('/sign-in', async (c) => {
  const next = ownPath(c, c.req.query('next'))
  const demo = c.env.DEMO === 'on' ? c.req.query('demo') : undefined
  if (!demo && (await readerOf(c))) return c.redirect(next)
  return signInAgain(c, { next, ...(demo && { demo }) })
})

signInRoutes.post('/sign-in', async (c) => {
  const form = await c.req.parseBody()
  const next = ownPath(c, form.next)
  const typed = Object.fromEntries(
    ['comment', 'details'].flatMap((name) => {
      const value = form[`typed.${name}`]
      return typeof value === 'string' ? [[name, value]] : []
    }),
  )
  const key = typeof form.key === 'string' ? form.key.trim() : ''
  return orAgain(c, { next, typed }, async () => {
    const settings = isToken.test(key) ? oidcSettings(c.env) : null
    const reader = await open(c, settings ? { token: key, settings } : { key })
    const id = approvalAt(next)
    if (!reader || id === undefined || Object.keys(typed).length === 0) return c.redirect(next, 303)
    const { searchParams } = new URL(next, c.req.url)
    return showApproval(c, id, { typed }, 200, Object.fromEntries(searchParams))
  })
})

/** Leads to the issuer. What is needed when they come back is in a cookie of this time's, and nowhere else. */
signInRoutes.get('/sign-in/begin', async (c) => {
  const next = ownPath(c, c.req.query('next'))
  return orAgain(c, { next }, async () => {
    await countAgainstAddress(c)
    const settings = withClient(c)
    const verifier = newVerifier()
    await setBegun(c, { verifier, next })
    return c.redirect(await authorizationUrl(settings, verifier, callbackOf(c)))
  })
})

/**
 * Where the issuer leads back to, with a code or with an error (RFC 6749, 4.1.2). Whoever is signed in already, and
 * comes back a second time, is where everything is.
 */
signInRoutes.get('/sign-in/callback', async (c) => {
  const { code, state, error } = c.req.query()
  const before = await begunWith(c, state)
  const next = ownPath(c, before?.next)
  if (before) dropBegun(c, state!)
  return orAgain(c, { next }, async () => {
    await countAgainstAddress(c)
    const settings = withClient(c)
    if (!before && (await readerOf(c))) return c.redirect(next)
    if (!before) throw new Refusal('unauthorized', say.signIn.notBegun)
    if (code === undefined || error !== undefined) {
      throw new Refusal('unauthorized', say.signIn.refused(new URL(settings.issuer).host))
    }
    const token = await redeemCode(settings, { code, verifier: before.verifier, returnTo: callbackOf(c) })
    await open(c, { token, settings })
    return c.redirect(next)
  })
})

signInRoutes.post('/sign-out', async (c) => {
  await endSession(c.env, sessionSecret(c)!, Date.now())
  dropSession(c)
  return c.redirect(c.req.header('Cf-Access-Jwt-Assertion') ? '/cdn-cgi/access/logout' : '/sign-in', 303)
})

async function open(c: AppContext, opener: Opener) {
  const secret = await openSession(c.env, opener, Date.now(), () => countAgainstAddress(c))
  setSession(c, secret)
  return recognize(c, secret)
}

function withClient(c: AppContext): WithClient {
  const settings = oidcSettings(c.env)
  if (!settings?.client) throw new Refusal('not_found', say.refused.not_found!)
  return settings as WithClient
}

/** Where the issuer leads back to: it has to know the address beforehand. */
function callbackOf(c: AppContext): string {
  return `${new URL(c.req.url).origin}/sign-in/callback`
}

/** What the browser keeps while somebody is at the issuer: a cookie for each time, named by its `state`. */
interface Begun {
  verifier: string
  next: string
}

/** For how long it does, in seconds. */
const begunFor = 600

/** Of how many times: a browser does not send any number of cookies. */
const mostBegun = 5

async function setBegun(c: AppContext, { verifier, next }: Begun): Promise<void> {
  const states = [...cookiesOf(c).matchAll(new RegExp(`(?:^|; *)${begunCookie}(\\w+)=`, 'g'))].map(
    ([, state]) => state!,
  )
  // The oldest come first (RFC 6265, 5.4).
  for (const state of states.slice(0, 1 - mostBegun)) dropBegun(c, state)
  const begun = `${verifier}.${encodeURIComponent(next)}`
  const cookie = `${begunCookie}${await stateOf(verifier)}=${begun}; Max-Age=${begunFor}; ${attributes}`
  c.header('Set-Cookie', cookie, { append: true })
}

/** What was begun in this browser with that `state`. */
async function begunWith(c: AppContext, state: string | undefined): Promise<Begun | null> {
  if (state === undefined || !/^\w+$/.test(state)) return null
  const found = new RegExp(`(?:^|; *)${begunCookie}${state}=([\\w-]{43})\\.([^;]*)`).exec(cookiesOf(c))
  if (!found || (await stateOf(found[1]!)) !== state) return null
  return { verifier: found[1]!, next: tryDecodeURIComponent(found[2]!) }
}

function dropBegun(c: AppContext, state: string): void {
  c.header('Set-Cookie', `${begunCookie}${state}=; Max-Age=0; ${attributes}`, { append: true })
}

function cookiesOf(c: AppContext): string {
  return c.req.header('Cookie') ?? ''
}

/** What is done, or the sign-in again with what went wrong. */
async function orAgain(c: AppContext, asked: SignIn, act: () => Promise<Response>): Promise<Response> {
  try {
    return await act()
  } catch (error) {
    const { code, detail } = toRefusal(error)
    if (code !== 'unauthorized' && code !== 'forbidden' && code !== 'sign_in_unavailable') throw error
    const fault = code === 'forbidden' ? say.refused.bound! : detail
    return signInAgain(c, { ...asked, fault }, refusals[code][0] as ContentfulStatusCode)
  }
}
