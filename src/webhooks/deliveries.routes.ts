import { z } from '@hono/zod-openapi'
import { endpoint, json } from '../http/endpoint.ts'
import { createdRange, cursorQuery, cursorRequest, linkNext } from '../http/pagination.ts'
import { createRouter } from '../http/router.ts'
import { iso } from '../http/time.ts'
import { getDelivery, listDeliveries, replayDelivery, testEndpoint } from './deliveries.ts'
import type { Attempt, Delivery } from './deliveries.store.ts'
import {
  deliveryInFullSchema,
  deliveryListSchema,
  deliveryParams,
  deliverySchema,
  deliveryStatus,
} from './deliveries.schemas.ts'
import { endpointParams } from './webhooks.schemas.ts'

const tags = ['Webhooks']
const roles = ['admin'] as const

/** What is sent to webhook endpoints: a test, the log of it, and again. */
export const deliveryRoutes = createRouter()
  .openapi(
    endpoint({
      method: 'post',
      path: '/v1/webhook-endpoints/{id}/test',
      operationId: 'testWebhookEndpoint',
      tags,
      summary: 'Send an endpoint.test event to this endpoint alone',
      description: 'It is delivered like any other event, whatever types the endpoint asks for.',
      roles,
      creates: true,
      request: { params: endpointParams },
      responses: { 201: { description: 'The delivery; the log says what came of it.', content: json(deliverySchema) } },
      refuses: ['not_found', 'endpoint_disabled'],
    }),
    async (c) => c.json(renderDelivery(await testEndpoint(c.get('ctx'), c.req.valid('param').id)), 201),
  )
  .openapi(
    endpoint({
      method: 'get',
      path: '/v1/webhook-endpoints/{id}/deliveries',
      operationId: 'listWebhookDeliveries',
      tags,
      summary: 'List what was sent to an endpoint in the last 30 days, newest first',
      description: 'Each with its latest attempts; read a single delivery for its body.',
      roles,
      request: {
        params: endpointParams,
        query: z.object({ ...cursorQuery(20), status: deliveryStatus.optional(), ...createdRange }),
      },
      responses: {
        200: { description: 'A page of deliveries; `Link` leads to the next.', content: json(deliveryListSchema) },
      },
      refuses: ['not_found'],
    }),
    async (c) => {
      const { status, ...rest } = c.req.valid('query')
      const { id } = c.req.valid('param')
      const { rows, next } = await listDeliveries(c.get('ctx'), id, status, cursorRequest(rest, 20))
      return c.json({ data: rows.map(renderDelivery), next: linkNext(c, next) }, 200)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path: '/v1/webhook-deliveries/{id}',
      operationId: 'getWebhookDelivery',
      tags,
      summary: 'Read a delivery, with the body that was sent',
      description: 'The body is, byte for byte, what each attempt signs and sends.',
      roles,
      request: { params: deliveryParams },
      responses: { 200: { description: 'The delivery.', content: json(deliveryInFullSchema) } },
      refuses: ['not_found'],
    }),
    async (c) => {
      const found = await getDelivery(c.get('ctx'), c.req.valid('param').id)
      return c.json({ ...renderDelivery(found.delivery), body: found.body }, 200)
    },
  )
  .openapi(
    endpoint({
      method: 'post',
      path: '/v1/webhook-deliveries/{id}/replay',
      operationId: 'replayWebhookDelivery',
      tags,
      summary: 'Send a delivery again, under the same webhook-id',
      description: 'It gets as many attempts as a new one.',
      roles,
      request: { params: deliveryParams },
      responses: { 200: { description: 'The delivery, pending.', content: json(deliverySchema) } },
      refuses: ['not_found', 'endpoint_disabled'],
    }),
    async (c) => c.json(renderDelivery(await replayDelivery(c.get('ctx'), c.req.valid('param').id)), 200),
  )

function renderDelivery(delivery: Delivery) {
  const { id, endpoint_id, event_id, event_type, status, attempt_count, next_attempt_at, created_at } = delivery
  return {
    id,
    endpoint_id,
    event_id,
    event_type,
    status,
    attempt_count,
    next_attempt_at: iso(next_attempt_at === 0 ? created_at : next_attempt_at),
    created_at: iso(created_at),
    finished_at: iso(delivery.finished_at),
    attempts: JSON.parse(delivery.attempts) as Attempt[],
  }
}
