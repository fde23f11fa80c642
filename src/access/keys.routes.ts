import { z } from '@hono/zod-openapi'
import type { Role } from '../context.ts'
import { endpoint, json, type Further } from '../http/endpoint.ts'
import { cursorQuery, cursorRequest, linkNext } from '../http/pagination.ts'
import { createRouter } from '../http/router.ts'
import { iso } from '../http/time.ts'
import { createKey, endKey, getKey, keyFaults, listKeys, whoAmI } from './keys.ts'
import type { ApiKey } from './keys.store.ts'
import {
  createdKeySchema,
  keyListSchema,
  keyParams,
  keySchema,
  meSchema,
  newKeySchema,
  partOfKey,
} from './keys.schemas.ts'

const tags = ['People and keys']
const path = '/v1/api-keys'
const roles = ['admin'] as const

const keyIsFaulty: Further = (ctx, { body }) => keyFaults(ctx, partOfKey.parse(body))

/** API keys, and whose the caller's is. */
export const keyRoutes = createRouter()
  .openapi(
    endpoint({
      method: 'post',
      path,
      operationId: 'createApiKey',
      tags,
      summary: 'Make a key for a person; its secret is shown once',
      description: 'Only its SHA-256 is stored. Its roles count only while its person has them too.',
      roles,
      creates: true,
      request: { body: { required: true, content: json(newKeySchema) } },
      further: keyIsFaulty,
      responses: { 201: { description: 'The key. `secret` is only in this answer.', content: json(createdKeySchema) } },
      refuses: ['secrets_unavailable'],
    }),
    async (c) => {
      const { secret, ...key } = await createKey(c.get('ctx'), c.req.valid('json'))
      return c.json({ ...render(key), secret }, 201)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path,
      operationId: 'listApiKeys',
      tags,
      summary: 'List keys, newest first',
      description: 'Also those that are revoked or expired; never their secrets.',
      roles,
      request: { query: z.object(cursorQuery(20)) },
      responses: { 200: { description: 'A page of keys; `Link` leads to the next.', content: json(keyListSchema) } },
    }),
    async (c) => {
      const { rows, next } = await listKeys(c.get('ctx'), cursorRequest(c.req.valid('query'), 20))
      return c.json({ data: rows.map(render), next: linkNext(c, next) }, 200)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path: `${path}/{id}`,
      operationId: 'getApiKey',
      tags,
      summary: 'Read a key',
      description: 'Never its secret.',
      roles,
      request: { params: keyParams('key_demo_reviewer') },
      responses: { 200: { description: 'The key.', content: json(keySchema) } },
      refuses: ['not_found'],
    }),
    async (c) => c.json(render(await getKey(c.get('ctx'), c.req.valid('param').id)), 200),
  )
  .openapi(
    endpoint({
      method: 'delete',
      path: `${path}/{id}`,
      operationId: 'revokeApiKey',
      tags,
      summary: 'Revoke a key',
      description:
        'It stops working and its streams end, everywhere within 30 seconds. The last admin key cannot be revoked.',
      roles,
      request: { params: keyParams('key_demo_former') },
      responses: { 200: { description: 'The key, revoked.', content: json(keySchema) } },
      refuses: ['not_found', 'last_admin_key'],
    }),
    async (c) => c.json(render(await endKey(c.get('ctx'), c.req.valid('param').id)), 200),
  )
  .openapi(
    endpoint({
      method: 'get',
      path: '/v1/me',
      operationId: 'whoAmI',
      tags,
      summary: 'Show whose the key or token is, and what it may do',
      description: 'Its roles are those that its person still has.',
      roles: 'any',
      takesBoundKeys: true,
      request: {},
      responses: { 200: { description: 'Who you are.', content: json(meSchema) } },
    }),
    async (c) => {
      const holder = await whoAmI(c.get('ctx'), c.get('keyId'))
      const { id, name, email, kind, groups, issuer, subject, key_id, key_name, expires_at, ...its } = holder
      const { instance_id, tenant_id, tenant_name, time_zone } = its
      const me = {
        person: { id, name, email, kind, ...(issuer !== null && subject !== null && { issuer, subject }) },
        roles: [...c.get('ctx').actor.roles],
        groups: JSON.parse(groups) as string[],
        key: key_id === null || key_name === null ? null : { id: key_id, name: key_name, expires_at: iso(expires_at) },
        tenant: { id: tenant_id, name: tenant_name, time_zone },
        instance_id,
      }
      return c.json(me, 200)
    },
  )

function render({ roles, created_at, expires_at, revoked_at, ...same }: ApiKey) {
  const { id, person_id, name, instance_id, created_by, last_used_on } = same
  return {
    id,
    person_id,
    name,
    roles: JSON.parse(roles) as Role[],
    instance_id,
    created_at: iso(created_at),
    created_by,
    expires_at: iso(expires_at),
    revoked_at: iso(revoked_at),
    last_used_on,
  }
}
