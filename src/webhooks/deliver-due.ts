import type { Ctx } from '../context.ts'
import { second } from '../durations.ts'
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

/** How many events are looked at and how many deliveries are read at once, and how many ended. */
const eventsPerRead = 500
const deliveriesPerRead = 100
const endedPerStep = 1_000

/** After how many reads a step ends, and after how long: the platform bounds what one alarm may ask for. */
const readsPerStep = 10
const longestMs = 15 * second

/**
 * One step of an endpoint's sender. The first lane takes new events and makes the first attempts, one after the other
 * in the order of the events; the other lane repeats failed ones, so that a delivery that keeps failing holds up no
 * other.
 *
 * @param hasChanged whether somebody has said since the step began that the endpoint is no longer as it was
 * @returns when the lane has to go on, in milliseconds; null where nothing waits
 */
export async function deliverDue(
  ctx: Ctx,
  endpointId: string,
  lane: Lane,
  hasChanged: () => boolean = () => false,
): Promise<number | null> {
  const {
    endpoint: [endpoint],
    due,
  } = await read(ctx, endpointId, lane, [])
  if (endpoint && !endpoint.enabled) return endPending(ctx, endpointId, lane)
  const isPaused = (endpoint?.paused_until ?? 0) > ctx.now
  if (endpoint && !isPaused && due.length > 0) await attemptInTurn(ctx, endpoint, lane, due, hasChanged)
  const [next] = await ctx.db.run(selectNext(ctx, endpointId, lane))
  const at = next?.at ?? null
  return at === null ? null : Math.max(at, next?.paused_until ?? 0)
}

/** Ends the deliveries that wait for a disabled endpoint. */
async function endPending(ctx: Ctx, endpointId: string, lane: Lane): Promise<number | null> {
  const {
    ended,
    next: [next],
  } = await ctx.db.batch({
    ended: failPending(ctx, endpointId, endedPerStep),
    next: selectNext(ctx, endpointId, lane),
  })
  return ended.length < endedPerStep ? (next?.at ?? null) : ctx.now
}

/** The endpoint as it is now, and what is due at it, except those that are on their way. */
function read(ctx: Ctx, endpointId: string, lane: Lane, underWay: readonly string[]) {
  return ctx.db.batch({
    taken: lane === 'first' ? takeEvents(ctx, endpointId, eventsPerRead) : undefined,
    endpoint: selectForSender(ctx, endpointId),
    due: selectDue(ctx, endpointId, lane, deliveriesPerRead, underWay),
  })
}

/**
 * Stops where the endpoint has changed meanwhile, and where no more may be sent: the next step goes on with what there
 * is then, and as an invocation of its own may send again.
 *
 * @throws Error where nothing at all may be sent: going on at once would be no better
 */
async function attemptInTurn(
  ctx: Ctx,
  endpoint: Endpoint,
  lane: Lane,
  first: readonly DueDelivery[],
  hasChanged: () => boolean,
): Promise<void> {
  const target = receiverOf(endpoint, await signingSecrets(ctx.env, endpoint, ctx.now), ctx.env)
  const recorder = new AttemptRecorder(ctx, endpoint, lane)
  const until = Date.now() + longestMs
  let hasSent = false
  for await (const delivery of inTurn(ctx, endpoint, lane, first, recorder)) {
    if (recorder.mustStop || hasChanged() || Date.now() > until) break
    const attempted = await attemptDelivery(delivery, target)
    if (attempted === 'unsent' && !hasSent) throw new Error('the platform lets the sender send nothing')
    if (attempted === 'unsent') break
    hasSent = true
    const { attempt, status, gone, pauseUntil } = attempted
    if (status !== 'succeeded' && ctx.env.LOG_REQUESTS !== 'off') logFailure(endpoint, delivery, attempt)
    await recorder.add({ ...attempted, delivery })
    if (gone || pauseUntil !== null) break
  }
  await recorder.end()
}

/** What is due, one after the other; while those that have been read are sent, the next ones are read. */
async function* inTurn(
  ctx: Ctx,
  endpoint: Endpoint,
  lane: Lane,
  first: readonly DueDelivery[],
  recorder: AttemptRecorder,
): AsyncGenerator<DueDelivery> {
  let due = first
  for (let reads = 1; due.length > 0; reads += 1) {
    const mayBeMore = due.length === deliveriesPerRead && reads < readsPerStep
    const underWay = [...recorder.unrecorded, ...due.map(({ id }) => id)]
    const following = mayBeMore ? readOn(ctx, endpoint, lane, underWay) : []
    try {
      yield* due
    } finally {
      due = await following
    }
  }
}

/** None where the endpoint has changed, or the database fails: the next step sees what is the matter. */
async function readOn(ctx: Ctx, { id, version }: Endpoint, lane: Lane, underWay: readonly string[]) {
  try {
    const {
      endpoint: [current],
      due,
    } = await read(ctx, id, lane, underWay)
    return current?.version === version ? due : []
  } catch {
    return []
  }
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
