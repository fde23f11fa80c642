import { BoundedCache } from '../bounded-cache.ts'
import type { Ctx } from '../context.ts'
import { unpokedMs } from './watch.ts'

const cacheSize = 10_000

/** Tenants in which nobody waited when this isolate last asked, and until when it does not ask again. */
const calm = new BoundedCache<number>(cacheSize)

/**
 * Tells the watch of a tenant that its history has moved on, so that it looks for what others wait for. Doors call it
 * after something was written, outside of the caller's time; what gets lost, the watch finds by itself. An isolate that
 * was told that nobody waits keeps silent for as long as the watch allows for: else each write would call it.
 *
 * @returns undefined where it keeps silent
 */
export function pokeWatch({ env }: Pick<Ctx, 'env'>, tenantId: string): Promise<void> | undefined {
  const now = Date.now()
  return (calm.get(tenantId) ?? 0) > now ? undefined : poke(env, tenantId, now)
}

async function poke(env: Env, tenantId: string, now: number): Promise<void> {
  try {
    const somebodyWaits = await env.DECISION_WATCH.getByName(tenantId).poke()
    if (somebodyWaits) calm.delete(tenantId)
    else calm.set(tenantId, now + unpokedMs)
  } catch (error) {
    const message = 'those who wait for decisions could not be told; the watch looks by itself'
    console.error({ message, tenant: tenantId, error: String(error) })
  }
}

/** Somebody is about to wait. */
export function expectWaiters(tenantId: string): void {
  calm.delete(tenantId)
}
