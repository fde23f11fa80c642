import type { Ctx } from '../context.ts'
import { lanes, type Lane } from './deliveries.store.ts'

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
    await senderOf(ctx.env, endpointId, lane).wake(tenantId, endpointId, lane, at)
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

/**
 * Tells an endpoint's senders that it is no longer as it was: whatever they send from now on they send to what it is
 * now. One that cannot be reached notices with the next attempts that it records.
 */
export async function tellSenders(ctx: Pick<Ctx, 'env' | 'requestId'>, endpointId: string): Promise<void> {
  const told = await Promise.allSettled(lanes.map((lane) => senderOf(ctx.env, endpointId, lane).endpointChanged()))
  for (const one of told) {
    if (one.status === 'fulfilled') continue
    console.error({
      message: 'a webhook sender could not be told of a change; it will notice',
      endpoint_id: endpointId,
      request_id: ctx.requestId,
      error: String(one.reason),
    })
  }
}

function senderOf(env: Env, endpointId: string, lane: Lane) {
  return env.WEBHOOK_SENDER.getByName(lane === 'first' ? endpointId : `${endpointId}/${lane}`)
}
