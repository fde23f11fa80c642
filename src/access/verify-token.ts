import { jwtVerify } from 'jose/jwt/verify'
import { Refusal } from '../refusal.ts'
import { readClaims, skew, unverified, type Claimed } from './claims.ts'
import { signingKey } from './key-set.ts'
import type { OidcSettings } from './oidc-settings.ts'

/** What an issuer may sign with: never what whoever knows its published keys could sign with, too. */
const algorithms = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ')

/** What kinds of tokens say who sends them: ID tokens, and access tokens (RFC 9068). */
const kinds = /^(application\/)?(at\+)?jwt$/i

/** Longer ones are not looked at. */
const longest = 16 * 1024

/** Why a token is refused, by the code of jose's error. */
const reasons: Record<string, string> = {
  ERR_JWT_EXPIRED: 'has expired',
  ERR_JOSE_ALG_NOT_ALLOWED: `is not signed with one of ${algorithms.join(', ')}`,
  ERR_JWKS_NO_MATCHING_KEY: 'is signed with a key that its issuer does not publish',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'does not say which of its issuer’s keys it is signed with (kid)',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'has an invalid signature',
}

/**
 * Verifies a JSON Web Token (RFC 7519, RFC 8725) and reads its claims.
 *
 * @throws Refusal `unauthorized` with the reason, `sign_in_unavailable` where the issuer's keys cannot be had
 */
export async function verifyToken(settings: OidcSettings, token: string, now: number): Promise<Claimed> {
  if (token.length > longest) throw refused(`is longer than ${longest} characters`)
  // Before any key is fetched: what somebody else has issued is not worth it.
  if (unverified(token, 'iss') !== settings.issuer) throw refused(`was not issued by ${settings.issuer}`)
  try {
    const { payload, protectedHeader } = await jwtVerify(token, (...its) => signingKey(settings, ...its), {
      algorithms,
      issuer: settings.issuer,
      audience: [...settings.audiences],
      requiredClaims: ['sub', 'iat', 'exp'],
      clockTolerance: skew,
      currentDate: new Date(now),
    })
    if (protectedHeader.typ !== undefined && !kinds.test(protectedHeader.typ))
      throw refused('has a type (typ) that is not accepted')
    return readClaims(settings, payload, now)
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw refused(reasonOf(error as { code?: string; claim?: string; reason?: string }))
  }
}

function reasonOf({ code = '', claim, reason }: { code?: string; claim?: string; reason?: string }): string {
  if (code !== 'ERR_JWT_CLAIM_VALIDATION_FAILED') return reasons[code] ?? 'cannot be read'
  if (reason === 'missing') return `has no claim ${claim}`
  return claim === 'nbf' ? 'is not valid yet' : `has the wrong ${claim}`
}

function refused(why: string): Refusal {
  return new Refusal('unauthorized', `The token ${why}.`)
}
