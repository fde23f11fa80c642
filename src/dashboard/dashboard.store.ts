import { sql, type SQL } from '../db/sql.ts'
import type { Approval } from '../approvals/approval.ts'
import type { Family } from '../approvals/family.ts'
import { ofFacts } from '../approvals/facts.store.ts'
import { pageAsOfNow } from '../approvals/list.store.ts'
import type { Status } from '../approvals/states.ts'
import { selectTotal } from '../approvals/tallies.store.ts'
import type { Ctx } from '../context.ts'
import { families, type Kind } from '../families.ts'
import type { Fragment } from '../db/open-db.ts'
import type { PageRequest } from '../db/page.ts'

/** Which approvals the dashboard shows; every member that is set narrows it. */
export interface DashboardFilter {
  kind?: Kind
  status?: Status
  customerId?: string
}

/** An approval of any family. `family` is a JSON object of the family's own members. */
export interface DashboardRow extends Pick<
  Approval,
  'id' | 'status' | 'title' | 'created_at' | 'due_at' | 'on_due' | 'decided_at' | 'decided_by'
> {
  kind: Kind
  requester: string
  family: string
}

function shownAt(now: number): SQL {
  const whens = families.map(
    (family) => sql`WHEN ${sql.raw(`'${family.kind}'`)} THEN (${ofFacts(family, family.shows.object(now))})`,
  )
  return sql`CASE a.kind ${sql.join(whens, sql` `)} END`
}

/** Newest first. */
export function selectPage(ctx: Ctx, filter: DashboardFilter, page: PageRequest) {
  const { status, customerId } = filter
  const areAll = filter.kind === undefined && customerId === undefined
  return rows(ctx, pageAsOfNow(ctx, { kinds: kindsIn(filter), areAll, status, subjectId: customerId }, page))
}

/** How many approvals the list has, as of the last sweep. */
export function countAll(ctx: Ctx, filter: DashboardFilter) {
  const { status, customerId } = filter
  const of = customerId === undefined ? undefined : (`subject:${customerId}` as const)
  return selectTotal(ctx, { kinds: kindsIn(filter), status, of })
}

function kindsIn({ kind, customerId }: DashboardFilter): readonly Family[] {
  return families.filter((family: Family) =>
    kind ? family.kind === kind : customerId === undefined || family.isForCustomer,
  )
}

function rows(ctx: Ctx, approvals: Fragment) {
  return ctx.db.all<DashboardRow>(sql`
    SELECT a.id, a.kind, a.status, a.title, a.requester_id AS requester, a.created_at, a.due_at, a.on_due, a.decided_at, a.decided_by,
      ${shownAt(ctx.now)} AS family
    FROM ${approvals} a ORDER BY a.created_at DESC, a.id DESC`)
}
