import { sql, type SQL } from '../db/sql.ts'
import type { Ctx } from '../context.ts'
import type { Condition, Fragment } from '../db/open-db.ts'
import { behind, merged, type PageRequest } from '../db/page.ts'
import type { KindOfApprovals } from './policy.ts'
import { boundTo, seesAll, seesRestricted } from './restricted.ts'
import { versionsSeenBy, visible } from './restricted.store.ts'
import { isInTime } from './states.store.ts'
import { statuses, type Status } from './states.ts'

/** Which of a tenant's approvals a list shows, of those that the actor sees; every member that is set narrows it. */
export type ListFilter = { status?: Status | undefined; subjectId?: string | undefined } & (
  | {
      kinds: readonly KindOfApprovals[]
      /** Whether those are all kinds that there are. */
      areAll?: boolean
      requesterId?: undefined
      subjectType?: undefined
      type?: undefined
    }
  | OfOneKind
)

/** A family that lists by these has an index for it, in its migration. */
interface OfOneKind {
  kinds: readonly [KindOfApprovals]
  areAll?: undefined
  requesterId?: string | undefined
  subjectType?: string | undefined
  type?: string | undefined
}

const a = sql`a`

/**
 * A page of approvals, newest first, with all columns, as a table for a FROM clause. The narrowest of the filters picks
 * the index, the others are applied to what it finds. Each index has the status before the order: without one the
 * statuses are merged.
 *
 * @param more a further condition on the row `a`
 */
export function pageOfApprovals(ctx: Ctx, filter: ListFilter, page: PageRequest, more?: Condition): Fragment {
  return merged(storedParts(ctx, filter, page, more), page)
}

/** The parts of such a page, each in its order. */
function storedParts(ctx: Ctx, filter: ListFilter, page: PageRequest, more?: Condition): SQL[] {
  const among = filter.status === undefined ? statuses : [filter.status]
  const rest = sql`${behind(page, a)}${more ? sql` AND ${more}` : sql``}`
  return seen(ctx, filter).flatMap(({ index, isFor = statuses, condition }) =>
    among
      .filter((status) => isFor.includes(status))
      .map((status) => sql`${from(index)} ${is(status)} AND ${condition} AND ${rest}`),
  )
}

/** What the clocks of those say that come to be of a status by them. */
const clocks = { expired: sql`a.on_due IS 'expire'`, rejected: sql`a.on_due IS 'reject'` } as const

/**
 * The same as of now: what its clock has ended counts as expired, or as rejected, although no sweep has been by. It
 * leaves the pending ones, and joins those, sorted, as it comes in the order of its time.
 */
export function pageAsOfNow(ctx: Ctx, filter: ListFilter, page: PageRequest): Fragment {
  const { status } = filter
  if (status !== 'expired' && status !== 'rejected') {
    return pageOfApprovals(ctx, filter, page, status === 'pending' ? isInTime(ctx.now, a) : undefined)
  }
  const rest = sql`a.due_at IS NOT NULL AND ${clocks[status]} AND a.due_at <= ${ctx.now} AND ${behind(page, a)}`
  const unswept = seen(ctx, filter).flatMap(({ index, indexOfDue = index, condition }) =>
    indexOfDue === null ? [] : [sql`${from(indexOfDue)} a.status = 'pending' AND ${condition} AND ${rest}`],
  )
  return merged([...storedParts(ctx, filter, page), ...unswept], page)
}

/** A part of what an actor sees of a list, which no other part has: a condition on the row `a`, and an index for it. */
interface Part {
  index: string
  /** For those that are past their due time; without one the same, null where another part has them. */
  indexOfDue?: string | null
  /** Of which statuses it is; without them, of all. */
  isFor?: readonly Status[]
  condition: Condition
}

/**
 * What an actor sees of a list: what is not restricted, and of each kind that may be restricted what they see of that.
 * A key that is bound to an agent instance: what was asked through that.
 */
function seen(ctx: Ctx, filter: ListFilter): Part[] {
  const { actor } = ctx
  const { kinds, areAll } = filter
  const instance = boundTo(actor)
  const ofTenant = filtered(sql`${actor.tenantId}`, filter)
  if (instance !== null) {
    return kinds.map(({ kind }) => ({
      index: `approvals_of_${kind}_by_instance`,
      condition: sql`${ofTenant} AND ${isOneOf([kind])} AND a.instance_id = ${instance}`,
    }))
  }
  const plain = sql`a.restricted = 0 AND ${ofTenant}`
  const ofKinds = (some: typeof kinds) => sql`${plain} AND ${isOneOf(some.map(({ kind }) => kind))}`
  // The index over all kinds has what is not pending.
  const byKind = (kind: KindOfApprovals): Part => {
    return { index: indexFor(filter), indexOfDue: null, isFor: ['pending'], condition: ofKinds([kind]) }
  }
  const unrestricted: Part[] = areAll
    ? [
        { index: 'approvals_by_tenant', indexOfDue: 'approvals_due', isFor: notPending, condition: plain },
        ...kinds.map(byKind),
      ]
    : [{ index: indexFor(filter), indexOfDue: 'approvals_due', condition: ofKinds(kinds) }]
  const restricted = kinds
    .filter(({ restrictable }) => restrictable)
    .flatMap((kind) => restrictedParts(ctx, kind, filter))
  return [...unrestricted, ...restricted]
}

/**
 * What an actor sees of what is restricted of a kind. Where no policy holds, whoever decides the kind sees all of it;
 * where one does, whoever may vote; and everybody what they have asked for or sent.
 */
function restrictedParts(ctx: Ctx, kind: KindOfApprovals, filter: ListFilter): Part[] {
  const { actor } = ctx
  const { requesterId } = filter
  const index = restrictedIndexFor(filter)
  const isNarrowed = index !== ungoverned
  const ofKind = sql`a.restricted = 1 AND ${filtered(sql`${actor.tenantId}`, filter)} AND ${isOneOf([kind.kind])}`
  const asked = sql`a.requester_id = ${actor.userId}`
  const sent = sql`a.submitted_by = ${actor.userId}`
  const isMine = sql`(${asked} OR ${sent} IS TRUE)`
  const versions = versionsSeenBy(ctx, kind.kind)
  const isGoverned = sql`a.policy_version_id IS NOT NULL`
  const all = (one: string, condition: Condition) => ({ index: one, indexOfDue: 'approvals_restricted_due', condition })
  const own = (more: Condition): Part[] => [
    all('approvals_restricted_by_requester', sql`${ofKind} AND ${asked} AND ${more}`),
    all('approvals_restricted_by_sender', sql`${ofKind} AND ${sent} AND ${more}`),
  ]
  // Where there is no such version the tenant is NULL, and nothing is read.
  const ifAny = sql`(SELECT ${actor.tenantId} FROM (${versions}) LIMIT 1)`
  const votedOn = all(
    isNarrowed ? index : governed,
    sql`a.restricted = 1 AND ${filtered(ifAny, filter)} AND ${isOneOf([kind.kind])} AND ${isGoverned}
      AND a.policy_version_id IN (${versions}) AND NOT ${isMine}`,
  )
  if (!seesRestricted(actor, kind)) {
    const [ofMine, sentByMe] = own(sql`1`)
    if (requesterId === actor.userId) return [ofMine!]
    return requesterId === undefined ? [ofMine!, sentByMe!, votedOn] : [sentByMe!, votedOn]
  }
  if (isNarrowed) {
    const isSeen = sql`(NOT ${isGoverned} OR ${isMine} OR a.policy_version_id IN (${versions}))`
    return [all(index, seesAll(actor) ? ofKind : sql`${ofKind} AND ${isSeen}`)]
  }
  const decided = all(ungoverned, sql`${ofKind} AND a.policy_version_id IS NULL`)
  if (seesAll(actor)) return [decided, all(governed, sql`${ofKind} AND ${isGoverned}`)]
  return [decided, ...own(isGoverned), votedOn]
}

/** Of all of a kind that is restricted, what no policy governs, and what one does. */
const [ungoverned, governed] = ['approvals_restricted_by_kind', 'approvals_restricted_governed'] as const

const notPending = statuses.filter((status) => status !== 'pending')

/** Said twice of what is not pending: a partial index may say it so. */
function is(status: Status): Condition {
  return sql.raw(status === 'pending' ? "a.status = 'pending'" : `a.status = '${status}' AND a.status <> 'pending'`)
}

function from(index: string): Fragment {
  return sql.raw(`SELECT a.* FROM approvals a INDEXED BY ${index} WHERE`)
}

/** The filter, but for its status, and that the actor sees it, as a condition on the row `a`. */
export function narrowed(ctx: Ctx, filter: ListFilter): Condition {
  const ofKinds = filter.kinds.map((kind) => sql`(${isOneOf([kind.kind])} AND ${visible(ctx, kind, a)})`)
  return sql`${filtered(sql`${ctx.actor.tenantId}`, filter)} AND (${sql.join(ofKinds, sql` OR `)})`
}

/** The filter, but for its status and its kinds. */
function filtered(tenantId: SQL, { requesterId, subjectType, subjectId, type }: ListFilter): Condition {
  const conditions = [sql`a.tenant_id = ${tenantId}`]
  if (requesterId !== undefined) conditions.push(sql`a.requester_id = ${requesterId}`)
  if (subjectType !== undefined) conditions.push(sql`a.subject_type = ${subjectType}`)
  if (subjectId !== undefined) conditions.push(sql`a.subject_id = ${subjectId}`)
  if (type !== undefined) conditions.push(sql`a.type = ${type}`)
  return sql.join(conditions, sql` AND `)
}

/**
 * Kinds are literals, because SQLite looks at no bound value when it asks whether a partial index will do; nor at an
 * IN.
 */
function isOneOf(kinds: readonly string[]): Condition {
  const listed = kinds.map((kind) => `'${kind.replaceAll("'", "''")}'`)
  return sql.raw(listed.length === 1 ? `a.kind = ${listed[0]}` : `a.kind IN (${listed.join(', ')})`)
}

function indexFor({ kinds, requesterId, subjectType, subjectId, type }: ListFilter): string {
  if (subjectId !== undefined) return 'approvals_by_subject'
  if (requesterId !== undefined) return `approvals_of_${kinds[0]?.kind}_by_requester`
  if (subjectType !== undefined) return `approvals_of_${kinds[0]?.kind}_by_subject_type`
  if (type !== undefined) return `approvals_of_${kinds[0]?.kind}_by_type`
  return 'approvals_by_kind'
}

function restrictedIndexFor({ kinds, requesterId, subjectType, subjectId, type }: ListFilter): string {
  if (subjectId !== undefined) return 'approvals_restricted_by_subject'
  if (requesterId !== undefined) return 'approvals_restricted_by_requester'
  if (subjectType !== undefined) return `approvals_restricted_of_${kinds[0]?.kind}_by_subject_type`
  if (type !== undefined) return `approvals_restricted_of_${kinds[0]?.kind}_by_type`
  return ungoverned
}
