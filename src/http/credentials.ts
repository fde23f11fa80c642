import { isTrustworthy, oidcSettings, type OidcSettings } from '../access/oidc-settings.ts'
import { Refusal } from '../refusal.ts'
import type { AppContext } from './environment.ts'
import { namedOrigins } from './methods.ts'

/** What a request says of who sends it. */
export type Credentials = { key: string } | { token: string; settings: OidcSettings }

/** Three parts in base64url, as the compact serialization of RFC 7515 has them. */
export const isToken = /^[\w-]+\.[\w-]+\.[\w-]*$/

/**
 * The key or the token that a request carries: as RFC 6750 sends either, or a key in `X-API-Key`, or, where the request
 * has come through Cloudflare Access, the token that Access has added.
 *
 * @returns null where there is nothing of all that
 * @throws Refusal `sign_in_unavailable` where it is a token and they are configured wrongly, `cross_origin`
 */
export function presented(c: AppContext): Credentials | null {
  const bearer = /^Bearer +(\S+) *$/i.exec(c.req.header('Authorization') ?? '')?.[1]
  const key = bearer ?? c.req.header('X-API-Key')
  const assertion = key ? undefined : c.req.header('Cf-Access-Jwt-Assertion')
  const token = assertion ?? (bearer !== undefined && isToken.test(bearer) ? bearer : undefined)
  const settings = token ? oidcSettings(c.env) : null
  if (token && settings) {
    if (assertion) refuseOtherSites(c)
    return { token, settings }
  }
  return key ? { key } : null
}

/**
 * Refuses what a page of another site has sent, by `Origin` and `Sec-Fetch-Site`: Access adds its token to whatever a
 * browser sends with its cookie, and a page may call what listens on the machine of whoever looks at it.
 *
 * @throws Refusal `cross_origin`
 */
export function refuseOtherSites(c: AppContext): void {
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return
  const origin = c.req.header('Origin')
  const site = c.req.header('Sec-Fetch-Site')
  const known = [...ownOrigins(c), ...namedOrigins(c)]
  const isOurs = origin === undefined ? site === undefined || site === 'same-origin' : known.includes(origin)
  if (!isOurs) {
    throw new Refusal('cross_origin', `This ${c.req.method} was sent by a page of ${origin ?? 'another site'}.`)
  }
}

/**
 * Where this service's own pages come from. Where the request has gone to is one of these only by HTTPS or on this
 * machine: any other name may be another site's, and lead here for a while (DNS rebinding).
 */
function ownOrigins(c: AppContext): string[] {
  const here = new URL(c.req.url).origin
  const named = URL.parse(c.env.PUBLIC_URL)?.origin
  return [...(isTrustworthy(here) ? [here] : []), ...(named === undefined ? [] : [named])]
}
