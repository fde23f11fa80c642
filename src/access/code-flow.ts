import { Refusal } from '../refusal.ts'
import { sha256 } from '../sha256.ts'
import { unverified } from './claims.ts'
import { discover, fetchJson } from './discovery.ts'
import type { OidcSettings } from './oidc-settings.ts'

/*
 * Signing in at the issuer: the authorization code flow of OpenID Connect Core, 3.1, with PKCE (RFC 7636). All that is
 * kept meanwhile is the verifier, by the browser alone.
 */

/** Settings under which people may be sent to the issuer. */
export type WithClient = OidcSettings & { client: object }

/** A new verifier: random, 256 bits. */
export function newVerifier(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)))
}

/**
 * Where somebody is sent to sign in.
 *
 * @param returnTo where they come back, with a code
 * @throws Refusal `sign_in_unavailable`
 */
export async function authorizationUrl(settings: WithClient, verifier: string, returnTo: string): Promise<string> {
  const url = new URL(await orUnavailable(settings, discover(settings.issuer, 'authorization_endpoint')))
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
  const parameters = {
    response_type: 'code',
    client_id: settings.client.id,
    redirect_uri: returnTo,
    scope: 'openid profile email',
    state: await stateOf(verifier),
    nonce: await nonceOf(verifier),
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

/** What comes back with the code, and shows that it was this browser that was sent. */
export async function stateOf(verifier: string): Promise<string> {
  return (await sha256(`state:${verifier}`)).slice(0, 32)
}

/**
 * The ID token that a code is good for, once.
 *
 * @throws Refusal `unauthorized` where the issuer does not take the code, `sign_in_unavailable`
 */
export async function redeemCode(
  settings: WithClient,
  { code, verifier, returnTo }: { code: string; verifier: string; returnTo: string },
): Promise<string> {
  const { id, secret } = settings.client
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: returnTo,
    code_verifier: verifier,
    client_id: id,
  })
  const headers: Record<string, string> = secret === null ? {} : { Authorization: basic(id, secret) }
  const endpoint = await orUnavailable(settings, discover(settings.issuer, 'token_endpoint'))
  const answer = await fetchJson<{ id_token?: unknown }>(endpoint, { method: 'POST', body, headers }).catch(noted)
  const token = answer?.id_token
  if (typeof token !== 'string' || (await nonceOf(verifier)) !== unverified(token, 'nonce')) {
    throw new Refusal('unauthorized', 'The issuer did not accept the code.')
  }
  return token
}

/** OpenID Connect Core, 3.1.2.1: so that a token is of no other sign-in than this. */
async function nonceOf(verifier: string): Promise<string> {
  return (await sha256(`nonce:${verifier}`)).slice(0, 32)
}

/** RFC 6749, 2.3.1. */
function basic(id: string, secret: string): string {
  const encoded = [id, secret].map((one) => new URLSearchParams({ '': one }).toString().slice(1))
  return `Basic ${btoa(encoded.join(':'))}`
}

function base64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: 'base64url', omitPadding: true })
}

function noted(error: unknown): null {
  console.error({ message: 'a code could not be redeemed', error: String(error) })
  return null
}

async function orUnavailable<T>({ issuer }: OidcSettings, found: Promise<T>): Promise<T> {
  try {
    return await found
  } catch (error) {
    console.error({ message: 'the issuer does not say where one signs in', issuer, error: String(error) })
    throw new Refusal('sign_in_unavailable', `The issuer ${issuer} cannot be reached just now.`)
  }
}
