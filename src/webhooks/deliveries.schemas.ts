import { z } from '@hono/zod-openapi'
import { next } from '../page.schemas.ts'
import { time } from '../time.schemas.ts'
import { besideEvents, eventTypes, subjectKinds, testType } from './event-types.ts'

export const deliveryParams = z.object({
  id: z.string().min(1).max(200).openapi({ example: 'msg_01jq8m2v9kf3wt6x5n4c7b8d9e_01jq8m2v9kf3wt6x5n4c7b8d9f' }),
})

export const deliveryStatus = z.enum(['pending', 'succeeded', 'failed'])

const eventExample = {
  type: 'claim.approved',
  timestamp: '2026-03-16T14:30:00.000Z',
  data: {
    id: 'clm_9f2a3b4c',
    kind: 'claim',
    status: 'approved',
    digest: '252ceefa8e5005fc433ea5226863920a994314ba95e5fb2993d9dc6e06145326',
    restricted: false,
    event_id: 'evt_01jq8m2v9kf3wt6x5n4c7b8d9e',
    previous_status: 'pending',
    approved_digest: '252ceefa8e5005fc433ea5226863920a994314ba95e5fb2993d9dc6e06145326',
    actor_id: 'usr_coord99',
    title: 'Train to Bern',
    requester_id: 'usr_member',
    subject: null,
    url: 'https://approvals.example.com/a/clm_9f2a3b4c',
    details: { decision_id: 'dec_01jq8m2v9kf3wt6x5n4c7b8d9e', comment: null },
  },
}

const deliveryExample = {
  id: 'msg_01jq8m2v9kf3wt6x5n4c7b8d9e_01jq8m2v9kf3wt6x5n4c7b8d9f',
  endpoint_id: 'whe_01jq8m2v9kf3wt6x5n4c7b8d9e',
  event_id: 'evt_01jq8m2v9kf3wt6x5n4c7b8d9e',
  event_type: 'claim.approved',
  status: 'succeeded' as const,
  attempt_count: 1,
  next_attempt_at: null,
  created_at: '2026-03-16T14:00:00.000Z',
  finished_at: '2026-03-16T14:00:00.210Z',
  attempts: [
    { at: '2026-03-16T14:00:00.020Z', duration_ms: 180, response_status: 204, response_body: null, error: null },
  ],
}

/** One event on its way to one endpoint. */
export const deliverySchema = z
  .object({
    id: z.string().openapi({ description: 'The `webhook-id` of every attempt.' }),
    endpoint_id: z.string(),
    event_id: z.string(),
    event_type: z.string(),
    status: deliveryStatus,
    attempt_count: z.int(),
    next_attempt_at: time.nullable(),
    created_at: time,
    finished_at: time.nullable(),
    attempts: z
      .array(
        z.object({
          at: time,
          duration_ms: z.int(),
          response_status: z.int().nullable(),
          response_body: z.string().nullable().openapi({ description: 'The first 4 KiB.' }),
          error: z.string().nullable(),
        }),
      )
      .openapi({ description: 'The last 30 attempts.' }),
  })
  .openapi('WebhookDelivery', { example: deliveryExample })
/** A delivery with its body. */
export const deliveryInFullSchema = deliverySchema
  .extend({
    body: z.string().openapi({ description: 'What every attempt signs and sends, byte for byte.' }),
  })
  .openapi('WebhookDeliveryInFull', { example: { ...deliveryExample, body: JSON.stringify(eventExample) } })
export const deliveryListSchema = z.object({ data: z.array(deliverySchema), next }).openapi('WebhookDeliveryList')

/** The body of a delivery. */
const eventSchema = z
  .object({
    type: z.enum([...eventTypes, testType]),
    timestamp: time.openapi({ description: 'When it happened.' }),
    data: z.object({
      id: z.string().openapi({ description: 'The id of what it happened to.' }),
      kind: z.enum(subjectKinds),
      status: z.string(),
      digest: z.string().nullable().openapi({ description: 'The digest of the question, if it is about an approval.' }),
      restricted: z.boolean().openapi({
        description:
          'Whether it is about a restricted approval. If so, the members after `event_id` are null, unless the endpoint has `include_restricted`.',
      }),
      event_id: z.string(),
      previous_status: z.string().nullable(),
      approved_digest: z.string().nullable().openapi({
        description:
          'Of what was approved: another than `digest` where the details were edited; null where nothing was.',
      }),
      actor_id: z.string().nullable(),
      title: z.string().nullable(),
      requester_id: z.string().nullable(),
      subject: z.object({ type: z.string(), id: z.string() }).nullable(),
      url: z.string().nullable().openapi({
        description: 'Where people see the approval; null if the operator has not set `PUBLIC_URL`.',
      }),
      ...besideEvents,
      details: z.looseObject({}).nullable(),
    }),
  })
  .openapi('WebhookEvent', { example: eventExample })

/** What is sent to endpoints, for the OpenAPI document. */
export const outgoing = {
  method: 'post' as const,
  path: 'event',
  operationId: 'receiveEvent',
  tags: ['Webhooks'],
  summary: 'Sent to your endpoints when something happens',
  description: 'Signed according to Standard Webhooks 1.0; delivered at least once, in the order of first attempts.',
  security: [],
  request: {
    headers: z.object({
      'webhook-id': z.string().openapi({ description: 'The same on every attempt.' }),
      'webhook-timestamp': z.string().openapi({ description: 'Seconds since the epoch, of this attempt.' }),
      'webhook-signature': z.string().openapi({ description: '`v1,<base64>`, several separated by spaces.' }),
    }),
    body: { required: true, content: { 'application/json': { schema: eventSchema } } },
  },
  responses: {
    '2XX': { description: 'Received. Anything else is a failure, and is tried again.' },
    410: { description: 'Gone: the endpoint is disabled.' },
  },
}
