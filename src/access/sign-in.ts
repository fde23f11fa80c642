import type { Ctx, Role } from '../context.ts'
import { Refusal } from '../refusal.ts'
import { isReserved } from '../reserved.ts'
import type { Claimed } from './claims.ts'
import { mostMembers, selectFilledGroups } from './groups.store.ts'
import { knownAs } from './known-as.ts'
import { changePerson, createPerson, type PersonFacts } from './people.ts'
import { groupsOfSubject, mostGroups, selectSubject, type Person } from './people.store.ts'
import { selectTenant } from './tenants.store.ts'

/** A group that tokens fill, and how many members it has. */
type Filled = Awaited<ReturnType<typeof readSubject>>['filled'][number]

/**
 * Whoever signs in with a token, as the database has them, and the groups that matter to what their token says.
 *
 * @returns `person` also where they are disabled, deleted or erased
 */
export async function readSubject(ctx: Ctx, { issuer, subject, groups }: Claimed) {
  const known = await knownAs(ctx, issuer, subject)
  const { people, filled = [] } = await ctx.db.batch({
    people: selectSubject(ctx, known),
    filled: groups && selectFilledGroups(ctx, groups, groupsOfSubject(ctx, known)),
  })
  return { person: people[0], filled }
}

/**
 * Has the database say of a person what their token says: makes them with the first one, and changes what is different
 * with a later one. Says nothing of who is disabled or deleted.
 *
 * @param ctx of the tenant that the token names, writing, as the service itself
 * @throws Refusal `unauthorized` where there is no such tenant
 */
export async function signIn(ctx: Ctx, claimed: Claimed): Promise<Person> {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const { person, filled } = await readSubject(ctx, claimed)
    if (person) return follow(ctx, claimed, person, filled)
    const [tenant] = await ctx.db.run(selectTenant(ctx))
    if (!tenant) throw new Refusal('unauthorized', 'The token names a tenant that does not exist.')
    const made = await make(ctx, claimed, filled).catch(unlessRefused)
    if (made) return made
  }
  throw new Refusal('storage_unavailable', 'Others are changing the person who has signed in; try again.')
}

/**
 * What of a person is to be changed by what their token says; null where nothing is, or a newer one has said it. Of two
 * tokens of one second nobody knows which is newer: the second to come gives nothing, and takes what it does not say.
 */
export function changeBy(claimed: Claimed, person: Person, filled: readonly Filled[]): Partial<PersonFacts> | null {
  const claimedAt = person.claimed_at ?? 0
  if (person.disabled || claimed.issuedAt < claimedAt) return null
  const mayGive = claimed.issuedAt > claimedAt
  const { name, email, saysRoles, groups } = claimed
  const [rolesBefore, before] = [JSON.parse(person.roles) as Role[], JSON.parse(person.groups) as string[]]
  const roles = claimed.roles.filter((role) => mayGive || rolesBefore.includes(role))
  const after = groups ? grouped(before, groups, filled).filter((id) => mayGive || before.includes(id)) : before
  const change: Partial<PersonFacts> = {
    ...(mayGive && name !== undefined && name !== person.name && { name }),
    ...(mayGive && email !== undefined && email !== person.email && { email }),
    ...(saysRoles && differ(roles, rolesBefore) && { roles }),
    ...(differ(before, after) && { groups: after }),
  }
  return Object.keys(change).length > 0 ? change : null
}

function make(ctx: Ctx, claimed: Claimed, filled: readonly Filled[]): Promise<Person> {
  const { issuer, subject, issuedAt, roles, groups = [], name = nameBySubject(subject), email = null } = claimed
  const facts = { name, email, kind: 'human' as const, roles, groups: grouped([], groups, filled), disabled: false }
  return createPerson(ctx, facts, { issuer, subject, claimed_at: issuedAt })
}

/** What somebody is called whose token does not say; never as the service calls itself. */
function nameBySubject(subject: string): string {
  return (isReserved(subject) ? `subject ${subject}` : subject).slice(0, 200)
}

/** The one who signs in is let in as they are where the change is refused: with no more than their token says. */
async function follow(ctx: Ctx, claimed: Claimed, person: Person, filled: readonly Filled[]): Promise<Person> {
  if (!changeBy(claimed, person, filled)) return person
  const apply = (more: readonly Role[] = []) =>
    changePerson(
      ctx,
      person.id,
      (seen) => {
        const change = changeBy(claimed, seen, filled)
        return change?.roles ? { ...change, roles: [...change.roles, ...more] } : change
      },
      null,
      claimed.issuedAt,
    )
  try {
    return await apply()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    console.error({ message: 'what a token says could not be stored', person: person.id, error: error.message })
    // The tenant's last admin key is theirs: it stays, and so does the role that it needs.
    if (error.code !== 'last_admin_key') return person
    return (await apply(['admin']).catch(unlessRefused)) ?? person
  }
}

/** A person's groups when their token has said which of those that tokens fill they are in. */
function grouped(before: readonly string[], claimed: readonly string[], filled: readonly Filled[]): string[] {
  const members = new Map(filled.map((group) => [group.id, group.members]))
  const stays = before.filter((id) => !members.has(id) || claimed.includes(id))
  const joins = claimed.filter((id) => !before.includes(id) && (members.get(id) ?? mostMembers) < mostMembers)
  return [...stays, ...joins].slice(0, Math.max(mostGroups, stays.length))
}

function differ(one: readonly string[], other: readonly string[]): boolean {
  return one.length !== other.length || one.some((id) => !other.includes(id))
}

function unlessRefused(error: unknown): undefined {
  if (!(error instanceof Refusal)) throw error
  return undefined
}
