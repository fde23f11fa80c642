import { z } from '@hono/zod-openapi'
import { endpoint, json, type Further } from '../http/endpoint.ts'
import { cursorQuery, cursorRequest, linkNext } from '../http/pagination.ts'
import { ifMatch, setTag } from '../http/preconditions.ts'
import { createRouter } from '../http/router.ts'
import { iso } from '../http/time.ts'
import { changeGroup, createGroup, deleteGroup, getGroup, listGroups, memberFaults } from './groups.ts'
import type { Group } from './groups.store.ts'
import {
  deletedGroupSchema,
  groupChangeSchema,
  groupListSchema,
  groupParams,
  groupSchema,
  newGroupSchema,
  partOfGroup,
} from './groups.schemas.ts'

const tags = ['People and keys']
const path = '/v1/groups'
const roles = ['admin'] as const

const membersAreFaulty: Further = (ctx, { body }) => memberFaults(ctx, partOfGroup.parse(body).member_ids ?? [])

/** Groups of people. */
export const groupRoutes = createRouter()
  .openapi(
    endpoint({
      method: 'post',
      path,
      operationId: 'createGroup',
      tags,
      summary: 'Make a group of people',
      description: 'Up to 1,000 people; a person may be in up to 100 groups.',
      roles,
      creates: true,
      tagged: true,
      request: { body: { required: true, content: json(newGroupSchema) } },
      further: membersAreFaulty,
      responses: { 201: { description: 'The group.', content: json(groupSchema) } },
      refuses: ['duplicate_id'],
    }),
    async (c) => {
      const group = await createGroup(c.get('ctx'), c.req.valid('json'))
      setTag(c, group.version)
      return c.json(render(group), 201)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path,
      operationId: 'listGroups',
      tags,
      summary: 'List groups, newest first',
      description: 'Each with all of its members.',
      roles,
      request: { query: z.object(cursorQuery(20)) },
      responses: {
        200: { description: 'A page of groups; `Link` leads to the next.', content: json(groupListSchema) },
      },
    }),
    async (c) => {
      const { rows, next } = await listGroups(c.get('ctx'), cursorRequest(c.req.valid('query'), 20))
      return c.json({ data: rows.map(render), next: linkNext(c, next) }, 200)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path: `${path}/{id}`,
      operationId: 'getGroup',
      tags,
      summary: 'Read a group',
      description: 'With all of its members.',
      roles,
      tagged: true,
      request: { params: groupParams('grp_finance') },
      responses: { 200: { description: 'The group.', content: json(groupSchema) } },
      refuses: ['not_found'],
    }),
    async (c) => {
      const group = await getGroup(c.get('ctx'), c.req.valid('param').id)
      setTag(c, group.version)
      return c.json(render(group), 200)
    },
  )
  .openapi(
    endpoint({
      method: 'patch',
      path: `${path}/{id}`,
      operationId: 'changeGroup',
      tags,
      summary: 'Rename a group, or say who is in it',
      description: '`member_ids` replaces the whole list: whoever it does not name is removed.',
      roles,
      request: { params: groupParams('grp_finance'), body: { required: true, content: json(groupChangeSchema) } },
      further: membersAreFaulty,
      responses: { 200: { description: 'The group as it is now.', content: json(groupSchema) } },
      refuses: ['not_found', 'precondition_failed'],
    }),
    async (c) => {
      const group = await changeGroup(c.get('ctx'), c.req.valid('param').id, c.req.valid('json'), ifMatch(c))
      setTag(c, group.version)
      return c.json(render(group), 200)
    },
  )
  .openapi(
    endpoint({
      method: 'delete',
      path: `${path}/{id}`,
      operationId: 'deleteGroup',
      tags,
      summary: 'Delete a group',
      description: 'Its people stay. Its id is never used again.',
      roles,
      tagged: false,
      request: { params: groupParams('grp_former') },
      responses: { 200: { description: 'It is gone.', content: json(deletedGroupSchema) } },
      refuses: ['not_found', 'precondition_failed'],
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      await deleteGroup(c.get('ctx'), id, ifMatch(c))
      return c.json({ id, deleted: true as const }, 200)
    },
  )

function render({ id, name, member_ids, filled_by_oidc, created_at, updated_at }: Group) {
  return {
    id,
    name,
    member_ids: JSON.parse(member_ids) as string[],
    filled_by_oidc: filled_by_oidc === 1,
    created_at: iso(created_at),
    updated_at: iso(updated_at),
  }
}
