import { recordIf, type Happening } from '../approvals/history.store.ts'
import type { Ctx } from '../context.ts'
import { pageOf, type Page, type PageRequest } from '../db/page.ts'
import { onceIf } from '../idempotency/once.ts'
import { newId } from '../ids.ts'
import { invalidInput, Refusal, type Fault } from '../refusal.ts'
import { forgetKeys } from './authenticate.ts'
import { insertGroup, selectGroup, selectGroups, updateGroup, wroteGroup, type Group } from './groups.store.ts'
import { mostGroups, regroupPeople, roomyPeople, selectKnownPeople } from './people.store.ts'
import { regrouping, refuseStale, tries, type Tags } from './regrouping.ts'

/** What is known of a group, apart from the id. */
export interface GroupFacts {
  name: string
  member_ids: readonly string[]
  /** Whether tokens say who is in it. */
  filled_by_oidc: boolean
}

/**
 * Makes a group.
 *
 * @param asked.id without one it gets one
 * @throws Refusal `duplicate_id`, `invalid_input` (members)
 */
export async function createGroup(ctx: Ctx, asked: GroupFacts & { id?: string | undefined }): Promise<Group> {
  const { name, member_ids, filled_by_oidc } = asked
  const group: Group = {
    id: asked.id ?? newId('grp'),
    name,
    member_ids: JSON.stringify(member_ids),
    version: 1,
    write_id: newId('wr'),
    created_at: ctx.now,
    updated_at: ctx.now,
    deleted_at: null,
    filled_by_oidc: Number(filled_by_oidc),
  }
  const written = wroteGroup(ctx, group)
  const created: Happening = {
    type: 'group.created',
    resourceId: group.id,
    from: null,
    to: 'active',
    data: { name, joined: member_ids, left: [], ...(filled_by_oidc && { filled_by_oidc }) },
  }
  const made = await onceIf(
    ctx,
    group,
    [
      insertGroup(ctx, group, roomyPeople(ctx, member_ids)),
      ...regroupPeople(ctx, group.id, { joined: member_ids, left: [] }, written),
      recordIf(ctx, [created], written),
    ],
    written,
  )
  forgetKeys()
  if (made) return made
  const faults = await memberFaults(ctx, member_ids)
  if (faults.length > 0) throw invalidInput(faults)
  throw new Refusal('duplicate_id', `There is, or was, a group ${group.id}.`)
}

/**
 * Changes a group; what is undefined stays.
 *
 * @throws Refusal `not_found`, `precondition_failed`, `invalid_input` (members)
 */
export function changeGroup(ctx: Ctx, id: string, change: Partial<GroupFacts>, tags: Tags): Promise<Group> {
  return write(ctx, id, tags, change, null)
}

/** Deletes a group. Its members stay; its id is not used again. @throws Refusal `not_found`, `precondition_failed` */
export async function deleteGroup(ctx: Ctx, id: string, tags: Tags): Promise<void> {
  await write(ctx, id, tags, { member_ids: [] }, ctx.now)
}

/** @throws Refusal `not_found` */
export async function getGroup(ctx: Ctx, id: string): Promise<Group> {
  const [group] = await ctx.db.run(selectGroup(ctx, id))
  if (!group) throw new Refusal('not_found', `There is no group ${id}.`)
  return group
}

export async function listGroups(ctx: Ctx, page: PageRequest): Promise<Page<Group>> {
  const rows = await ctx.db.run(selectGroups(ctx, page))
  return pageOf(rows, page, null, (group) => group)
}

/**
 * Which of these cannot be members, and why.
 *
 * @param joined of those the ones that are not members already
 */
export async function memberFaults(ctx: Ctx, ids: readonly string[], joined = ids): Promise<Fault[]> {
  if (joined.length === 0) return []
  const known = await ctx.db.run(selectKnownPeople(ctx, ids))
  const groups = new Map(known.map((one) => [one.id, one.groups]))
  return ids.flatMap((id, index): Fault[] => {
    const fault = (message: string) => [
      { in: 'body' as const, pointer: `/member_ids/${index}`, message, type: 'value_error' },
    ]
    if (!groups.has(id)) return fault(`there is no person ${id}`)
    return groups.get(id)! < mostGroups || !joined.includes(id) ? [] : fault(`${id} is already in ${mostGroups} groups`)
  })
}

/** Writes a group as it is to be, and again where somebody else has written meanwhile. */
async function write(
  ctx: Ctx,
  id: string,
  tags: Tags,
  change: Partial<GroupFacts>,
  deletedAt: number | null,
): Promise<Group> {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const seen = await getGroup(ctx, id)
    refuseStale(tags, seen.version)
    const { name = seen.name, member_ids, filled_by_oidc = seen.filled_by_oidc === 1 } = change
    const memberIds = member_ids ? JSON.stringify(member_ids) : seen.member_ids
    const filled = Number(filled_by_oidc)
    const isRefilled = filled !== seen.filled_by_oidc
    const next = {
      ...seen,
      name,
      member_ids: memberIds,
      filled_by_oidc: filled,
      deleted_at: deletedAt,
      write_id: newId('wr'),
    }
    const members = regrouping(seen.member_ids, memberIds)
    const isGone = deletedAt !== null
    if (name === seen.name && memberIds === seen.member_ids && !isRefilled && !isGone) return seen
    const written = wroteGroup(ctx, next)
    const happening: Happening = {
      type: isGone ? 'group.deleted' : 'group.updated',
      resourceId: id,
      from: 'active',
      to: isGone ? 'deleted' : 'active',
      data: { name, ...members, ...(isRefilled && { filled_by_oidc }) },
    }
    const {
      group: [group],
    } = await ctx.db.batch({
      changed: updateGroup(ctx, seen, next, roomyPeople(ctx, members.joined)),
      people: regroupPeople(ctx, id, members, written),
      event: recordIf(ctx, [happening], written),
      group: selectGroup(ctx, id),
    })
    forgetKeys()
    if (isGone && !group) return next
    if (group?.write_id === next.write_id) return group
    const faults = await memberFaults(ctx, change.member_ids ?? [], members.joined)
    if (group?.version === seen.version && faults.length > 0) throw invalidInput(faults)
  }
  throw new Refusal('storage_unavailable', `Others keep changing ${id}; try again.`)
}
