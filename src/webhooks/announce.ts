import { BoundedCache } from '../bounded-cache.ts'
import { systemContext, type Ctx } from '../context.ts'
import { selectListeners } from './endpoints.store.ts'
import { wakeSender } from './wake-sender.ts'

/** How long an isolate trusts that a tenant has no endpoints. */
const trustMs = 30_000
const cacheSize = 10_000

/** Tenants without endpoints, and until when that is trusted. */
const silent = new BoundedCache<number>(cacheSize)

/**
 * Wakes the senders of a tenant with new events. Doors call it after a verb has written, outside the caller's time and
 * account; the relay finds what it misses.
 *
 * @returns undefined where there is nobody to wake
 */
export function announce({ env }: Pick<Ctx, 'env'>, tenantId: string): Promise<void> | undefined {
  const now = Date.now()
  if ((silent.get(tenantId) ?? 0) > now) return undefined
  return wakeListeners(systemContext(env, 'system:webhooks', now, tenantId), tenantId)
}

async function wakeListeners(ctx: Ctx, tenantId: string): Promise<void> {
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
