import { env } from 'cloudflare:workers'
import { exportJWK, generateKeyPair, SignJWT, type JWK, type JWTPayload } from 'jose'
import { createApp } from '../../src/app.ts'
import { inPlaceOf } from './outside.ts'
import { promised } from './promised.ts'
import type { Answer, Call, Tenant } from './tenant.ts'

/** An identity provider, on the other side of the Worker's fetch. */
export interface Issuer {
  url: string
  /** What it publishes. */
  published: JWK[]
  /** Everything that was fetched from it. */
  fetched: string[]
  /** Whether it answers with 503. */
  isDown: boolean
  /** A token with these claims over the usual ones; what is undefined is left out. */
  token(claims?: JWTPayload, header?: object): Promise<string>
  /** Somebody signs in there who was sent to this address. @returns where that leads back to */
  letsIn(address: string, claims?: JWTPayload): Promise<string>
  /** Signs with a key of its own from now on, which is published unless it says otherwise. */
  rotate(isPublished?: boolean): Promise<void>
}

export const audience = 'countersign'

const codes = new Map<string, { id_token: string; challenge: string; redirect_uri: string }>()

export async function newIssuer(host = `id-${crypto.randomUUID().slice(0, 8)}.example`): Promise<Issuer> {
  const url = `https://${host}`
  let [privateKey, kid]: [CryptoKey | undefined, string] = [undefined, '']
  const issuer: Issuer = {
    url,
    published: [],
    fetched: [],
    isDown: false,
    async rotate(isPublished = true) {
      const pair = await generateKeyPair('ES256')
      ;[privateKey, kid] = [pair.privateKey, crypto.randomUUID()]
      if (isPublished) issuer.published.push({ ...(await exportJWK(pair.publicKey)), kid, alg: 'ES256', use: 'sig' })
    },
    async letsIn(address, claims = {}) {
      const { redirect_uri, state, nonce, client_id, code_challenge } = Object.fromEntries(
        new URL(address).searchParams,
      )
      const code = crypto.randomUUID()
      const id_token = await issuer.token({ aud: client_id!, nonce, ...claims })
      codes.set(code, { id_token, challenge: code_challenge!, redirect_uri: redirect_uri! })
      return `${redirect_uri}?code=${code}&state=${state}`
    },
    async token(claims = {}, header = {}) {
      const now = Math.floor(Date.now() / 1000)
      const usual = { iss: url, aud: audience, sub: 'ada', iat: now, exp: now + 300 }
      return new SignJWT({ ...usual, ...claims }).setProtectedHeader({ alg: 'ES256', kid, ...header }).sign(privateKey!)
    },
  }
  await issuer.rotate()
  inPlaceOf(host, async (input, init) =>
    answerOf(issuer, new URL(input instanceof Request ? input.url : String(input)), init),
  )
  return issuer
}

async function answerOf(issuer: Issuer, url: URL, init?: RequestInit): Promise<Response> {
  issuer.fetched.push(url.pathname)
  if (issuer.isDown) return new Response('down', { status: 503 })
  if (url.pathname === '/.well-known/openid-configuration') {
    const [authorization_endpoint, token_endpoint] = [`${issuer.url}/authorize`, `${issuer.url}/token`]
    return Response.json({
      issuer: issuer.url,
      jwks_uri: `${issuer.url}/keys`,
      authorization_endpoint,
      token_endpoint,
    })
  }
  if (url.pathname === '/token') return redeemed(Object.fromEntries(init!.body as URLSearchParams))
  return Response.json({ keys: issuer.published })
}

/** RFC 6749, 4.1.3, and RFC 7636, 4.6: a code is good once, for whoever knows what its challenge was made of. */
async function redeemed({ code = '', code_verifier = '', redirect_uri }: Record<string, string>): Promise<Response> {
  const known = codes.get(code)
  codes.delete(code)
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(code_verifier))
  const challenge = new Uint8Array(digest).toBase64({ alphabet: 'base64url', omitPadding: true })
  const isGood = known?.challenge === challenge && known.redirect_uri === redirect_uri
  if (!isGood) return Response.json({ error: 'invalid_grant' }, { status: 400 })
  return Response.json({ token_type: 'Bearer', access_token: 'opaque', id_token: known.id_token })
}

/** The variables that have the service take this issuer's tokens; the tenant's, unless it says otherwise. */
export function trusting(issuer: Issuer, tenant: Tenant, more: Partial<Env> = {}) {
  return {
    OIDC_ISSUER: issuer.url,
    OIDC_AUDIENCE: audience,
    OIDC_TENANT: tenant.id,
    OIDC_DEFAULT_ROLES: 'member',
    ...more,
  }
}

/** The service with these variables, called with what is held against its document. */
export function serviceWith(variables: object) {
  const app = createApp()
  return async <T = any>(path: string, { method = 'GET', body, headers = {} }: Call = {}): Promise<Answer<T>> => {
    const request = {
      method,
      headers: { ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }
    const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} }
    const to = new Request(`https://countersign.test${path}`, request)
    const response = await app.fetch(to, { ...env, ...variables }, context as never)
    const text = await response.text()
    const json = response.headers.get('Content-Type')?.includes('json') ? JSON.parse(text) : text
    await promised(method, new URL(to.url).pathname, response, json)
    const count = (unit: string) =>
      Number(new RegExp(`\\b(\\d+)${unit}\\b`).exec(response.headers.get('Server-Timing') ?? '')?.[1])
    const cost = { queries: count('q'), rowsRead: count('r'), rowsWritten: count('w') }
    return { status: response.status, headers: response.headers, body: json, cost }
  }
}

/** What carries a token. */
export const bearing = (token: string) => ({ Authorization: `Bearer ${token}` })
