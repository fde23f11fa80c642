import { sql, type SQL } from 'drizzle-orm'
import type { Approval } from '../approvals/approval.ts'
import type { Status } from '../approvals/states.ts'
import { selectTotal } from '../approvals/tallies.store.ts'
import type { Ctx } from '../context.ts'
import { families, kinds, kindsForCustomers, type Kind } from '../families.ts'
import { behind, newestFirst, type PageRequest } from '../db/page.ts'

/** Which approvals the dashboard shows; every member that is set narrows it. */
export interface DashboardFilter {
  kind?: Kind
  status?: Status
  customerId?: string
}

/** An approval of any family. `family` is a JSON object with the family's own members. */
export interface DashboardRow extends Pick<
  Approval,
  'id' | 'status' | 'title' | 'created_at' | 'due_at' | 'on_due' | 'decided_at' | 'decided_by'
> {
  kind: Kind
  requester: string
  family: string
}

function shownAt(now: number): SQL {
  const whens = families.map(({ kind, shows }) => sql`WHEN ${sql.raw(`'${kind}'`)} THEN (${shows.select(now)})`)
  return sql`CASE a.kind ${sql.join(whens, sql` `)} END`
}

const a = sql`a`

/**
 * A page of approvals of all families, newest first. Those that are past their due time count as expired although no
 * sweep has been by: they leave the pending ones, and join the expired ones.
 */
export function selectPage(ctx: Ctx, filter: DashboardFilter, page: PageRequest) {
  const overdue = sql`(a.on_due IS 'expire' AND a.due_at <= ${ctx.now})`
  if (filter.status === 'expired') {
    const found = (from: SQL, where: SQL) => sql`
      SELECT * FROM (SELECT a.* FROM approvals a ${from} WHERE ${where} AND ${behind(page, a)}
        ORDER BY a.created_at DESC, a.id DESC LIMIT ${page.offset + page.limit + 1})`
    const swept = found(sql.raw(`INDEXED BY ${indexFor(filter)}`), narrowed(ctx, filter))
    const unswept = found(
      sql`INDEXED BY approvals_due`,
      sql`a.status = 'pending' AND a.due_at IS NOT NULL AND ${overdue} AND ${narrowed(ctx, { ...filter, status: undefined })}`,
    )
    return rows(ctx, sql`(${swept} UNION ALL ${unswept}) a`, sql`1`, page)
  }
  const more = filter.status === 'pending' ? sql`NOT ${overdue}` : sql`1`
  const from = sql`approvals a ${sql.raw(`INDEXED BY ${indexFor(filter)}`)}`
  return rows(ctx, from, sql`${narrowed(ctx, filter)} AND ${more} AND ${behind(page, a)}`, page)
}

/** How many approvals the list has, as of the last sweep. */
export function countAll(ctx: Ctx, { kind, status, customerId }: DashboardFilter) {
  if (customerId !== undefined)
    return selectTotal(ctx, { kinds: kindsForCustomers, status, of: `subject:${customerId}` })
  return selectTotal(ctx, { kinds: kind ? [kind] : kinds, status })
}

function rows(ctx: Ctx, from: SQL, where: SQL, page: PageRequest) {
  return ctx.db.all<DashboardRow>(sql`
    SELECT a.id, a.kind, a.status, a.title, a.requester_id AS requester, a.created_at, a.due_at, a.on_due, a.decided_at, a.decided_by,
      ${shownAt(ctx.now)} AS family
    FROM ${from} WHERE ${where} ${newestFirst(page, a)}`)
}

function isOneOf(kind: SQL, among: readonly Kind[]): SQL {
  const listed = among.map((one) => sql`${one}`)
  return sql`${kind} IN (${sql.join(listed, sql`, `)})`
}

function narrowed(ctx: Ctx, { kind, status, customerId }: DashboardFilter): SQL {
  return sql.join(
    [
      sql`a.tenant_id = ${ctx.actor.tenantId}`,
      ...(customerId === undefined
        ? []
        : [isOneOf(sql`a.kind`, kind ? [kind] : kindsForCustomers), sql`a.subject_id = ${customerId}`]),
      ...(kind === undefined || customerId !== undefined ? [] : [sql`a.kind = ${kind}`]),
      ...(status === undefined ? [] : [sql`a.status = ${status}`]),
    ],
    sql` AND `,
  )
}

function indexFor({ kind, status, customerId }: DashboardFilter): string {
  if (customerId !== undefined) return status ? 'approvals_by_subject_status' : 'approvals_by_subject'
  if (kind !== undefined) return status ? 'approvals_by_status' : 'approvals_by_kind'
  return status ? 'approvals_by_tenant_status' : 'approvals_by_tenant'
}
