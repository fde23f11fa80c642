import { systemContext, type Ctx } from '../context.ts'
import { Refusal } from '../refusal.ts'
import { selectUnsealed } from '../approvals/unsealed.store.ts'
import { signerOf } from './signing-key.ts'

/** How many tenants' sealers one sweep wakes; those that waited longest come first, the rest is the next one's. */
const perSweep = 300

/**
 * Wakes the sealers of the tenants that something has happened in. Without a signing key it says so, and what happens
 * meanwhile is sealed once there is one. @returns how many
 */
export async function sealDue(ctx: Ctx): Promise<number> {
  const tenants = await ctx.db.run(selectUnsealed(ctx, perSweep))
  if (tenants.length === 0) return 0
  try {
    await signerOf(ctx.env)
  } catch (error) {
    const detail = error instanceof Refusal ? error.detail : String(error)
    console.error({ message: 'the history is not being sealed', tenants: tenants.length, error: detail })
    return 0
  }
  await Promise.all(tenants.map(({ tenant_id }) => wakeSealer(ctx, tenant_id)))
  return tenants.length
}

/** Asks a tenant's sealer to seal what has happened. Should it be out of reach, the next minute wakes it. */
export async function wakeSealer({ env }: Pick<Ctx, 'env'>, tenantId: string): Promise<void> {
  try {
    await env.HISTORY_SEALER.getByName(tenantId).wake(tenantId)
  } catch (error) {
    const message = 'a sealer could not be woken; the next minute will'
    console.error({ message, tenant: tenantId, error: String(error) })
  }
}

/** The context in which a tenant's sealer works. */
export function sealersContext(env: Env, tenantId: string): Ctx {
  return systemContext(env, 'system:history', Date.now(), tenantId)
}
