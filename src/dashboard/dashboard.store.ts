import { sql, type SQL } from 'drizzle-orm'
import type { Approval } from '../approvals/approval.ts'
import { pageAsOfNow } from '../approvals/list.store.ts'
import type { Status } from '../approvals/states.ts'
import { selectTotal } from '../approvals/tallies.store.ts'
import type { Ctx } from '../context.ts'
import { families, kinds, kindsForCustomers, type Kind } from '../families.ts'
import type { Fragment } from '../db/open-db.ts'
import type { PageRequest } from '../db/page.ts'

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

/** A page of approvals of all families, newest first. */
export function selectPage(ctx: Ctx, { kind, status, customerId }: DashboardFilter, page: PageRequest) {
  const kinds = kind ? [kind] : customerId === undefined ? undefined : kindsForCustomers
  return rows(ctx, pageAsOfNow(ctx, { kinds, status, subjectId: customerId }, page))
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
