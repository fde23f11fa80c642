import type { Ctx } from '../context.ts'
import { pageOf, type Page, type PageRequest } from '../db/page.ts'
import { Refusal } from '../refusal.ts'
import { selectChange, selectChanges, type Change, type ChangeFilter, type ChangeInView } from './changes.store.ts'

/** With what is stored now. @throws Refusal `not_found` */
export async function getChange(ctx: Ctx, id: string): Promise<ChangeInView> {
  const [change] = await ctx.db.run(selectChange(ctx, id))
  if (!change) throw new Refusal('not_found', `There is no change ${id}.`)
  return change
}

/** Newest first; how many there are in all is not known. */
export async function listChanges(ctx: Ctx, filter: ChangeFilter, page: PageRequest): Promise<Page<Change>> {
  const rows = await ctx.db.run(selectChanges(ctx, filter, page))
  return pageOf(rows, page, 0, (change) => change, 'payload')
}
