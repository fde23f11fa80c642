import { z } from '@hono/zod-openapi'
import { id } from '../id.schemas.ts'
import { next } from '../page.schemas.ts'
import { time } from '../time.schemas.ts'
import { besideEvents, eventTypes, subjectKinds, testType } from './event-types.ts'

export const endpointParams = z.object({
  id: id.openapi({ example: 'whe_01jq8m2v9kf3wt6x5n4c7b8d9e' }),
})
export const deliveryParams = z.object({
  id: z.string().min(1).max(200).openapi({ example: 'msg_01jq8m2v9kf3wt6x5n4c7b8d9e_01jq8m2v9kf3wt6x5n4c7b8d9f' }),
})

const url = z.string().min(1).max(2_000).openapi({
  description: 'https, to port 443 of a host on the internet; in local development http to this machine as well.',
  example: 'https://hooks.example.com/countersign',
})
/** In JSON Schema 2020-12, which knows more than what takes it is typed by. */
const onlyAlone = { not: { contains: { const: '*' }, minItems: 2 } } as object

const types = z
  .array(z.enum(['*', ...eventTypes]))
  .min(1)
  .max(eventTypes.length)
  .refine((all) => new Set(all).size === all.length, 'names a type twice')
  .refine((all) => all.length === 1 || !all.includes('*'), 'has * beside others: it stands for all of them, alone')
  .openapi({
    description: 'The types of events to be told; `["*"]` for all.',
    uniqueItems: true,
    ...onlyAlone,
    example: ['claim.approved', 'batch.completed'],
  })
const description = z.string().max(2_000).nullable()
const includeRestricted = z.boolean().openapi({
  description:
    'Whether it is told of restricted approvals in full. Otherwise a delivery about one has its id, type, status and digest only.',
})

/** A new endpoint. */
export const newEndpointSchema = z
  .lazy(() =>
    z.strictObject({
      url,
      event_types: types.default(['*']),
      description: description.default(null),
      include_restricted: includeRestricted.default(false),
      enabled: z.boolean().default(true),
    }),
  )
  .openapi('NewWebhookEndpoint', {
    example: { url: 'https://hooks.example.com/countersign', event_types: ['claim.approved', 'batch.completed'] },
  })

/** The members of an endpoint that can be changed. */
export const endpointChangeSchema = z
  .lazy(() =>
    z
      .strictObject({
        url: url.optional(),
        event_types: types.optional(),
        description: description.optional(),
        include_restricted: includeRestricted.optional(),
        enabled: z.boolean().optional(),
      })
      .refine((change) => Object.keys(change).length > 0, 'needs at least one member'),
  )
  .openapi('WebhookEndpointChange', { example: { description: 'Our ledger' } })

/** The parts of a faulty endpoint, or change of one, in which further faults can be found. */
export const partOfEndpoint = z.object({ url: url.optional().catch(undefined) }).catch({})

const endpoint = () => ({
  id: z.string(),
  url: z.string(),
  event_types: z.array(z.string()),
  description,
  include_restricted: includeRestricted,
  enabled: z.boolean(),
  disabled_reason: z
    .enum(['by_admin', 'gone'])
    .nullable()
    .openapi({ description: '`gone`: the receiver answered 410.' }),
  paused_until: time.nullable().openapi({ description: 'Until when the receiver has asked to be left alone.' }),
  created_at: time,
  updated_at: time,
})
const example = {
  id: 'whe_01jq8m2v9kf3wt6x5n4c7b8d9e',
  url: 'https://hooks.example.com/countersign',
  event_types: ['*'],
  description: null,
  include_restricted: false,
  enabled: true,
  disabled_reason: null,
  paused_until: null,
  created_at: '2026-03-16T14:00:00.000Z',
  updated_at: '2026-03-16T14:00:00.000Z',
}
const secret = z.string().openapi({ description: 'Signs the deliveries. Shown once: keep it.' })

export const endpointSchema = z.lazy(() => z.object(endpoint())).openapi('WebhookEndpoint', { example })
export const endpointListSchema = z
  .lazy(() => z.object({ data: z.array(endpointSchema), next }))
  .openapi('WebhookEndpointList')
export const createdEndpointSchema = z
  .lazy(() => z.object({ ...endpoint(), secret }))
  .openapi('CreatedWebhookEndpoint', {
    example: { ...example, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=' },
  })
export const rotatedEndpointSchema = z
  .lazy(() => z.object({ ...endpoint(), secret, previous_secret_valid_until: time }))
  .openapi('RotatedWebhookEndpoint', {
    example: {
      ...example,
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=',
      previous_secret_valid_until: '2026-03-17T14:00:00.000Z',
    },
  })
export const deletedEndpointSchema = z
  .lazy(() => z.object({ id: z.string(), deleted: z.literal(true) }))
  .openapi('DeletedWebhookEndpoint', { example: { id: example.id, deleted: true } })

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
  endpoint_id: example.id,
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
  .lazy(() =>
    z.object({
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
        .openapi({ description: 'The last 30.' }),
    }),
  )
  .openapi('WebhookDelivery', { example: deliveryExample })
/** A delivery with its body. */
export const deliveryInFullSchema = z
  .lazy(() =>
    deliverySchema.unwrap().extend({
      body: z.string().openapi({ description: 'What every attempt sends, to the byte: what is signed.' }),
    }),
  )
  .openapi('WebhookDeliveryInFull', { example: { ...deliveryExample, body: JSON.stringify(eventExample) } })
export const deliveryListSchema = z
  .lazy(() => z.object({ data: z.array(deliverySchema), next }))
  .openapi('WebhookDeliveryList')

/** The body of a delivery. */
const eventSchema = z
  .lazy(() =>
    z.object({
      type: z.enum([...eventTypes, testType]),
      timestamp: time.openapi({ description: 'When it happened.' }),
      data: z.object({
        id: z.string().openapi({ description: 'Of what it happened to.' }),
        kind: z.enum(subjectKinds),
        status: z.string(),
        digest: z.string().nullable().openapi({ description: 'Of the question, where it is about an approval.' }),
        restricted: z.boolean().openapi({
          description:
            'Whether it is about a restricted approval. Unless the endpoint has `include_restricted`, what follows is null.',
        }),
        event_id: z.string(),
        previous_status: z.string().nullable(),
        actor_id: z.string().nullable(),
        title: z.string().nullable(),
        requester_id: z.string().nullable(),
        subject: z.object({ type: z.string(), id: z.string() }).nullable(),
        url: z.string().nullable().openapi({
          description: 'Where people see the approval; null where the operator has not said (`PUBLIC_URL`).',
        }),
        ...besideEvents,
        details: z.looseObject({}).nullable(),
      }),
    }),
  )
  .openapi('WebhookEvent', { example: eventExample })

/** What is sent to endpoints, for the OpenAPI document. */
export const outgoing = {
  method: 'post' as const,
  path: 'event',
  operationId: 'receiveEvent',
  tags: ['Webhooks'],
  summary: 'Sent to your endpoints when something happens',
  description: 'Signed as Standard Webhooks 1.0 says; delivered at least once, in the order of first attempts.',
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
