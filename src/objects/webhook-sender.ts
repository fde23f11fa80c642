import { DurableObject } from 'cloudflare:workers'
import { systemContext } from '../context.ts'
import { minute } from '../durations.ts'
import type { Lane } from '../webhooks/deliveries.store.ts'
import { deliverDue } from '../webhooks/deliver-due.ts'

const longestPauseMs = minute

/**
 * The only one that sends to an endpoint in its lane, named by both: so first attempts keep their order, and no
 * endpoint waits for another. A clock and a lock over what D1 holds; its storage has whose it is, the names and an
 * alarm, nothing that could be lost.
 */
export class WebhookSender extends DurableObject<Env> {
  private failures = 0
  private wakes = 0
  private changes = 0

  /** There may be something to send at `at` (milliseconds), or earlier if that was asked for before. */
  async wake(tenantId: string, endpointId: string, lane: Lane, at: number): Promise<void> {
    this.wakes += 1
    await this.ctx.storage.put({ tenant_id: tenantId, endpoint_id: endpointId, lane })
    await this.goOnAt(at)
  }

  /** The endpoint has been changed, and that is committed: nothing more is sent to what it was. */
  async endpointChanged(): Promise<void> {
    this.changes += 1
  }

  /** One step. Never throws: an alarm that does is dropped by the platform after a few tries. */
  override async alarm(): Promise<void> {
    const endpointId = await this.ctx.storage.get<string>('endpoint_id')
    const lane = await this.ctx.storage.get<Lane>('lane')
    const tenantId = await this.ctx.storage.get<string>('tenant_id')
    if (endpointId === undefined || lane === undefined || tenantId === undefined) return
    const ctx = systemContext(this.env, 'system:webhooks', Date.now(), tenantId)
    const [seen, changes] = [this.wakes, this.changes]
    try {
      const at = await deliverDue(ctx, endpointId, lane, () => this.changes !== changes)
      this.failures = 0
      if (at !== null) await this.goOnAt(at)
      else if (this.wakes === seen) await this.ctx.storage.deleteAll()
    } catch (error) {
      this.failures += 1
      console.error({
        message: 'a webhook sender failed; it will try again',
        endpoint_id: endpointId,
        lane,
        failures: this.failures,
        error: String(error),
      })
      await this.goOnAt(Date.now() + Math.min(longestPauseMs, 500 * 2 ** this.failures))
    }
  }

  /** Whoever wakes it during a step sets an alarm too, which must not be postponed. */
  private async goOnAt(at: number): Promise<void> {
    const alarm = await this.ctx.storage.getAlarm()
    const next = Math.max(at, Date.now() + 1)
    if (alarm === null || alarm > next) await this.ctx.storage.setAlarm(next)
  }
}
