import type { Ctx } from '../context.ts'
import { isRanged, pageOf, totalOf, type Page, type PageRequest } from '../db/page.ts'
import { Refusal } from '../refusal.ts'
import { countClaims, selectClaim, selectClaims, type Claim, type ClaimFilter } from './claims.store.ts'

/** @throws Refusal `not_found` */
export async function getClaim(ctx: Ctx, id: string): Promise<Claim> {
  const [claim] = await ctx.db.run(selectClaim(ctx, id))
  if (!claim) throw new Refusal('not_found', `There is no claim ${id}.`)
  return claim
}

export async function listClaims(ctx: Ctx, filter: ClaimFilter, page: PageRequest): Promise<Page<Claim>> {
  const { rows, count } = await ctx.db.batch({
    rows: selectClaims(ctx, filter, page),
    count: isRanged(page) ? undefined : countClaims(ctx, filter),
  })
  return pageOf(rows, page, totalOf(count), (claim) => claim)
}
