import type { Ctx } from '../context.ts'

/**
 * Asks an endpoint's sender to look what there is to send. What is to be sent is stored when this is called: should the
 * sender be out of reach, the relay of the next minute wakes it, so a failure is logged and nothing more.
 */
export async function wakeSender(ctx: Pick<Ctx, 'env' | 'requestId'>, endpointId: string): Promise<void> {
  try {
    await ctx.env.WEBHOOK_SENDER.getByName(endpointId).wake(endpointId)
  } catch (error) {
    console.error({
      message: 'a webhook sender could not be woken; the relay will',
      endpoint_id: endpointId,
      request_id: ctx.requestId,
      error: String(error),
    })
  }
}
