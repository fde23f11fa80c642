import { DurableObject } from 'cloudflare:workers'
import type { Kept } from '../history/checkpoint.ts'
import { sealersContext } from '../history/seal-due.ts'
import { sealHistory } from '../history/seal.ts'
import { Refusal } from '../refusal.ts'

const prefix = 'kept:'

/**
 * The only one that seals a tenant's history, named by the tenant's id: a clock and a lock over what D1 holds. Its
 * storage has whose it is, an alarm, and the newest checkpoint, which is what D1 cannot say of itself: whether it was
 * set back.
 */
export class HistorySealer extends DurableObject<Env> {
  /** There is something to seal. */
  async wake(tenantId: string): Promise<void> {
    await this.ctx.storage.put('tenant_id', tenantId)
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now() + 1)
  }

  /** The newest checkpoint of a log; null where there is none. */
  async kept(origin: string): Promise<Kept | null> {
    return this.read(origin)
  }

  /** One run. Never throws: an alarm that does is dropped after a few tries, and cron wakes it each minute anyway. */
  override async alarm(): Promise<void> {
    const tenantId = await this.ctx.storage.get<string>('tenant_id')
    if (tenantId === undefined) return
    try {
      const keeper = {
        read: (origin: string) => this.read(origin),
        write: (kept: Kept) => this.ctx.storage.put(prefix + kept.origin, kept),
      }
      const mayBeMore = await sealHistory(sealersContext(this.env, tenantId), keeper)
      if (mayBeMore) await this.ctx.storage.setAlarm(Date.now() + 1)
    } catch (error) {
      const { code = 'internal_error', detail = String(error) } = error instanceof Refusal ? error.toValue() : {}
      console.error({ message: 'a history could not be sealed', tenant: tenantId, code, error: detail })
    }
  }

  private async read(origin: string): Promise<Kept | null> {
    return (await this.ctx.storage.get<Kept>(prefix + origin)) ?? null
  }
}
