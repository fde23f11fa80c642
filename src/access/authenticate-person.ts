import type { Role } from '../context.ts'
import type { Db } from '../db/open-db.ts'
import { selectPersonNow, type PersonNow } from './access.store.ts'
import { changesSoFar, isRecent, remembering, trustMs, type Authenticated } from './authenticate.ts'
import { subjectKey } from './good-keys.ts'

/** Somebody who has signed in with a token before. `roles` is what it said; null where roles are not its to say. */
export interface SignedInBefore {
  tenantId: string
  personId: string
  roles: readonly Role[] | null
}

const memory = remembering<{ person: PersonNow; readAt: number }>()

/**
 * Who somebody is now who has signed in with a token before, and shows that by something else: a session.
 *
 * @param beforeLookUp asked first where this isolate does not remember them; refuses by throwing
 * @returns null where they are disabled, or were deleted
 */
export async function authenticatePerson(
  db: Db,
  { tenantId, personId, roles }: SignedInBefore,
  now: number,
  beforeLookUp: () => Promise<void>,
): Promise<Authenticated | null> {
  const keyId = subjectKey(tenantId, personId)
  const known = memory.get(keyId)
  if (!known) await beforeLookUp()
  const asOf = changesSoFar()
  const isKnown = known && isRecent(known.readAt, trustMs, now)
  const person = isKnown ? known.person : (await db.run(selectPersonNow(db, tenantId, personId)))[0]
  if (!person) return null
  if (!isKnown) memory.keep(keyId, { person, readAt: now }, asOf)
  const has = JSON.parse(person.roles) as Role[]
  const actor = {
    tenantId,
    userId: personId,
    name: person.name,
    roles: roles ? has.filter((role) => roles.includes(role)) : has,
    instanceId: null,
    keyMadeBy: null,
    groups: JSON.parse(person.groups) as string[],
  }
  return { keyId, actor, groups: actor.groups, goodUntil: null, firstUseOn: null }
}
