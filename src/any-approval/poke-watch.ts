import type { Ctx } from '../context.ts'

/**
 * Tells the watch of a tenant that its history has moved on, so that it looks for what others wait for. Doors call it
 * after something was written, outside of the caller's time; what gets lost, the watch finds by itself.
 */
export async function pokeWatch({ env }: Pick<Ctx, 'env'>, tenantId: string): Promise<void> {
  try {
    await env.DECISION_WATCH.getByName(tenantId).poke()
  } catch (error) {
    const message = 'those who wait for decisions could not be told; the watch looks by itself'
    console.error({ message, tenant: tenantId, error: String(error) })
  }
}
