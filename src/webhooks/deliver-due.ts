import type { Ctx } from '../context.ts'
import { logLine } from '../log-line.ts'
import { attemptDelivery, receiverOf } from './attempt-delivery.ts'
import { AttemptRecorder } from './attempt-recorder.ts'
import {
  failPending,
  selectDue,
  selectNext,
  takeEvents,
  type Attempt,
  type DueDelivery,
  type Lane,
} from './deliveries.store.ts'
import { selectForSender, type Endpoint } from './endpoints.store.ts'
import { signingSecrets } from './endpoints.ts'

/** How many events one step looks at, how many deliveries it attempts, how many it ends. */
const eventsPerStep = 500
const attemptsPerStep = 100
const endedPerStep = 1_000

/**
 * When a lane has to go on, in milliseconds; null where nothing waits. `repeatAt` is when the lane of repetitions has
 * to.
 */
export interface NextStep {
  at: number | null
  repeatAt: number | null
}

/**
 * One step of an endpoint's sender. The first lane takes new events and makes the first attempts, one after the other
 * in the order of the events; the other lane repeats failed ones, so that a delivery that keeps failing holds up no
 * other.
 *
 * @param hasChanged whether somebody has said since the step began that the endpoint is no longer as it was
 */
export async function deliverDue(
  ctx: Ctx,
  endpointId: string,
  lane: Lane,
  hasChanged: () => boolean = () => false,
): Promise<NextStep> {
  const {
    endpoint: [endpoint],
    due,
  } = await ctx.db.batch({
    taken: lane === 'first' ? takeEvents(ctx, endpointId, eventsPerStep) : undefined,
    endpoint: selectForSender(ctx, endpointId),
    due: selectDue(ctx, endpointId, lane, attemptsPerStep),
  })
  if (endpoint && !endpoint.enabled) return endPending(ctx, endpointId, lane)
  const isPaused = (endpoint?.paused_until ?? 0) > ctx.now
  const { repeatAt, isCut } =
    endpoint && !isPaused ? await attemptInTurn(ctx, endpoint, due, hasChanged) : { repeatAt: null, isCut: true }
  // Whether there is more, the next step finds out.
  if (!isCut && due.length === attemptsPerStep) return { at: ctx.now, repeatAt }
  const [next] = await ctx.db.run(selectNext(ctx, endpointId, lane))
  const at = next?.at ?? null
  return { at: at === null ? null : Math.max(at, next?.paused_until ?? 0), repeatAt }
}

/** Ends the deliveries that wait for a disabled endpoint. */
async function endPending(ctx: Ctx, endpointId: string, lane: Lane): Promise<NextStep> {
  const {
    ended,
    next: [next],
  } = await ctx.db.batch({
    ended: failPending(ctx, endpointId, endedPerStep),
    next: selectNext(ctx, endpointId, lane),
  })
  return { at: ended.length < endedPerStep ? (next?.at ?? null) : ctx.now, repeatAt: null }
}

/**
 * Stops where the endpoint has changed meanwhile: the next step goes on with what it is then.
 *
 * @returns when the earliest of those that failed is to be repeated, and whether it has stopped
 */
async function attemptInTurn(
  ctx: Ctx,
  endpoint: Endpoint,
  due: readonly DueDelivery[],
  hasChanged: () => boolean,
): Promise<{ repeatAt: number | null; isCut: boolean }> {
  if (due.length === 0) return { repeatAt: null, isCut: false }
  const target = receiverOf(endpoint, await signingSecrets(ctx.env, endpoint, ctx.now), ctx.env)
  const recorder = new AttemptRecorder(ctx, endpoint)
  let repeatAt: number | null = null
  let isCut = false
  for (const delivery of due) {
    isCut ||= recorder.mustStop || hasChanged()
    if (isCut) break
    const attempted = await attemptDelivery(delivery, target)
    const { attempt, status, nextAt, gone, pauseUntil } = attempted
    if (status !== 'succeeded' && ctx.env.LOG_REQUESTS !== 'off') logFailure(endpoint, delivery, attempt)
    await recorder.add({ ...attempted, delivery })
    if (nextAt !== null) repeatAt = Math.min(repeatAt ?? Infinity, nextAt)
    isCut = gone || pauseUntil !== null
  }
  await recorder.end()
  return { repeatAt, isCut }
}

/** A line for whoever runs the service; the caller finds more in the log of the delivery. */
function logFailure(endpoint: Endpoint, delivery: DueDelivery, { response_status, error }: Attempt): void {
  logLine({
    message: 'a webhook was not delivered',
    endpoint_id: endpoint.id,
    host: URL.parse(endpoint.url)?.host,
    delivery_id: delivery.id,
    event: delivery.event_type,
    tries: delivery.tries + 1,
    response_status,
    error,
  })
}
