import { z } from '@hono/zod-openapi'
import { distinct } from '../distinct.schemas.ts'
import { id } from '../id.schemas.ts'
import { next } from '../page.schemas.ts'
import { time } from '../time.schemas.ts'
import { eventTypes } from './event-types.ts'

export const endpointParams = z.object({
  id: id.openapi({ example: 'whe_01jq8m2v9kf3wt6x5n4c7b8d9e' }),
})
const url = z.string().min(1).max(2_000).openapi({
  description: 'https, to port 443 of a host on the internet; in local development http to this machine as well.',
  example: 'https://hooks.example.com/countersign',
})
/** In JSON Schema 2020-12, which knows more than what takes it is typed by. */
const onlyAlone = { not: { contains: { const: '*' }, minItems: 2 } } as object

/** Looked at beside all other faults, so whatever was sent may come here. */
function allStandsAlone(sent: unknown, refinement: z.RefinementCtx) {
  if (!Array.isArray(sent) || sent.length === 1 || !sent.includes('*')) return
  refinement.addIssue({ code: 'custom', message: 'must not name other types beside *, which stands for all of them' })
}

const types = distinct(
  z
    .array(z.enum(['*', ...eventTypes]))
    .min(1)
    .max(eventTypes.length),
)
  .superRefine(allStandsAlone, { when: () => true })
  .openapi({
    description: 'The types of events to send; `["*"]` for all.',
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
  .strictObject({
    url,
    event_types: types.default(['*']),
    description: description.default(null),
    include_restricted: includeRestricted.default(false),
    enabled: z.boolean().default(true),
  })
  .openapi('NewWebhookEndpoint', {
    example: { url: 'https://hooks.example.com/countersign', event_types: ['claim.approved', 'batch.completed'] },
  })

/** The members of an endpoint that can be changed. */
export const endpointChangeSchema = z
  .strictObject({
    url: url.optional(),
    event_types: types.optional(),
    description: description.optional(),
    include_restricted: includeRestricted.optional(),
    enabled: z.boolean().optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'needs at least one member')
  .openapi('WebhookEndpointChange', { minProperties: 1, example: { description: 'Our ledger' } })

/** The parts of a faulty endpoint, or change of one, in which further faults can be found. */
export const partOfEndpoint = z.object({ url: url.optional().catch(undefined) }).catch({})

const endpoint = {
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
  paused_until: time
    .nullable()
    .openapi({ description: 'When the pause that the receiver asked for ends; null if there is none.' }),
  created_at: time,
  updated_at: time,
}
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

export const endpointSchema = z.object(endpoint).openapi('WebhookEndpoint', { example })
export const endpointListSchema = z.object({ data: z.array(endpointSchema), next }).openapi('WebhookEndpointList')
export const createdEndpointSchema = z.object({ ...endpoint, secret }).openapi('CreatedWebhookEndpoint', {
  example: { ...example, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=' },
})
export const rotatedEndpointSchema = z
  .object({ ...endpoint, secret, previous_secret_valid_until: time })
  .openapi('RotatedWebhookEndpoint', {
    example: {
      ...example,
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=',
      previous_secret_valid_until: '2026-03-17T14:00:00.000Z',
    },
  })
export const deletedEndpointSchema = z
  .object({ id: z.string(), deleted: z.literal(true) })
  .openapi('DeletedWebhookEndpoint', { example: { id: example.id, deleted: true } })
