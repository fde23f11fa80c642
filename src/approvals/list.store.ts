import { sql } from 'drizzle-orm'
import type { Ctx } from '../context.ts'
import type { Condition, Fragment } from '../db/open-db.ts'
import { behind, merged, type PageRequest } from '../db/page.ts'
import type { KindOfApprovals } from './policy.ts'
import { boundTo, seesRestricted } from './restricted.ts'
import { visible } from './restricted.store.ts'
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
  const among = filter.status === undefined ? statuses : [filter.status]
  const rest = sql`${behind(page, a)}${more ? sql` AND ${more}` : sql``}`
  const parts = seen(ctx, filter).flatMap(({ index, isFor = statuses, condition }) =>
    among
      .filter((status) => isFor.includes(status))
      .map((status) => sql`${from(index)} ${is(status)} AND ${condition} AND ${rest}`),
  )
  return merged(parts, page)
}

/**
 * The same as of now: what is past its due time counts as expired although no sweep has been by. It leaves the pending
 * ones, and joins the expired ones.
 */
export function pageAsOfNow(ctx: Ctx, filter: ListFilter, page: PageRequest): Fragment {
  const overdue = sql`(a.on_due IS 'expire' AND a.due_at <= ${ctx.now})`
  if (filter.status !== 'expired') {
    return pageOfApprovals(ctx, filter, page, filter.status === 'pending' ? sql`NOT ${overdue}` : undefined)
  }
  const both = { ...page, limit: page.offset + page.limit, offset: 0 }
  const rest = sql`a.due_at IS NOT NULL AND ${overdue} AND ${behind(page, a)}`
  const unswept = seen(ctx, filter).flatMap(({ index, indexOfDue = index, condition }) =>
    indexOfDue === null ? [] : [sql`${from(indexOfDue)} a.status = 'pending' AND ${condition} AND ${rest}`],
  )
  const found = [pageOfApprovals(ctx, filter, both), merged(unswept, both)]
  return merged(
    found.map((one) => sql`SELECT * FROM ${one}`),
    page,
  )
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
 * What an actor sees of a list: what is not restricted, and of each kind that may be restricted all that is, or what
 * they have asked for or sent. A key that is bound to an agent instance: what was asked through that.
 */
function seen({ actor }: Ctx, filter: ListFilter): Part[] {
  const { kinds, areAll, requesterId } = filter
  const instance = boundTo(actor)
  const ofTenant = filtered(actor.tenantId, filter)
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
    .flatMap((kind): Part[] => {
      const ofKind = sql`a.restricted = 1 AND ${ofTenant} AND ${isOneOf([kind.kind])}`
      if (seesRestricted(actor, kind)) {
        return [{ index: restrictedIndexFor(filter), indexOfDue: 'approvals_restricted_due', condition: ofKind }]
      }
      const asked = {
        index: 'approvals_restricted_by_requester',
        condition: sql`${ofKind} AND a.requester_id = ${actor.userId}`,
      }
      const sent = {
        index: 'approvals_restricted_by_sender',
        condition: sql`${ofKind} AND a.submitted_by = ${actor.userId}`,
      }
      return requesterId === undefined ? [asked, sent] : requesterId === actor.userId ? [asked] : [sent]
    })
  return [...unrestricted, ...restricted]
}

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
  return sql`${filtered(ctx.actor.tenantId, filter)} AND (${sql.join(ofKinds, sql` OR `)})`
}

/** The filter, but for its status and its kinds. */
function filtered(tenantId: string, { requesterId, subjectType, subjectId, type }: ListFilter): Condition {
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
  return 'approvals_restricted_by_kind'
}
