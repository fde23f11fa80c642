import { systemContext, type Ctx } from '../context.ts'
import { attemptDelivery, type Target } from './attempt-delivery.ts'
import { failPending, recordAttempt, selectDue, selectNext, takeEvents, type DueDelivery } from './deliveries.store.ts'
import { disableIf, selectForSender, type Endpoint } from './endpoints.store.ts'
import { signingSecrets } from './endpoints.ts'

/** How many events one step looks at, how many deliveries it attempts in each lane, how many it ends. */
const eventsPerStep = 500
const attemptsPerStep = 20
const endedPerStep = 1_000

/**
 * One step of an endpoint's sender: takes what has happened, and attempts what is due. First attempts are made one after
 * the other in the order of the events; repeated ones beside them, so that a delivery that keeps failing holds up none.
 *
 * @returns when the next step is due, in milliseconds; null where nothing waits
 */
export async function deliverDue(ctx: Ctx, endpointId: string): Promise<number | null> {
  const [, , [endpoint], first, repeated] = await ctx.db.batch([
    ...(takeEvents(ctx, endpointId, eventsPerStep) as [never, never]),
    selectForSender(ctx, endpointId),
    selectDue(ctx, endpointId, 'first', attemptsPerStep),
    selectDue(ctx, endpointId, 'repeated', attemptsPerStep),
  ])
  if (!endpoint) return null
  if (!endpoint.enabled) return endPending(ctx, endpointId)
  const target: Target = {
    url: endpoint.url,
    secrets: await signingSecrets(ctx.env, endpoint, ctx.now),
    allowLoopback: ctx.env.WEBHOOKS_ALLOW_LOOPBACK === 'on',
  }
  const lanes = [first, repeated].map((lane) => attemptInTurn(ctx, endpoint, target, lane))
  // Both end before an error of one is told: the next step must not meet a lane of this one.
  const failed = (await Promise.allSettled(lanes)).find((lane) => lane.status === 'rejected')
  if (failed) throw failed.reason
  const [[next]] = await ctx.db.batch([selectNext(ctx, endpointId)])
  return next?.untaken ? ctx.now : (next?.due_at ?? null)
}

/** Stops where the endpoint has been changed meanwhile: the next step goes on with what it is then. */
async function attemptInTurn(
  ctx: Ctx,
  endpoint: Endpoint,
  target: Target,
  lane: readonly DueDelivery[],
): Promise<void> {
  for (const delivery of lane) {
    const { attempt, gone, ...recorded } = await attemptDelivery(delivery, target)
    const now = systemContext(ctx.env, 'system:webhooks', Date.now())
    const [, , [current]] = await now.db.batch([
      recordAttempt(now, delivery.id, attempt, recorded),
      disableIf(now, endpoint.id, gone),
      selectForSender(now, endpoint.id),
    ])
    if (current?.updated_at !== endpoint.updated_at) return
  }
}

async function endPending(ctx: Ctx, endpointId: string): Promise<number | null> {
  const [failed] = await ctx.db.batch([failPending(ctx, endpointId, endedPerStep)])
  return failed.length < endedPerStep ? null : ctx.now
}
