import { z } from '@hono/zod-openapi'
import { endpoint, json } from '../http/endpoint.ts'
import { cursorQuery, cursorRequest, linkNext } from '../http/pagination.ts'
import { createRouter } from '../http/router.ts'
import { iso } from '../http/time.ts'
import {
  deletedSchema,
  gateChangeSchema,
  gateListSchema,
  gateSchema,
  idParams,
  newGateSchema,
  partOfGate,
} from './gates.schemas.ts'
import type { Gate } from './gates.store.ts'
import { changeGate, createGate, deleteGate, getGate, listGates, unknownFaults, type Action } from './gates.ts'
import { renderRules } from './rules.routes.ts'

const tags = ['Checks and gates']
const path = '/v1/structuring/gates'
const one = (description: string) => ({ description, content: json(gateSchema) })

/** Gates: create, read, change, delete. */
export const gateRoutes = createRouter()
  .openapi(
    endpoint({
      method: 'post',
      path,
      operationId: 'createGate',
      tags,
      summary: 'Make a gate, with its rules if you like',
      description: 'The checks and webhook endpoints that it names must exist.',
      roles: ['admin'],
      creates: true,
      request: { body: { required: true, content: json(newGateSchema) } },
      further: (ctx, { body }) => unknownFaults(ctx, partOfGate.parse(body)),
      responses: { 201: one('The gate.') },
    }),
    async (c) => {
      const { rules, ...settings } = c.req.valid('json')
      const asked = rules.map(({ type, config }) => ({ type, config: JSON.stringify(config) }))
      return c.json(render(await createGate(c.get('ctx'), settings, asked)), 201)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path,
      operationId: 'listGates',
      tags,
      summary: 'List gates, newest first',
      description: 'Each with its rules; deleted ones are not listed.',
      roles: 'any',
      request: { query: z.object(cursorQuery(20)) },
      responses: { 200: { description: 'A page of gates; `Link` leads to the next.', content: json(gateListSchema) } },
    }),
    async (c) => {
      const { rows, next } = await listGates(c.get('ctx'), cursorRequest(c.req.valid('query'), 20))
      return c.json({ data: rows.map(render), next: linkNext(c, next) }, 200)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path: `${path}/{id}`,
      operationId: 'getGate',
      tags,
      summary: 'Read a gate',
      description: 'With its rules.',
      roles: 'any',
      request: { params: idParams('01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c42') },
      responses: { 200: one('The gate.') },
      refuses: ['not_found'],
    }),
    async (c) => c.json(render(await getGate(c.get('ctx'), c.req.valid('param').id)), 200),
  )
  .openapi(
    endpoint({
      method: 'patch',
      path: `${path}/{id}`,
      operationId: 'changeGate',
      tags,
      summary: 'Change a gate',
      description:
        'Pending results set off its actions as they are when the result is decided; how long they wait does not change.',
      roles: ['admin'],
      request: {
        params: idParams('01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c42'),
        body: { required: true, content: json(gateChangeSchema) },
      },
      further: (ctx, { body }) => unknownFaults(ctx, partOfGate.parse(body)),
      responses: { 200: one('The gate as it is now.') },
      refuses: ['not_found'],
    }),
    async (c) => {
      const gate = await changeGate(c.get('ctx'), c.req.valid('param').id, c.req.valid('json'))
      return c.json(render(gate), 200)
    },
  )
  .openapi(
    endpoint({
      method: 'delete',
      path: `${path}/{id}`,
      operationId: 'deleteGate',
      tags,
      summary: 'Delete a gate; what waits at it can still be decided',
      description: 'Nothing can be submitted to it any more.',
      roles: ['admin'],
      request: { params: idParams('01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c46') },
      responses: { 200: { description: 'It is gone.', content: json(deletedSchema) } },
      refuses: ['not_found'],
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      await deleteGate(c.get('ctx'), id)
      return c.json({ id, deleted: true as const }, 200)
    },
  )

function render({ check_ids, on_approve, on_reject, queue_warnings, is_active, rules, ...gate }: Gate) {
  return {
    ...gate,
    check_ids: JSON.parse(check_ids) as string[],
    on_approve: JSON.parse(on_approve) as Action,
    on_reject: JSON.parse(on_reject) as Action,
    queue_warnings: queue_warnings === 1,
    is_active: is_active === 1,
    rules: renderRules(rules),
    created_at: iso(gate.created_at),
    updated_at: iso(gate.updated_at),
  }
}
