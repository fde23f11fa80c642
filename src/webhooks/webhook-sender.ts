import { DurableObject } from 'cloudflare:workers'
import { systemContext } from '../context.ts'
import { deliverDue } from './deliver-due.ts'

const longestPauseMs = 60_000

/**
 * The only one that sends to an endpoint, named by its id: so first attempts keep their order, and no endpoint waits for
 * another. A clock and a lock over what D1 holds; its storage has the id and an alarm, nothing that could be lost.
 */
export class WebhookSender extends DurableObject<Env> {
  private failures = 0
  private wakes = 0

  /** There may be something to send. */
  async wake(endpointId: string): Promise<void> {
    this.wakes += 1
    await this.ctx.storage.put('endpoint_id', endpointId)
    const alarm = await this.ctx.storage.getAlarm()
    const next = Date.now() + 1
    if (alarm === null || alarm > next) await this.ctx.storage.setAlarm(next)
  }

  /** One step. Never throws: an alarm that does is dropped by the platform after a few tries. */
  override async alarm(): Promise<void> {
    const endpointId = await this.ctx.storage.get<string>('endpoint_id')
    if (endpointId === undefined) return
    const seen = this.wakes
    try {
      const next = await deliverDue(systemContext(this.env, 'system:webhooks', Date.now()), endpointId)
      this.failures = 0
      // Whoever woke it meanwhile has set an alarm of theirs, which must not be put off.
      if (this.wakes !== seen) await this.ctx.storage.setAlarm(Date.now() + 1)
      else if (next === null) await this.ctx.storage.deleteAll()
      else await this.ctx.storage.setAlarm(Math.max(next, Date.now() + 1))
    } catch (error) {
      this.failures += 1
      console.error({
        message: 'a webhook sender failed; it will try again',
        endpoint_id: endpointId,
        failures: this.failures,
        error: String(error),
      })
      await this.ctx.storage.setAlarm(Date.now() + Math.min(longestPauseMs, 500 * 2 ** this.failures))
    }
  }
}
