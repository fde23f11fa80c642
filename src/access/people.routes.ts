import { z } from '@hono/zod-openapi'
import type { Role } from '../context.ts'
import { endpoint, json, type Further } from '../http/endpoint.ts'
import { cursorQuery, cursorRequest, linkNext } from '../http/pagination.ts'
import { ifMatch, setTag } from '../http/preconditions.ts'
import { createRouter } from '../http/router.ts'
import { iso } from '../http/time.ts'
import { changePerson, createPerson, deletePerson, getPerson, groupFaults, listPeople } from './people.ts'
import type { Person } from './people.store.ts'
import {
  deletedPersonSchema,
  newPersonSchema,
  partOfPerson,
  personChangeSchema,
  personListSchema,
  personParams,
  personSchema,
  shownPersonSchema,
} from './people.schemas.ts'

const tags = ['People and keys']
const path = '/v1/people'
const roles = ['admin'] as const

const groupsAreFaulty: Further = (ctx, { body }) => groupFaults(ctx, partOfPerson.parse(body).groups ?? [])

/** The people of a tenant. */
export const peopleRoutes = createRouter()
  .openapi(
    endpoint({
      method: 'post',
      path,
      operationId: 'createPerson',
      tags,
      summary: 'Add a person, or a service',
      description: 'They can do nothing until they have a key.',
      roles,
      creates: true,
      tagged: true,
      request: { body: { required: true, content: json(newPersonSchema) } },
      further: groupsAreFaulty,
      responses: { 201: { description: 'The person.', content: json(personSchema) } },
      refuses: ['duplicate_id'],
    }),
    async (c) => {
      const person = await createPerson(c.get('ctx'), c.req.valid('json'))
      setTag(c, person.version)
      return c.json(render(person), 201)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path,
      operationId: 'listPeople',
      tags,
      summary: 'List people, newest first',
      description: 'Admins see everything about them, others their ids and names.',
      roles: 'any',
      request: { query: z.object(cursorQuery(20)) },
      responses: {
        200: { description: 'A page of people; `Link` leads to the next.', content: json(personListSchema) },
      },
    }),
    async (c) => {
      const ctx = c.get('ctx')
      const { rows, next } = await listPeople(ctx, cursorRequest(c.req.valid('query'), 20))
      return c.json({ data: rows.map((row) => shown(row, ctx.actor.roles)), next: linkNext(c, next) }, 200)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path: `${path}/{id}`,
      operationId: 'getPerson',
      tags,
      summary: 'Read a person',
      description: 'Admins see everything about them, others their id and name.',
      roles: 'any',
      tagged: true,
      request: { params: personParams('usr_fay') },
      responses: { 200: { description: 'The person.', content: json(shownPersonSchema) } },
      refuses: ['not_found'],
    }),
    async (c) => {
      const ctx = c.get('ctx')
      const person = await getPerson(ctx, c.req.valid('param').id)
      setTag(c, person.version)
      return c.json(shown(person, ctx.actor.roles), 200)
    },
  )
  .openapi(
    endpoint({
      method: 'patch',
      path: `${path}/{id}`,
      operationId: 'changePerson',
      tags,
      summary: 'Change, disable or enable a person',
      description: `A role that is taken away is gone from all of their keys; the keys of a disabled person stop working, and their
streams end. Both hold everywhere within 30 seconds.`,
      roles,
      request: { params: personParams('usr_fay'), body: { required: true, content: json(personChangeSchema) } },
      further: groupsAreFaulty,
      responses: { 200: { description: 'The person as they are now.', content: json(personSchema) } },
      refuses: ['not_found', 'precondition_failed', 'last_admin_key'],
    }),
    async (c) => {
      const person = await changePerson(c.get('ctx'), c.req.valid('param').id, c.req.valid('json'), ifMatch(c))
      setTag(c, person.version)
      return c.json(render(person), 200)
    },
  )
  .openapi(
    endpoint({
      method: 'delete',
      path: `${path}/{id}`,
      operationId: 'deletePerson',
      tags,
      summary: 'Delete a person',
      description: 'Their keys are revoked. What they did stays, under their name; their id is never used again.',
      roles,
      tagged: false,
      request: { params: personParams('usr_former') },
      responses: { 200: { description: 'They are gone.', content: json(deletedPersonSchema) } },
      refuses: ['not_found', 'precondition_failed', 'last_admin_key'],
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      await deletePerson(c.get('ctx'), id, ifMatch(c))
      return c.json({ id, deleted: true as const }, 200)
    },
  )

function shown(person: Person, roles: readonly Role[]) {
  return roles.includes('admin') ? render(person) : { id: person.id, name: person.name }
}

function render({ id, name, email, kind, roles, groups, disabled, created_at, updated_at, issuer, subject }: Person) {
  return {
    id,
    name,
    email,
    kind,
    roles: JSON.parse(roles) as Role[],
    groups: JSON.parse(groups) as string[],
    disabled: disabled === 1,
    created_at: iso(created_at),
    updated_at: iso(updated_at),
    ...(issuer !== null && subject !== null && { issuer, subject }),
  }
}
