import type { Ctx } from '../context.ts'
import { selectUnrevoked } from './access.store.ts'

/**
 * Which of these API keys may be used now, and until when: milliseconds, or Infinity. For what goes on after a request
 * was let in; it asks the database, so a revoked key is no good at once.
 */
export async function goodKeys(ctx: Ctx, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const keys = await ctx.db.run(selectUnrevoked(ctx.db, ids))
  const until = keys.map(({ id, expires_at }) => [id, expires_at ?? Infinity] as const)
  return new Map(until.filter(([, expiresAt]) => expiresAt > ctx.now))
}
