import { createContext, directory, type Ctx, type Role } from '../context.ts'
import { openDb, type Db } from '../db/open-db.ts'
import { sha256 } from '../sha256.ts'
import { changesSoFar, isRecent, remembering, trustMs, type Authenticated } from './authenticate.ts'
import type { Claimed } from './claims.ts'
import { subjectKey } from './good-keys.ts'
import type { OidcSettings } from './oidc-settings.ts'
import type { Person } from './people.store.ts'
import { changeBy, readSubject, signIn } from './sign-in.ts'
import { verifyToken } from './verify-token.ts'

/** What a token has been found to say, and of whom. */
interface Known {
  settings: OidcSettings
  claimed: Claimed
  person: Person
  readAt: number
}

const memory = remembering<Known>()

/**
 * Finds out who sends a token of the configured issuer. What it says is stored when it is sent first; from then on it
 * costs what a key costs.
 *
 * @param db where the person is looked for; what has to be written is written to the primary, and counted here
 * @param beforeLookUp asked first where this isolate does not remember the token as a good one; refuses by throwing
 * @returns null where its person is disabled, or was deleted
 * @throws Refusal `unauthorized` with what is wrong with the token, `sign_in_unavailable`
 */
export async function authenticateToken(
  env: Env,
  db: Db,
  settings: OidcSettings,
  token: string,
  now: number,
  beforeLookUp: () => Promise<void>,
): Promise<Authenticated | null> {
  const hash = await sha256(token)
  const seen = memory.get(hash)
  const known = seen?.settings === settings && seen.claimed.goodUntil > now ? seen : undefined
  if (!known) await beforeLookUp()
  if (known && isRecent(known.readAt, trustMs, now)) return authenticated(known)
  const asOf = changesSoFar()
  const claimed = await verifyToken(settings, token, now)
  const ctx = (db: Db) => asService(env, db, claimed.tenantId, now)
  const { person, filled } = await readSubject(ctx(db), claimed)
  const isTold = person !== undefined && changeBy(claimed, person, filled) === null
  const primary = isTold ? undefined : openDb(directory(env, claimed.tenantId), 'first-primary', db.cost)
  const found: Known = {
    settings,
    claimed,
    person: primary ? await signIn(ctx(primary), claimed) : person!,
    readAt: now,
  }
  if (found.person.disabled) return null
  memory.keep(hash, found, asOf)
  return authenticated(found, primary)
}

/** A role counts as long as the token says it and the person has it. */
function authenticated({ claimed, person }: Known, db?: Db): Authenticated {
  const { tenantId, saysRoles, goodUntil } = claimed
  const has = JSON.parse(person.roles) as Role[]
  const actor = {
    tenantId,
    userId: person.id,
    name: person.name,
    roles: saysRoles ? has.filter((role) => claimed.roles.includes(role)) : has,
    instanceId: null,
    keyMadeBy: null,
    groups: JSON.parse(person.groups) as string[],
  }
  const keyId = subjectKey(tenantId, person.id)
  return { keyId, actor, groups: actor.groups, goodUntil, firstUseOn: null, ...(db && { db }) }
}

/** Who signs in is made and changed by the service itself. */
function asService(env: Env, db: Db, tenantId: string, now: number): Ctx {
  const userId = 'system:oidc'
  const actor = { tenantId, userId, name: userId, roles: [], instanceId: null, keyMadeBy: null }
  return createContext(env, { actor, db, now, requestId: crypto.randomUUID() })
}
