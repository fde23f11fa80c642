import { sql } from 'drizzle-orm'
import type { Ctx } from '../context.ts'
import type { Condition, Fragment } from '../db/open-db.ts'
import { behind, merged, type PageRequest } from '../db/page.ts'
import type { Kind } from './approval.ts'
import { statuses, type Status } from './states.ts'

/**
 * Which of a tenant's approvals a list shows; every member that is set narrows it. Kinds that are named are at least
 * one.
 */
export type ListFilter = { status?: Status | undefined; subjectId?: string | undefined } & (
  | { kinds?: readonly Kind[] | undefined; requesterId?: undefined; subjectType?: undefined; type?: undefined }
  | OfOneKind
)

/** A family that lists by these has an index for it, in its migration. */
interface OfOneKind {
  kinds: readonly [Kind]
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
  const where = narrowed(ctx, filter)
  const rest = sql`${behind(page, a)}${more ? sql` AND ${more}` : sql``}`
  const parts = among.map((status) => {
    const from = sql.raw(`SELECT a.* FROM approvals a INDEXED BY ${indexFor(filter)} WHERE a.status = '${status}' AND `)
    return sql`${from}${where} AND ${rest}`
  })
  return merged(parts, page)
}

/**
 * The same as of now: what is past its due time counts as expired although no sweep has been by. It leaves the pending ones,
 * and joins the expired ones.
 */
export function pageAsOfNow(ctx: Ctx, filter: ListFilter, page: PageRequest): Fragment {
  const overdue = sql`(a.on_due IS 'expire' AND a.due_at <= ${ctx.now})`
  if (filter.status !== 'expired') {
    return pageOfApprovals(ctx, filter, page, filter.status === 'pending' ? sql`NOT ${overdue}` : undefined)
  }
  const both = { ...page, limit: page.offset + page.limit, offset: 0 }
  const swept = pageOfApprovals(ctx, filter, both)
  const unswept = sql`
    SELECT a.* FROM approvals a INDEXED BY approvals_due
    WHERE a.status = 'pending' AND ${narrowed(ctx, filter)} AND a.due_at IS NOT NULL AND ${overdue} AND ${behind(page, a)}`
  return merged([sql`SELECT * FROM ${swept}`, sql`SELECT * FROM ${merged([unswept], both)}`], page)
}

/** The filter, but for its status, as a condition on the row `a`. */
export function narrowed(ctx: Ctx, { kinds, requesterId, subjectType, subjectId, type }: ListFilter): Condition {
  const conditions = [sql`a.tenant_id = ${ctx.actor.tenantId}`]
  if (kinds) conditions.push(isOneOf(kinds))
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
function isOneOf(kinds: readonly Kind[]): Condition {
  const listed = kinds.map((kind) => `'${kind.replaceAll("'", "''")}'`)
  return sql.raw(listed.length === 1 ? `a.kind = ${listed[0]}` : `a.kind IN (${listed.join(', ')})`)
}

function indexFor({ kinds, requesterId, subjectType, subjectId, type }: ListFilter): string {
  if (subjectId !== undefined) return 'approvals_by_subject'
  if (requesterId !== undefined) return `approvals_of_${kinds?.[0]}_by_requester`
  if (subjectType !== undefined) return `approvals_of_${kinds?.[0]}_by_subject_type`
  if (type !== undefined) return `approvals_of_${kinds?.[0]}_by_type`
  return kinds ? 'approvals_by_kind' : 'approvals_by_tenant'
}
