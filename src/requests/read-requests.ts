import type { Ctx } from '../context.ts'
import { isRanged, pageOf, totalOf, type Page, type PageRequest } from '../db/page.ts'
import { Refusal } from '../refusal.ts'
import { countRequests, selectRequest, selectRequests } from './requests.store.ts'
import type { ListedRequest, Request, RequestFilter } from './requests.store.ts'

/** @throws Refusal `not_found` */
export async function getRequest(ctx: Ctx, id: string): Promise<Request> {
  const [request] = await ctx.db.run(selectRequest(ctx, id))
  if (!request) throw new Refusal('not_found', `There is no request ${id}.`)
  return request
}

/** Without a total where more than the status narrows the list: it would have to be counted. */
export async function listRequests(ctx: Ctx, filter: RequestFilter, page: PageRequest): Promise<Page<ListedRequest>> {
  const { status, ...more } = filter
  const isNarrowed = isRanged(page) || Object.values(more).some((one) => one !== undefined)
  const { rows, count } = await ctx.db.batch({
    rows: selectRequests(ctx, filter, page),
    count: isNarrowed ? undefined : countRequests(ctx, status),
  })
  return pageOf(rows, page, totalOf(count), (request) => request)
}
