import type { JWTPayload } from 'jose'
import { roles as allRoles, type Role } from '../context.ts'
import { namesIn } from '../json-pointer.ts'
import { Refusal } from '../refusal.ts'
import { isReserved } from '../reserved.ts'
import type { Mapping, OidcSettings } from './oidc-settings.ts'

/** What a token says of who sends it, in this service's terms. */
export interface Claimed {
  tenantId: string
  issuer: string
  subject: string
  /** Undefined where the token does not say, or says one of the service's own. */
  name: string | undefined
  email: string | undefined
  roles: readonly Role[]
  /** Whether the roles are the token's to say, or only what a new person begins with. */
  saysRoles: boolean
  /** Ids; undefined where groups are not the token's to say. */
  groups: readonly string[] | undefined
  /** When the token was issued, in milliseconds. */
  issuedAt: number
  /** Until when it is taken, in milliseconds. */
  goodUntil: number
}

/** By how much the issuer's clock and this one may differ, in seconds. */
export const skew = 60

/** How many values of one claim are looked at. */
const mostValues = 1_000

/**
 * What the claims of a token mean.
 *
 * @param claims of a token that has been verified, with `sub`, `iat` and `exp`
 * @throws Refusal `unauthorized` where they do not say who it is, or in which tenant
 */
export function readClaims(settings: OidcSettings, claims: JWTPayload, now: number): Claimed {
  const { sub, iat = 0, exp = 0 } = claims
  // OpenID Connect Core, 2: at most 255 characters of ASCII.
  if (typeof sub !== 'string' || !/^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(sub))
    throw new Refusal('unauthorized', 'The token does not say who you are: sub must be 1–255 characters of ASCII.')
  if (iat > now / 1000 + skew) throw new Refusal('unauthorized', 'The token is not valid yet: see iat.')
  const { rolesClaim, groupsClaim, defaultRoles } = settings
  const claimed = rolesClaim === null ? [] : meant(valuesOf(claims, rolesClaim), settings.rolesBy)
  return {
    tenantId: tenantOf(settings, claims),
    issuer: settings.issuer,
    subject: sub,
    name: nameIn(claims),
    email: emailIn(claims.email),
    roles: allRoles.filter((role) => defaultRoles.includes(role) || claimed.includes(role)),
    saysRoles: rolesClaim !== null,
    groups: groupsClaim === null ? undefined : meant(valuesOf(claims, groupsClaim), settings.groupsBy),
    issuedAt: Math.max(0, Math.floor(iat * 1000)),
    goodUntil: Math.floor((exp + skew) * 1000),
  }
}

function tenantOf({ tenant }: OidcSettings, claims: JWTPayload): string {
  if ('id' in tenant) return tenant.id
  const [id, ...others] = valuesOf(claims, tenant.claim)
  if (id === undefined || others.length > 0)
    throw new Refusal('unauthorized', `The token's claim ${tenant.claim} does not name a tenant.`)
  return id
}

/** The texts of a claim: one, or a list of them. */
function valuesOf(claims: JWTPayload, claim: string): string[] {
  let value: unknown = claims
  for (const name of claim.startsWith('/') ? namesIn(claim) : [claim]) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return []
    value = (value as Record<string, unknown>)[name]
  }
  return [value]
    .flat()
    .slice(0, mostValues)
    .filter((one) => typeof one === 'string')
}

function meant(values: readonly string[], by: Mapping | null): string[] {
  return [...new Set(by === null ? values : values.flatMap((value) => by.get(value) ?? []))]
}

/** The first name that a token has for who sends it, but for those of the service itself. */
function nameIn({ name, preferred_username, email }: JWTPayload): string | undefined {
  return [name, preferred_username, email].map(shortText).find((text) => text !== undefined && !isReserved(text))
}

/** A text to be shown, without what nobody sees. */
function shortText(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  return (
    value
      .toWellFormed()
      .replaceAll(/[\p{Cc}\p{Cf}]/gu, '')
      .trim()
      .slice(0, 200) || undefined
  )
}

function emailIn(value: unknown): string | undefined {
  const email = shortText(value)
  return email !== undefined && email.length <= 254 && /^[^\s@]+@[^\s@]+$/.test(email) ? email : undefined
}

/** A claim of a token whose signature nobody has verified; undefined where it cannot be read. */
export function unverified(token: string, claim: keyof JWTPayload): unknown {
  try {
    const bytes = Uint8Array.fromBase64(token.split('.')[1] ?? '', { alphabet: 'base64url' })
    return (JSON.parse(new TextDecoder().decode(bytes)) as JWTPayload | null)?.[claim]
  } catch {
    return undefined
  }
}
