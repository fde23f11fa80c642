import { roles as allRoles, type Role } from '../context.ts'
import { Refusal } from '../refusal.ts'

/**
 * Whose tokens are taken, and what their claims mean here. A claim is named, or pointed at (RFC 6901) where it is
 * inside another.
 */
export interface OidcSettings {
  issuer: string
  /** Of a token's audiences one has to be one of these. */
  audiences: readonly string[]
  /** Where the issuer publishes its keys; null where its discovery document says so. */
  keysUrl: string | null
  /** The one tenant of everybody who signs in, or the claim that names it. */
  tenant: { id: string } | { claim: string }
  /** What everybody has who signs in; all that tokens say of roles where there is no claim for them. */
  defaultRoles: readonly Role[]
  rolesClaim: string | null
  /** What a value of the roles' claim means; null where it is a role by itself. */
  rolesBy: Mapping | null
  groupsClaim: string | null
  /** The same for groups, by their ids. */
  groupsBy: Mapping | null
  /** What this service is to the issuer, where people are sent there from the desk to sign in. */
  client: { id: string; secret: string | null } | null
}

/** What a claim's value stands for. */
export type Mapping = ReadonlyMap<string, readonly string[]>

const variables = [
  'OIDC_ISSUER',
  'OIDC_AUDIENCE',
  'OIDC_JWKS_URL',
  'OIDC_TENANT',
  'OIDC_TENANT_CLAIM',
  'OIDC_DEFAULT_ROLES',
  'OIDC_ROLES_CLAIM',
  'OIDC_ROLE_MAP',
  'OIDC_GROUPS_CLAIM',
  'OIDC_GROUP_MAP',
  'OIDC_CLIENT_ID',
  'OIDC_CLIENT_SECRET',
] as const
type Variable = (typeof variables)[number]

let last: { text: string; settings: OidcSettings | null } | undefined

/**
 * Reads the variables whose names begin with `OIDC_`.
 *
 * @returns null where no issuer is set: then there are no tokens, only keys
 * @throws Refusal `sign_in_unavailable`, which says what is wrong with them
 */
export function oidcSettings(env: Env): OidcSettings | null {
  const given = Object.fromEntries(variables.map((name) => [name, (env[name] ?? '').trim()])) as Record<
    Variable,
    string
  >
  const text = JSON.stringify(given)
  if (last?.text !== text) last = { text, settings: given.OIDC_ISSUER === '' ? null : read(given) }
  return last.settings
}

function read(given: Record<Variable, string>): OidcSettings {
  const { OIDC_ISSUER, OIDC_JWKS_URL, OIDC_TENANT, OIDC_TENANT_CLAIM, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET } = given
  for (const name of ['OIDC_ISSUER', 'OIDC_JWKS_URL'] as const) {
    if (given[name] !== '' && !isTrustworthy(given[name])) return fault(name, 'must be an https URL')
  }
  // Its ID tokens are made for the client (OpenID Connect Core, 2).
  const audiences = [...listed(given.OIDC_AUDIENCE), ...listed(OIDC_CLIENT_ID)]
  if (audiences.length === 0)
    return fault('OIDC_AUDIENCE', 'must name the audience of the tokens that are accepted here')
  if ((OIDC_TENANT === '') === (OIDC_TENANT_CLAIM === ''))
    return fault('OIDC_TENANT', 'or OIDC_TENANT_CLAIM must be set, and not both')
  return {
    issuer: OIDC_ISSUER,
    audiences,
    keysUrl: OIDC_JWKS_URL || null,
    tenant: OIDC_TENANT === '' ? { claim: OIDC_TENANT_CLAIM } : { id: OIDC_TENANT },
    defaultRoles: inRoles('OIDC_DEFAULT_ROLES', listed(given.OIDC_DEFAULT_ROLES)),
    rolesClaim: given.OIDC_ROLES_CLAIM || null,
    rolesBy: mapping('OIDC_ROLE_MAP', given.OIDC_ROLE_MAP, (names) => inRoles('OIDC_ROLE_MAP', names)),
    groupsClaim: given.OIDC_GROUPS_CLAIM || null,
    groupsBy: mapping('OIDC_GROUP_MAP', given.OIDC_GROUP_MAP, (ids) => ids),
    client: OIDC_CLIENT_ID === '' ? null : { id: OIDC_CLIENT_ID, secret: OIDC_CLIENT_SECRET || null },
  }
}

/** Whether it is its owner who answers there: by https, or on this machine. */
export function isTrustworthy(url: string): boolean {
  const { protocol, hostname = '' } = URL.parse(url) ?? {}
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname))
}

function listed(text: string): string[] {
  return text.split(',').flatMap((one) => one.trim() || [])
}

function inRoles(name: Variable, given: readonly string[]): Role[] {
  const strange = given.find((one) => !allRoles.some((role) => role === one))
  return strange === undefined
    ? (given as Role[])
    : fault(name, `names the role ${strange}, which is not one of ${allRoles.join(', ')}`)
}

function mapping(name: Variable, text: string, check: (ids: string[]) => readonly string[]): Mapping | null {
  if (text === '') return null
  const entries = Object.entries(
    parsed(text) ?? fault(name, 'must be a JSON object, such as {"Approvers":["reviewer"]}'),
  )
  return new Map(
    entries.map(([value, ids]) => {
      const list = [ids].flat()
      if (!list.every((id) => typeof id === 'string'))
        return fault(name, `must map ${JSON.stringify(value)} to a text or a list of texts`)
      return [value, check(list)]
    }),
  )
}

function parsed(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && !Array.isArray(value) ? value : null
  } catch {
    return null
  }
}

function fault(name: Variable, what: string): never {
  throw new Refusal('sign_in_unavailable', `The variable ${name} ${what}.`)
}
