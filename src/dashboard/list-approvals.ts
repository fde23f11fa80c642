import type { Ctx } from '../context.ts'
import { isRanged, pageOf, totalOf, type Page, type PageRequest } from '../db/page.ts'
import { kindsForCustomers } from '../families.ts'
import { Refusal } from '../refusal.ts'
import { statuses, type Status } from '../approvals/states.ts'
import { countAll, selectPage, type DashboardFilter, type DashboardRow } from './dashboard.store.ts'

const nothing: Page<DashboardRow> = { rows: [], total: 0, next: null }

/**
 * A page of the tenant's approvals, of all families, newest first.
 *
 * @param filter `status` may be any text: an unknown one matches nothing
 * @throws Refusal `forbidden` for a key that is bound to one agent instance
 */
export async function listApprovals(
  ctx: Ctx,
  { status, ...filter }: Omit<DashboardFilter, 'status'> & { status?: string },
  page: PageRequest,
): Promise<Page<DashboardRow>> {
  if (ctx.actor.instanceId !== null) {
    throw new Refusal(
      'forbidden',
      `This key is bound to the instance ${ctx.actor.instanceId}; this list is the whole tenant's.`,
    )
  }
  const isNobodys = filter.customerId !== undefined && filter.kind && !kindsForCustomers.includes(filter.kind)
  if (isNobodys || (status !== undefined && !isStatus(status))) return nothing
  const narrowed = { ...filter, ...(status !== undefined && { status }) }
  const { rows, count } = await ctx.db.batch({
    rows: selectPage(ctx, narrowed, page),
    count: isRanged(page) ? undefined : countAll(ctx, narrowed),
  })
  return pageOf(rows, page, totalOf(count), (row) => row)
}

function isStatus(status: string): status is Status {
  return (statuses as readonly string[]).includes(status)
}
