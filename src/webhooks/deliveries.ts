import { recordIf } from '../approvals/history.store.ts'
import type { Ctx } from '../context.ts'
import { pageOf, type Page, type PageRequest } from '../db/page.ts'
import { onceIf } from '../idempotency/once.ts'
import { newId } from '../ids.ts'
import { Refusal } from '../refusal.ts'
import {
  isEnabled,
  isMade,
  replay,
  selectDeliveries,
  selectDelivery,
  selectDeliveryInFull,
  takeTest,
  type Delivery,
  type DeliveryStatus,
} from './deliveries.store.ts'
import { bodyOf, toldTo } from './attempt-delivery.ts'
import { getEndpoint } from './endpoints.ts'
import { selectEndpoint } from './endpoints.store.ts'
import { testType } from './event-types.ts'
import { wakeSender } from './wake-sender.ts'

/** Sends an endpoint a test, the way every event goes. @throws Refusal `not_found`, `endpoint_disabled` */
export async function testEndpoint(ctx: Ctx, endpointId: string): Promise<Delivery> {
  const happening = { type: testType, resourceId: endpointId, from: null, to: 'sent' } as const
  const event_id = newId('evt')
  const id = `msg_${event_id.slice(4)}_${endpointId.slice(4)}`
  const delivery: Delivery = {
    id,
    tenant_id: ctx.actor.tenantId,
    endpoint_id: endpointId,
    event_seq: 0,
    event_id,
    event_type: testType,
    status: 'pending',
    tries: 0,
    attempt_count: 0,
    next_attempt_at: 0,
    attempts: '[]',
    created_at: ctx.now,
    finished_at: null,
  }
  const statements = [
    recordIf(ctx, [{ ...happening, id: event_id }], isEnabled(ctx, endpointId)),
    takeTest(ctx, endpointId),
  ]
  const sent = await onceIf(ctx, delivery, statements, isMade(id))
  if (!sent) return refuseDisabled(ctx, endpointId)
  await wakeSender(ctx, ctx.actor.tenantId, endpointId, 'first')
  return sent
}

/**
 * Sends a delivery again, under the same id, with as many attempts as a new one.
 *
 * @throws Refusal `not_found`, `endpoint_disabled`
 */
export async function replayDelivery(ctx: Ctx, id: string): Promise<Delivery> {
  const {
    replayed: [replayed],
    delivery: [delivery],
  } = await ctx.db.batch({ replayed: replay(ctx, id), delivery: selectDelivery(ctx, id) })
  if (!delivery) throw new Refusal('not_found', `There is no webhook delivery ${id}.`)
  if (!replayed) return refuseDisabled(ctx, delivery.endpoint_id)
  await wakeSender(ctx, delivery.tenant_id, delivery.endpoint_id, delivery.next_attempt_at === 0 ? 'first' : 'repeated')
  return delivery
}

/** With the body that each attempt sends. @throws Refusal `not_found` */
export async function getDelivery(ctx: Ctx, id: string): Promise<{ delivery: Delivery; body: string }> {
  const [delivery] = await ctx.db.run(selectDeliveryInFull(ctx, id))
  if (!delivery) throw new Refusal('not_found', `There is no webhook delivery ${id}.`)
  return { delivery, body: bodyOf(delivery, toldTo(delivery, ctx.env)) }
}

/** Newest first. @throws Refusal `not_found` */
export async function listDeliveries(
  ctx: Ctx,
  endpointId: string,
  status: DeliveryStatus | undefined,
  page: PageRequest,
): Promise<Page<Delivery>> {
  const {
    endpoint: [endpoint],
    rows,
  } = await ctx.db.batch({
    endpoint: selectEndpoint(ctx, endpointId),
    rows: selectDeliveries(ctx, endpointId, status, page),
  })
  if (!endpoint) throw new Refusal('not_found', `There is no webhook endpoint ${endpointId}.`)
  return pageOf(rows, page, 0, (delivery) => delivery, 'attempts')
}

async function refuseDisabled(ctx: Ctx, endpointId: string): Promise<never> {
  await getEndpoint(ctx, endpointId)
  throw new Refusal('endpoint_disabled', `The endpoint ${endpointId} is disabled.`)
}
