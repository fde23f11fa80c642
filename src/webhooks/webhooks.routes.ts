import { z } from '@hono/zod-openapi'
import { endpoint, json, type Further } from '../http/endpoint.ts'
import { cursorQuery, cursorRequest, linkNext } from '../http/pagination.ts'
import { createRouter } from '../http/router.ts'
import { iso } from '../http/time.ts'
import {
  changeEndpoint,
  createEndpoint,
  deleteEndpoint,
  getEndpoint,
  listEndpoints,
  rotateSecret,
  urlFaults,
} from './endpoints.ts'
import type { Endpoint } from './endpoints.store.ts'
import {
  createdEndpointSchema,
  deletedEndpointSchema,
  endpointChangeSchema,
  endpointListSchema,
  endpointParams,
  endpointSchema,
  newEndpointSchema,
  partOfEndpoint,
  rotatedEndpointSchema,
} from './webhooks.schemas.ts'

const tags = ['Webhooks']
const path = '/v1/webhook-endpoints'
const roles = ['admin'] as const

const urlIsFaulty: Further = async (ctx, { body }) => {
  const { url } = partOfEndpoint.parse(body)
  return url === undefined ? [] : urlFaults(ctx, url)
}

/** Webhook endpoints and their secrets. */
export const webhookRoutes = createRouter()
  .openapi(
    endpoint({
      method: 'post',
      path,
      operationId: 'createWebhookEndpoint',
      tags,
      summary: 'Register an endpoint; its secret is shown once',
      description:
        'Deliveries are signed according to Standard Webhooks 1.0; the signing secret is only in this answer.',
      roles,
      creates: true,
      request: { body: { required: true, content: json(newEndpointSchema) } },
      further: urlIsFaulty,
      responses: {
        201: {
          description: 'The endpoint. It is told what happens from now on.',
          content: json(createdEndpointSchema),
        },
      },
      refuses: ['endpoint_limit', 'webhooks_unavailable'],
    }),
    async (c) => {
      const { plainSecret, ...made } = await createEndpoint(c.get('ctx'), c.req.valid('json'))
      return c.json({ ...render(made), secret: plainSecret }, 201)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path,
      operationId: 'listWebhookEndpoints',
      tags,
      summary: 'List endpoints, newest first',
      description: 'Their secrets are never shown again.',
      roles,
      request: { query: z.object(cursorQuery(20)) },
      responses: {
        200: { description: 'A page of endpoints; `Link` leads to the next.', content: json(endpointListSchema) },
      },
    }),
    async (c) => {
      const { rows, next } = await listEndpoints(c.get('ctx'), cursorRequest(c.req.valid('query'), 20))
      return c.json({ data: rows.map(render), next: linkNext(c, next) }, 200)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path: `${path}/{id}`,
      operationId: 'getWebhookEndpoint',
      tags,
      summary: 'Read an endpoint',
      description: 'If it is disabled, it says why; if its receiver asked for a pause, until when.',
      roles,
      request: { params: endpointParams },
      responses: { 200: { description: 'The endpoint.', content: json(endpointSchema) } },
      refuses: ['not_found'],
    }),
    async (c) => c.json(render(await getEndpoint(c.get('ctx'), c.req.valid('param').id)), 200),
  )
  .openapi(
    endpoint({
      method: 'patch',
      path: `${path}/{id}`,
      operationId: 'changeWebhookEndpoint',
      tags,
      summary: 'Change, disable or enable an endpoint',
      description:
        'Disabling an endpoint fails its pending deliveries; once enabled again, it is told what happens from then on.',
      roles,
      request: { params: endpointParams, body: { required: true, content: json(endpointChangeSchema) } },
      further: urlIsFaulty,
      responses: { 200: { description: 'The endpoint as it is now.', content: json(endpointSchema) } },
      refuses: ['not_found'],
    }),
    async (c) => {
      const { event_types, ...body } = c.req.valid('json')
      const changed = await changeEndpoint(c.get('ctx'), c.req.valid('param').id, {
        ...body,
        event_types: event_types && JSON.stringify(event_types),
      })
      return c.json(render(changed), 200)
    },
  )
  .openapi(
    endpoint({
      method: 'delete',
      path: `${path}/{id}`,
      operationId: 'deleteWebhookEndpoint',
      tags,
      summary: 'Delete an endpoint, with its deliveries',
      description: 'Refused while a gate sends its decisions to it.',
      roles,
      request: { params: endpointParams },
      responses: { 200: { description: 'It is gone.', content: json(deletedEndpointSchema) } },
      refuses: ['not_found', 'endpoint_in_use'],
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      await deleteEndpoint(c.get('ctx'), id)
      return c.json({ id, deleted: true as const }, 200)
    },
  )
  .openapi(
    endpoint({
      method: 'post',
      path: `${path}/{id}/rotate-secret`,
      operationId: 'rotateWebhookSecret',
      tags,
      summary: 'Replace the secret; the old one signs for another 24 hours, beside the new one',
      description: 'Receivers have a day to switch; until then, deliveries carry both signatures.',
      roles,
      creates: true,
      request: { params: endpointParams },
      responses: { 200: { description: 'The endpoint with its new secret.', content: json(rotatedEndpointSchema) } },
      refuses: ['not_found', 'webhooks_unavailable'],
    }),
    async (c) => {
      const { plainSecret, validUntil, ...rotated } = await rotateSecret(c.get('ctx'), c.req.valid('param').id)
      return c.json({ ...render(rotated), secret: plainSecret, previous_secret_valid_until: iso(validUntil) }, 200)
    },
  )

function render({ id, url, event_types, description, enabled, disabled_reason, ...rest }: Endpoint) {
  const { include_restricted, paused_until, created_at, updated_at } = rest
  return {
    id,
    url,
    event_types: JSON.parse(event_types) as string[],
    description,
    include_restricted: include_restricted === 1,
    enabled: enabled === 1,
    disabled_reason: disabled_reason === 'deleted' ? null : disabled_reason,
    paused_until: iso(paused_until),
    created_at: iso(created_at),
    updated_at: iso(updated_at),
  }
}
