import type { Ctx } from '../context.ts'
import { pageOf, type Page, type PageRequest } from '../db/page.ts'
import { Refusal } from '../refusal.ts'
import {
  selectCheckResults,
  selectPending,
  selectResult,
  selectResults,
  selectResultWithData,
  type CheckResult,
  type PendingFilter,
  type Result,
  type ResultFilter,
} from './results.store.ts'

/** With its data. @throws Refusal `not_found` */
export async function getResult(ctx: Ctx, id: string): Promise<Result & { data: string }> {
  const [result] = await ctx.db.run(selectResultWithData(ctx, id))
  return result ?? missing(id)
}

/** The outcome of each check and rule for a result. @throws Refusal `not_found` */
export async function getCheckResults(ctx: Ctx, id: string): Promise<CheckResult[]> {
  const {
    result: [result],
    checks,
  } = await ctx.db.batch({ result: selectResult(ctx, id), checks: selectCheckResults(ctx, id) })
  return result ? checks : missing(id)
}

/**
 * A page of results, newest first, without their data. With a reference and a gate or a status, a page may be short or
 * empty although more pages follow.
 */
export async function listResults(ctx: Ctx, filter: ResultFilter, page: PageRequest): Promise<Page<Result>> {
  const found = pageOf(await ctx.db.run(selectResults(ctx, filter, page)), page, null, (result) => result)
  return { ...found, rows: found.rows.flatMap(({ matches, ...result }) => (matches ? result : [])) }
}

/** What waits for a person, oldest first: an entry for each check or rule that holds up a result. */
export async function listPendingResults(
  ctx: Ctx,
  filter: PendingFilter,
  page: PageRequest,
): Promise<Page<CheckResult>> {
  const rows = await ctx.db.run(selectPending(ctx, filter, page))
  return pageOf(rows, page, 0, (item) => item)
}

function missing(id: string): never {
  throw new Refusal('not_found', `There is no result ${id}.`)
}
