import type { Ctx } from '../context.ts'
import { isRanged, pageOf, totalOf, type Page, type PageRequest } from '../db/page.ts'
import { Refusal } from '../refusal.ts'
import type { Standard } from './standard.ts'
import { countRequests, selectRequest, selectRequests } from './standard.store.ts'
import type { ListedRequest, Request, RequestFilter } from './standard.store.ts'

/** @throws Refusal `not_found` */
export async function getRequest(ctx: Ctx, of: Standard, id: string): Promise<Request> {
  const [request] = await ctx.db.run(selectRequest(ctx, of, id))
  if (!request) throw new Refusal('not_found', `There is no ${of.kind} ${id}.`)
  return request
}

/** Without a total where more than the status narrows the list: it would have to be counted. */
export async function listRequests(
  ctx: Ctx,
  of: Standard,
  filter: RequestFilter,
  page: PageRequest,
): Promise<Page<ListedRequest>> {
  const { status, ...more } = filter
  const isNarrowed = isRanged(page) || Object.values(more).some((one) => one !== undefined)
  const { rows, count } = await ctx.db.batch({
    rows: selectRequests(ctx, of, filter, page),
    count: isNarrowed ? undefined : countRequests(ctx, of, status),
  })
  return pageOf(rows, page, totalOf(count), (request) => request)
}
