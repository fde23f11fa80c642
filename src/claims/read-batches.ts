import type { Ctx } from '../context.ts'
import { isRanged, pageOf, totalOf, type Page, type PageRequest } from '../db/page.ts'
import { Refusal } from '../refusal.ts'
import {
  countBatches,
  selectBatch,
  selectBatches,
  selectResults,
  type Batch,
  type BatchFilter,
  type BatchResult,
} from './batches.store.ts'

/** One batch without its items. @throws Refusal `not_found` */
export async function getBatch(ctx: Ctx, id: string): Promise<Batch> {
  const [batch] = await ctx.db.run(selectBatch(ctx, id))
  if (!batch) throw new Refusal('not_found', `There is no batch ${id}.`)
  return batch
}

/** One batch with what became of its claims so far. @throws Refusal `not_found` */
export async function getBatchResult(ctx: Ctx, id: string): Promise<{ batch: Batch; results: BatchResult[] }> {
  const {
    batch: [batch],
    results,
  } = await ctx.db.batch({ batch: selectBatch(ctx, id), results: selectResults(ctx, id) })
  if (!batch) throw new Refusal('not_found', `There is no batch ${id}.`)
  return { batch, results }
}

/** Newest first. */
export async function listBatches(ctx: Ctx, filter: BatchFilter, page: PageRequest): Promise<Page<Batch>> {
  const { rows, count } = await ctx.db.batch({
    rows: selectBatches(ctx, filter, page),
    count: isRanged(page) ? undefined : countBatches(ctx, filter),
  })
  return pageOf(rows, page, totalOf(count), (batch) => batch)
}
