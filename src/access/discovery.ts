import { second } from '../durations.ts'
import { isTrustworthy } from './oidc-settings.ts'

/** How long an issuer may take to answer. */
export const timeoutMs = 5 * second

/**
 * Where an issuer has something, as its discovery document says (OpenID Connect Discovery 1.0, 4).
 *
 * @throws Error with the reason, where it does not say so
 */
export async function discover(issuer: string, what: 'jwks_uri' | Endpoint): Promise<string> {
  const found = await fetchJson<Record<string, unknown>>(
    `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
  )
  if (found.issuer !== issuer) throw new Error(`its discovery document is of ${JSON.stringify(found.issuer)}`)
  const url = found[what]
  if (typeof url !== 'string' || !isTrustworthy(url)) throw new Error(`its ${what} is no https URL`)
  return url
}

type Endpoint = 'authorization_endpoint' | 'token_endpoint'

/** JSON from an issuer. @throws Error where it answers anything else in time */
export async function fetchJson<T>(url: string, init: RequestInit = {}): Promise<T> {
  const answer = await fetch(url, {
    ...init,
    headers: { Accept: 'application/json', ...init.headers },
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  })
  if (answer.status === 200) return answer.json()
  await answer.body?.cancel()
  throw new Error(`${url} answered ${answer.status}`)
}
