import { BoundedCache } from '../bounded-cache.ts'
import type { Ctx } from '../context.ts'
import { selectListeners } from './endpoints.store.ts'
import { wakeSender } from './wake-sender.ts'

/** How long an isolate trusts that a tenant has no endpoints. */
const trustMs = 30_000
const cacheSize = 10_000

/** Tenants without endpoints, and until when that is trusted. */
const silent = new BoundedCache<number>(cacheSize)

/**
 * Wakes the senders of a tenant with new events. Doors call it after a verb has written, outside the caller's time; the
 * relay finds what it misses.
 *
 * @param ctx a context of the door's own, so that no caller's account bears the cost
 */
export async function announce(ctx: Ctx, tenantId: string): Promise<void> {
  if ((silent.get(tenantId) ?? 0) > ctx.now) return
  try {
    const listeners = await ctx.db.run(selectListeners(ctx, tenantId))
    silent.delete(tenantId)
    if (listeners.length === 0) silent.set(tenantId, ctx.now + trustMs)
    await Promise.all(listeners.filter(({ waits }) => waits).map(({ id }) => wakeSender(ctx, tenantId, id, 'first')))
  } catch (error) {
    console.error({
      message: 'webhooks could not be announced; the relay will',
      tenant: tenantId,
      error: String(error),
    })
  }
}

/** Forgets that a tenant has no endpoints. */
export function forgetSilence(tenantId: string): void {
  silent.delete(tenantId)
}
