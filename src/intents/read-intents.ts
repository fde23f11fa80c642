import { reachable } from '../access/reachable.ts'
import type { Ctx } from '../context.ts'
import { pageOf, type Page, type PageRequest } from '../db/page.ts'
import { countPending, selectPending, type Intent } from './intents.store.ts'

/** What waits for a customer at an instance, oldest first. An expired one is not listed, whether or not it was swept. */
export async function listPending(
  ctx: Ctx,
  instanceId: string,
  customerId: string,
  page: PageRequest,
): Promise<Page<Intent>> {
  reachable(ctx.actor, instanceId)
  const {
    rows,
    count: [count],
  } = await ctx.db.batch({
    rows: selectPending(ctx, instanceId, customerId, page),
    count: countPending(ctx, instanceId, customerId),
  })
  return pageOf(rows, page, count?.total ?? 0, (intent) => intent)
}
