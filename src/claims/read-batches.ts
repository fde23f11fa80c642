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
} from './batches.store.ts'

/** One batch without its items. @throws Refusal `not_found` */
export async function getBatch(ctx: Ctx, id: string): Promise<Batch> {
  const [batch] = await ctx.db.run(selectBatch(ctx, id))
  if (!batch) throw new Refusal('not_found', `There is no batch ${id}.`)
  return batch
}

/** What became of a claim of a batch: approved, or why not. */
export interface BatchResult {
  claim_id: string
  error: string | null
  processed_at: number
}

/**
 * One batch with what became of its claims so far, in the order submitted.
 *
 * @throws Refusal `not_found`
 */
export async function getBatchResult(ctx: Ctx, id: string): Promise<{ batch: Batch; results: BatchResult[] }> {
  const {
    batch: [batch],
    items,
    results,
  } = await ctx.db.batch({ batch: selectBatch(ctx, id), ...selectResults(ctx, id) })
  if (!batch) throw new Refusal('not_found', `There is no batch ${id}.`)
  const claimIds = items.flatMap(({ claim_ids }) => JSON.parse(claim_ids) as string[])
  const ofStep = ({ position, size, errors, processed_at }: (typeof results)[number]): BatchResult[] => {
    const why = JSON.parse(errors) as (string | null)[]
    return claimIds
      .slice(position, position + size)
      .map((claim_id, index) => ({ claim_id, error: why[index] ?? null, processed_at }))
  }
  return { batch, results: results.flatMap(ofStep) }
}

/** Newest first. */
export async function listBatches(ctx: Ctx, filter: BatchFilter, page: PageRequest): Promise<Page<Batch>> {
  const { rows, count } = await ctx.db.batch({
    rows: selectBatches(ctx, filter, page),
    count: isRanged(page) ? undefined : countBatches(ctx, filter),
  })
  return pageOf(rows, page, totalOf(count), (batch) => batch)
}
