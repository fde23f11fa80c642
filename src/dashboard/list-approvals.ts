import type { Ctx } from '../context.ts'
import { pageOf, type Page, type PageRequest } from '../db/page.ts'
import { countAll, selectPage, type DashboardFilter, type DashboardRow } from './dashboard.store.ts'

/** A page of the tenant's approvals, over all families, newest first. */
export async function listApprovals(ctx: Ctx, filter: DashboardFilter, page: PageRequest): Promise<Page<DashboardRow>> {
  const [rows, [count]] = await ctx.db.batch([selectPage(ctx, filter, page), countAll(ctx, filter)])
  return pageOf(rows, page, count?.total ?? 0, (row) => row)
}
