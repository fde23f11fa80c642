import { z } from '@hono/zod-openapi'
import { endpoint, json } from '../http/endpoint.ts'
import { keptText } from '../http/faults.ts'
import { jsonText } from '../http/json-text.ts'
import { cursorQuery, cursorRequest, linkNext } from '../http/pagination.ts'
import { withRaw } from '../http/raw-json.ts'
import { createRouter } from '../http/router.ts'
import { iso } from '../http/time.ts'
import type { Check } from './checks.store.ts'
import {
  checkChangeSchema,
  checkListSchema,
  checkSchema,
  newCheckSchema,
  partOfCheck,
  partOfNewCheck,
} from './checks.schemas.ts'
import { deletedSchema, idParams } from './gates.schemas.ts'
import { changeCheck, createCheck, deleteCheck, faultsByType, faultsOfNew, getCheck, listChecks } from './checks.ts'

const tags = ['Checks and gates']
const path = '/v1/structuring/checks'
const one = (description: string) => ({ description, content: json(checkSchema) })

/** Checks: create, read, change, delete. */
export const checkRoutes = createRouter()
  .openapi(
    endpoint({
      method: 'post',
      path,
      operationId: 'createCheck',
      tags,
      summary: 'Make a check',
      description: 'Its config depends on its type.',
      roles: ['admin'],
      creates: true,
      request: { body: { required: true, content: json(newCheckSchema) } },
      keeps: { member: 'config' },
      further: (_, { body }) => faultsOfNew(partOfNewCheck.parse(body)),
      responses: { 201: one('The check. It judges nothing until a gate names it.') },
    }),
    async (c) => {
      const { is_active, ...body } = c.req.valid('json')
      const config = (await keptText(c)) ?? '{}'
      const check = await createCheck(c.get('ctx'), { ...body, config, is_active: Number(is_active) })
      return jsonText(c, render(check), 201)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path,
      operationId: 'listChecks',
      tags,
      summary: 'List checks, newest first',
      description: 'Deleted ones are not listed.',
      roles: 'any',
      request: { query: z.object(cursorQuery(20)) },
      responses: {
        200: { description: 'A page of checks; `Link` leads to the next.', content: json(checkListSchema) },
      },
    }),
    async (c) => {
      const { rows, next } = await listChecks(c.get('ctx'), cursorRequest(c.req.valid('query'), 20))
      return jsonText(c, withRaw({ next: linkNext(c, next) }, { data: `[${rows.map(render).join(',')}]` }), 200)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path: `${path}/{id}`,
      operationId: 'getCheck',
      tags,
      summary: 'Read a check',
      description: 'Its config is shown as it was sent.',
      roles: 'any',
      request: { params: idParams('b2c3d4e5-f6a7-8901-bcde-f12345678901') },
      responses: { 200: one('The check.') },
      refuses: ['not_found'],
    }),
    async (c) => jsonText(c, render(await getCheck(c.get('ctx'), c.req.valid('param').id)), 200),
  )
  .openapi(
    endpoint({
      method: 'patch',
      path: `${path}/{id}`,
      operationId: 'changeCheck',
      tags,
      summary: 'Change a check',
      description: 'Its type cannot change. Results that it has already judged stay as they are.',
      roles: ['admin'],
      request: {
        params: idParams('b2c3d4e5-f6a7-8901-bcde-f12345678901'),
        body: { required: true, content: json(checkChangeSchema) },
      },
      keeps: { member: 'config' },
      further: (ctx, { params, body }) => faultsByType(ctx, params.id ?? '', partOfCheck.parse(body)),
      responses: { 200: one('The check as it is now.') },
      refuses: ['not_found'],
    }),
    async (c) => {
      const { is_active, config: _, ...body } = c.req.valid('json')
      const check = await changeCheck(c.get('ctx'), c.req.valid('param').id, {
        ...body,
        config: await keptText(c),
        ...(is_active !== undefined && { is_active: Number(is_active) }),
      })
      return jsonText(c, render(check), 200)
    },
  )
  .openapi(
    endpoint({
      method: 'delete',
      path: `${path}/{id}`,
      operationId: 'deleteCheck',
      tags,
      summary: 'Delete a check; gates no longer use it',
      description: 'Results that it has already judged stay as they are.',
      roles: ['admin'],
      request: { params: idParams('01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c44') },
      responses: { 200: { description: 'It is gone.', content: json(deletedSchema) } },
      refuses: ['not_found'],
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      await deleteCheck(c.get('ctx'), id)
      return c.json({ id, deleted: true as const }, 200)
    },
  )

function render({ config, is_active, created_at, updated_at, ...same }: Check): string {
  const shown = { ...same, is_active: is_active === 1, created_at: iso(created_at), updated_at: iso(updated_at) }
  return withRaw(shown, { config })
}
