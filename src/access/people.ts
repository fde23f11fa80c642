import { recordIf, type Happening } from '../approvals/history.store.ts'
import type { Ctx, Role } from '../context.ts'
import { pageOf, type Page, type PageRequest } from '../db/page.ts'
import { onceIf } from '../idempotency/once.ts'
import { newId } from '../ids.ts'
import { invalidInput, Refusal, type Fault } from '../refusal.ts'
import { forgetKeys } from './authenticate.ts'
import { mostMembers, regroupPerson, selectKnownGroups } from './groups.store.ts'
import { recordRevokedKeysOf, revokeKeysOf } from './keys.store.ts'
import { insertPerson, selectPeople, selectPerson, updatePerson, wrotePerson, type Person } from './people.store.ts'
import { regrouping, refuseStale, tries, type Tags } from './regrouping.ts'

/** What is known of a person, apart from the id. */
export interface PersonFacts {
  name: string
  email: string | null
  kind: Person['kind']
  roles: readonly Role[]
  groups: readonly string[]
  disabled: boolean
}

/** Who somebody is to an identity provider, and when the token was issued that says what is known of them. */
export interface ClaimedSubject {
  issuer: string
  subject: string
  claimed_at: number
}

/**
 * Makes a person.
 *
 * @param asked.id without one they get one
 * @param whose where they have signed in with a token
 * @throws Refusal `duplicate_id`, `invalid_input` (groups)
 */
export async function createPerson(
  ctx: Ctx,
  asked: PersonFacts & { id?: string | undefined },
  whose?: ClaimedSubject,
): Promise<Person> {
  const { issuer = null, subject = null, claimed_at = null } = whose ?? {}
  const person: Person = {
    ...stored(asked),
    id: asked.id ?? newId('usr'),
    version: 1,
    write_id: newId('wr'),
    created_at: ctx.now,
    updated_at: ctx.now,
    deleted_at: null,
    issuer,
    subject,
    claimed_at,
  }
  const { id } = person
  const { kind, roles, groups, disabled } = asked
  const written = wrotePerson(ctx, person)
  const created: Happening = {
    type: 'person.created',
    resourceId: id,
    from: null,
    to: state(person),
    data: { kind, roles, groups, disabled, ...(whose && { issuer, subject }) },
  }
  const made = await onceIf(
    ctx,
    person,
    [
      insertPerson(ctx, person),
      ...regroupPerson(ctx, id, { joined: asked.groups, left: [] }, written),
      recordIf(ctx, [created], written),
    ],
    written,
  )
  if (made) return made
  const faults = await groupFaults(ctx, asked.groups)
  if (faults.length > 0) throw invalidInput(faults)
  throw new Refusal('duplicate_id', `There is, or was, a person ${id}.`)
}

/**
 * Changes a person; what is undefined stays. Whom it takes a role from, or disables, has lost it with the next call of
 * each of their keys.
 *
 * @param change may depend on what they are; null changes nothing
 * @param claimedAt when the token was issued that says so
 * @throws Refusal `not_found`, `precondition_failed`, `invalid_input` (groups), `last_admin_key`
 */
export async function changePerson(
  ctx: Ctx,
  id: string,
  change: Partial<PersonFacts> | ((seen: Person) => Partial<PersonFacts> | null),
  tags: Tags,
  claimedAt?: number,
): Promise<Person> {
  return write(ctx, id, tags, (seen) => {
    const wanted = typeof change === 'function' ? change(seen) : change
    if (!wanted) return null
    const claimed_at = claimedAt ?? seen.claimed_at
    const next = { ...seen, ...stored({ ...facts(seen), ...wanted }), claimed_at }
    const { roles, kind } = wanted
    const changed = Object.keys(wanted).filter((name) => next[name as keyof Person] !== seen[name as keyof Person])
    if (changed.length === 0) return null
    const moved = next.disabled === seen.disabled ? 'updated' : next.disabled ? 'disabled' : 'enabled'
    return { next, type: `person.${moved}`, data: { changed, ...(roles && { roles }), ...(kind && { kind }) } }
  })
}

/**
 * Deletes a person. Their keys are revoked, their groups have them no more; what they did stays, under their name.
 *
 * @throws Refusal `not_found`, `precondition_failed`, `last_admin_key`
 */
export async function deletePerson(ctx: Ctx, id: string, tags: Tags): Promise<void> {
  await write(ctx, id, tags, (seen) => ({
    next: { ...seen, email: null, groups: '[]', disabled: 1, deleted_at: ctx.now },
    type: 'person.deleted',
    data: {},
  }))
}

/** @throws Refusal `not_found` */
export async function getPerson(ctx: Ctx, id: string): Promise<Person> {
  const [person] = await ctx.db.run(selectPerson(ctx, id))
  return person ?? missing(id)
}

export async function listPeople(ctx: Ctx, page: PageRequest): Promise<Page<Person>> {
  const rows = await ctx.db.run(selectPeople(ctx, page))
  return pageOf(rows, page, null, (person) => person)
}

/**
 * Which of these groups a person cannot join, and why.
 *
 * @param joined of those the ones that the person is not in already
 */
export async function groupFaults(ctx: Ctx, ids: readonly string[], joined = ids): Promise<Fault[]> {
  if (joined.length === 0) return []
  const known = await ctx.db.run(selectKnownGroups(ctx, ids))
  const members = new Map(known.map((one) => [one.id, one.members]))
  return ids.flatMap((id, index): Fault[] => {
    const fault = (message: string) => [
      { in: 'body' as const, pointer: `/groups/${index}`, message, type: 'value_error' },
    ]
    if (!members.has(id)) return fault(`there is no group ${id}`)
    return members.get(id)! < mostMembers || !joined.includes(id)
      ? []
      : fault(`${id} already has ${mostMembers} members`)
  })
}

/** What is to become of a person, and the event that says so; null where nothing is. */
type Plan = { next: Person; type: Happening['type']; data: Record<string, unknown> } | null

/** Writes what is planned for the person as read, and plans again where somebody else has written meanwhile. */
async function write(ctx: Ctx, id: string, tags: Tags, plan: (seen: Person) => Plan): Promise<Person> {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const seen = await getPerson(ctx, id)
    refuseStale(tags, seen.version)
    const planned = plan(seen)
    if (!planned) return seen
    const next = { ...planned.next, write_id: newId('wr') }
    const groups = regrouping(seen.groups, next.groups)
    const written = wrotePerson(ctx, next)
    const data = { ...planned.data, ...(groups.joined.length + groups.left.length > 0 && { groups }) }
    const happening = { type: planned.type, resourceId: id, from: state(seen), to: state(next), data }
    const isGone = next.deleted_at !== null
    const { now } = await ctx.db.batch({
      changed: updatePerson(ctx, seen, next, groups.joined, administers(seen) && !administers(next)),
      groups: regroupPerson(ctx, id, groups, written),
      event: recordIf(ctx, [happening], written),
      keyEvents: isGone ? recordRevokedKeysOf(ctx, id, written) : undefined,
      keys: isGone ? revokeKeysOf(ctx, id, written) : undefined,
      now: selectPerson(ctx, id),
    })
    forgetKeys()
    const [person] = now
    if (isGone && !person) return next
    if (person?.write_id === next.write_id) return person
    if (person?.version !== seen.version) continue
    const faults = await groupFaults(ctx, JSON.parse(next.groups) as string[], groups.joined)
    if (faults.length > 0) throw invalidInput(faults)
    throw new Refusal(
      'last_admin_key',
      `The last admin key belongs to ${id}; make another first, one that lasts at least as long.`,
    )
  }
  throw new Refusal('storage_unavailable', `Others keep changing ${id}; try again.`)
}

function administers({ roles, disabled }: Person): boolean {
  return !disabled && (JSON.parse(roles) as Role[]).includes('admin')
}

function state({ disabled, deleted_at }: Person): string {
  return deleted_at !== null ? 'deleted' : disabled ? 'disabled' : 'active'
}

function facts({ name, email, kind, roles, groups, disabled }: Person): PersonFacts {
  return { name, email, kind, roles: JSON.parse(roles), groups: JSON.parse(groups), disabled: disabled === 1 }
}

function stored({ name, email, kind, roles, groups, disabled }: PersonFacts) {
  return {
    name,
    email,
    kind,
    roles: JSON.stringify(roles),
    groups: JSON.stringify(groups),
    disabled: Number(disabled),
  }
}

function missing(id: string): never {
  throw new Refusal('not_found', `There is no person ${id}.`)
}
