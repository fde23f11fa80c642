import type { Ctx } from '../context.ts'
import type { Lane } from './deliveries.store.ts'

/**
 * Asks an endpoint's sender to look for something to send at `at` (milliseconds) or earlier. Each lane has a sender of
 * its own, so that neither waits for the other. What is to be sent is already stored when this is called: if the sender
 * cannot be reached, the next minute's relay wakes it, so a failure is logged and nothing more.
 */
export async function wakeSender(
  ctx: Pick<Ctx, 'env' | 'requestId'>,
  tenantId: string,
  endpointId: string,
  lane: Lane,
  at = 0,
): Promise<void> {
  try {
    const name = lane === 'first' ? endpointId : `${endpointId}/${lane}`
    await ctx.env.WEBHOOK_SENDER.getByName(name).wake(tenantId, endpointId, lane, at)
  } catch (error) {
    console.error({
      message: 'a webhook sender could not be woken; the relay will',
      endpoint_id: endpointId,
      lane,
      request_id: ctx.requestId,
      error: String(error),
    })
  }
}
