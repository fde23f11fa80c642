import { selectHistory, type HistoricEvent } from '../approvals/history.store.ts'
import type { Ctx } from '../context.ts'
import { pageOf, type Page, type PageRequest } from '../db/page.ts'
import { Refusal } from '../refusal.ts'
import { idIfSeen, selectAnyApproval, selectWhetherSeen, type AnyApproval } from './any-approval.store.ts'
import { familyOf } from './family-of.ts'

/** An approval of whatever family. @throws Refusal `not_found` */
export async function getApproval(ctx: Ctx, id: string): Promise<AnyApproval> {
  const [approval] = await ctx.db.run(selectAnyApproval(ctx, id, familyOf(id)))
  return approval ?? missing(id)
}

/** What has happened to an approval, oldest first. @throws Refusal `not_found` */
export async function listEvents(ctx: Ctx, id: string, page: PageRequest): Promise<Page<HistoricEvent>> {
  const family = familyOf(id)
  const { seen, events } = await ctx.db.batch({
    seen: selectWhetherSeen(ctx, id, family),
    events: selectHistory(ctx, idIfSeen(ctx, id, family), page),
  })
  if (seen.length === 0) return missing(id)
  return pageOf(events, page, null, (event) => ({ created_at: event.at, id: event.id }))
}

/** @throws Refusal `not_found` */
export function missing(id: string): never {
  throw new Refusal('not_found', `There is no approval ${id}.`)
}
