import { sql, type SQL } from 'drizzle-orm'
import type { Approval } from '../approvals/approval.ts'
import { narrowed, pageOfApprovals } from '../approvals/list.store.ts'
import type { Status } from '../approvals/states.ts'
import { selectTotal } from '../approvals/tallies.store.ts'
import type { Ctx } from '../context.ts'
import { families, kinds, kindsForCustomers, type Kind } from '../families.ts'
import type { Fragment } from '../db/open-db.ts'
import { behind, merged, type PageRequest } from '../db/page.ts'

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

/**
 * A page of approvals of all families, newest first. Those that are past their due time count as expired although no
 * sweep has been by: they leave the pending ones, and join the expired ones.
 */
export function selectPage(ctx: Ctx, { kind, status, customerId }: DashboardFilter, page: PageRequest) {
  const among = kind ? [kind] : customerId === undefined ? undefined : kindsForCustomers
  const filter = { kinds: among, status, subjectId: customerId }
  const overdue = sql`(a.on_due IS 'expire' AND a.due_at <= ${ctx.now})`
  if (status !== 'expired') {
    return rows(ctx, pageOfApprovals(ctx, filter, page, status === 'pending' ? sql`NOT ${overdue}` : undefined))
  }
  const both = { ...page, limit: page.offset + page.limit, offset: 0 }
  const swept = pageOfApprovals(ctx, filter, both)
  const unswept = sql`
    SELECT a.* FROM approvals a INDEXED BY approvals_due
    WHERE a.status = 'pending' AND ${narrowed(ctx, filter)} AND a.due_at IS NOT NULL AND ${overdue} AND ${behind(page, sql`a`)}`
  return rows(ctx, merged([sql`SELECT * FROM ${swept}`, sql`SELECT * FROM ${merged([unswept], both)}`], page))
}

/** How many approvals the list has, as of the last sweep. */
export function countAll(ctx: Ctx, { kind, status, customerId }: DashboardFilter) {
  if (customerId !== undefined)
    return selectTotal(ctx, { kinds: kindsForCustomers, status, of: `subject:${customerId}` })
  return selectTotal(ctx, { kinds: kind ? [kind] : kinds, status })
}

function rows(ctx: Ctx, approvals: Fragment) {
  return ctx.db.all<DashboardRow>(sql`
    SELECT a.id, a.kind, a.status, a.title, a.requester_id AS requester, a.created_at, a.due_at, a.on_due, a.decided_at, a.decided_by,
      ${shownAt(ctx.now)} AS family
    FROM ${approvals} a ORDER BY a.created_at DESC, a.id DESC`)
}
