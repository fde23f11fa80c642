import { z } from '@hono/zod-openapi'
import { endpoint, json } from '../http/endpoint.ts'
import { keptText } from '../http/faults.ts'
import { jsonText } from '../http/json-text.ts'
import { cursorQuery, cursorRequest, linkNext } from '../http/pagination.ts'
import { ifMatch, IfNoneMatchHeader, needsAbsence, needsPresence, setTag } from '../http/preconditions.ts'
import { withRaw } from '../http/raw-json.ts'
import { createRouter } from '../http/router.ts'
import { iso } from '../http/time.ts'
import { appliedTypes } from './applied-types.ts'
import {
  entitiesSchema,
  entityInputSchema,
  entityParams,
  entitySchema,
  entityTypeParams,
  entityVersionsSchema,
  storedEntityParams,
} from './entities.schemas.ts'
import { getEntity, listEntities, listVersions, setEntity } from './entities.ts'
import type { Entity, EntityVersion } from './entities.store.ts'

const tags = ['Entities']
const path = '/api/v1/entities/{entityType}'

/** Stored entities: what is there, what was there, and setting them directly. */
export const entityRoutes = createRouter()
  .openapi(
    endpoint({
      method: 'get',
      path,
      operationId: 'listEntities',
      tags,
      summary: 'List the stored entities of a type, last changed first',
      description: 'A bare array with the data of each as it is now.',
      roles: 'any',
      request: { params: entityTypeParams, query: z.object(cursorQuery(50)) },
      responses: { 200: { description: 'Entities; `Link` leads to the next page.', content: json(entitiesSchema) } },
    }),
    async (c) => {
      const page = cursorRequest(c.req.valid('query'), 50)
      const { rows, next } = await listEntities(c.get('ctx'), c.req.valid('param').entityType, page)
      linkNext(c, next)
      return jsonText(c, `[${rows.map(render).join(',')}]`, 200)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path: `${path}/{entityId}`,
      operationId: 'getEntity',
      tagged: true,
      tags,
      summary: 'Read what is stored now',
      description: 'Send its ETag in If-Match of setEntity.',
      roles: 'any',
      request: { params: entityParams },
      responses: { 200: { description: 'The entity; its ETag is its version.', content: json(entitySchema) } },
      refuses: ['entity_not_found'],
    }),
    async (c) => {
      const entity = await getEntity(c.get('ctx'), keyOf(c.req.valid('param')))
      setTag(c, entity.version)
      return jsonText(c, render(entity), 200)
    },
  )
  .openapi(
    endpoint({
      method: 'put',
      path: `${path}/{entityId}`,
      operationId: 'setEntity',
      tags,
      summary: 'Store an entity without a request, for an import or a first load',
      description: `Types that are stored here: ${appliedTypes.join(', ')}. Storing the same content again creates no new version.`,
      roles: ['admin'],
      request: {
        params: storedEntityParams,
        headers: IfNoneMatchHeader,
        body: { required: true, content: json(entityInputSchema) },
      },
      keeps: { member: 'data', isUnique: true },
      responses: { 200: { description: 'The entity as stored.', content: json(entitySchema) } },
      refuses: ['precondition_failed'],
    }),
    async (c) => {
      const { entityName } = c.req.valid('json')
      const key = keyOf(c.req.valid('param'))
      const data = (await keptText(c)) ?? '{}'
      const entity = await setEntity(
        c.get('ctx'),
        { ...key, entity_name: entityName, data },
        { versions: needsPresence(c) ? '*' : ifMatch(c), isNew: needsAbsence(c) },
      )
      setTag(c, entity.version)
      return jsonText(c, render(entity), 200)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path: `${path}/{entityId}/versions`,
      operationId: 'listEntityVersions',
      tags,
      summary: 'List every version of an entity, newest first, even if it was deleted',
      description: 'A bare array: each version with who asked for it, who approved it, and by which approval.',
      roles: 'any',
      request: { params: entityParams, query: z.object(cursorQuery(50)) },
      responses: {
        200: { description: 'Versions; `Link` leads to the next page.', content: json(entityVersionsSchema) },
      },
      refuses: ['entity_not_found'],
    }),
    async (c) => {
      const page = cursorRequest(c.req.valid('query'), 50)
      const { rows, next } = await listVersions(c.get('ctx'), keyOf(c.req.valid('param')), page)
      linkNext(c, next)
      return jsonText(c, `[${rows.map(renderVersion).join(',')}]`, 200)
    },
  )

function keyOf({ entityType, entityId }: { entityType: string; entityId: string }) {
  return { entity_type: entityType, entity_id: entityId }
}

function render(entity: Entity): string {
  const shown = {
    entityType: entity.entity_type,
    entityId: entity.entity_id,
    entityName: entity.entity_name,
    version: entity.version,
    updatedAt: iso(entity.updated_at),
    updatedBy: entity.updated_by,
    approvalId: entity.approval_id,
  }
  return withRaw(shown, { data: entity.data })
}

function renderVersion(version: EntityVersion): string {
  const shown = {
    version: version.version,
    action: version.action,
    entityType: version.entity_type,
    entityId: version.entity_id,
    entityName: version.entity_name,
    requestedBy: version.requested_by,
    approvedBy: version.approved_by,
    approvalId: version.approval_id,
    createdAt: iso(version.created_at),
  }
  return withRaw(shown, { data: version.data })
}
