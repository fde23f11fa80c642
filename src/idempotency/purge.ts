import type { Ctx } from '../context.ts'
import { deleteExpired } from './idempotency.store.ts'

/** How many one sweep removes. */
const perSweep = 5_000

/** Removes idempotency keys whose day is over. @returns how many */
export async function purgeKeys(ctx: Ctx): Promise<number> {
  const gone = await ctx.db.run(deleteExpired(ctx, perSweep))
  return gone.length
}
