import { z } from '@hono/zod-openapi'
import type { StoredPolicy } from '../approvals/policies.store.ts'
import { endpoint, json, type Further } from '../http/endpoint.ts'
import { keptText } from '../http/faults.ts'
import { cursorQuery, cursorRequest, linkNext } from '../http/pagination.ts'
import { ifMatch, setTag } from '../http/preconditions.ts'
import { createRouter } from '../http/router.ts'
import { iso } from '../http/time.ts'
import { changePolicy, createPolicy, deletePolicy, getPolicy, listPolicies } from './policies.ts'
import { groupFaults } from './refuse-infeasible.ts'
import {
  deletedPolicySchema,
  newPolicySchema,
  partOfPolicy,
  policyChangeSchema,
  policyListSchema,
  policyParams,
  policySchema,
} from './policies.schemas.ts'

const tags = ['Policies']
const path = '/v1/policies'
const roles = ['admin'] as const
const one = (description: string) => ({ description, content: json(policySchema) })
/** Its numbers are stored as a double has them; so they have to be such. */
const keeps = { member: 'match', isUnique: true, isExact: true }

const groupsAreFaulty: Further = (ctx, { body }) => groupFaults(ctx, partOfPolicy.parse(body))

/** The policies of a tenant. */
export const policyRoutes = createRouter()
  .openapi(
    endpoint({
      method: 'post',
      path,
      operationId: 'createPolicy',
      tags,
      summary: 'Make a policy',
      description:
        'It applies to what is asked or amended from now on. The first policy that matches applies, in the order of `priority`; if none does, the defaults of its kind apply.',
      roles,
      creates: true,
      tagged: true,
      request: { body: { required: true, content: json(newPolicySchema) } },
      keeps,
      further: groupsAreFaulty,
      responses: { 201: one('The policy.') },
      refuses: ['infeasible_quorum', 'policy_limit'],
    }),
    async (c) => {
      await keptText(c)
      const policy = await createPolicy(c.get('ctx'), c.req.valid('json'))
      setTag(c, policy.version)
      return c.json(render(policy), 201)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path,
      operationId: 'listPolicies',
      tags,
      summary: 'List policies, in the order in which they are tried',
      description: 'Deleted ones are not listed.',
      roles,
      request: { query: z.object(cursorQuery(20)) },
      responses: {
        200: { description: 'A page of policies; `Link` leads to the next.', content: json(policyListSchema) },
      },
    }),
    async (c) => {
      const { rows, next } = await listPolicies(c.get('ctx'), cursorRequest(c.req.valid('query'), 20))
      return c.json({ data: rows.map(render), next: linkNext(c, next) }, 200)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path: `${path}/{id}`,
      operationId: 'getPolicy',
      tags,
      summary: 'Read a policy',
      description: 'As it is now; each approval says which version it was asked under.',
      roles,
      tagged: true,
      request: { params: policyParams('pol_01jq8m2v9kf3wt6x5n4c7b8d9e') },
      responses: { 200: one('The policy.') },
      refuses: ['not_found'],
    }),
    async (c) => {
      const policy = await getPolicy(c.get('ctx'), c.req.valid('param').id)
      setTag(c, policy.version)
      return c.json(render(policy), 200)
    },
  )
  .openapi(
    endpoint({
      method: 'patch',
      path: `${path}/{id}`,
      operationId: 'changePolicy',
      tags,
      summary: 'Change a policy',
      description:
        'Pending approvals keep the version they were asked under. `match` and `stages` are replaced as a whole; sending `stages` replaces `required_approvals` and `approver_roles`, and the other way round.',
      roles,
      request: {
        params: policyParams('pol_01jq8m2v9kf3wt6x5n4c7b8d9e'),
        body: { required: true, content: json(policyChangeSchema) },
      },
      keeps,
      further: groupsAreFaulty,
      responses: { 200: one('The policy as it is now.') },
      refuses: ['not_found', 'precondition_failed', 'infeasible_quorum'],
    }),
    async (c) => {
      await keptText(c)
      const policy = await changePolicy(c.get('ctx'), c.req.valid('param').id, c.req.valid('json'), ifMatch(c))
      setTag(c, policy.version)
      return c.json(render(policy), 200)
    },
  )
  .openapi(
    endpoint({
      method: 'delete',
      path: `${path}/{id}`,
      operationId: 'deletePolicy',
      tags,
      summary: 'Delete a policy',
      description: 'Pending approvals keep the policy they were asked under.',
      roles,
      tagged: false,
      request: { params: policyParams('pol_01jq8m2v9kf3wt6x5n4c7b8d9h') },
      responses: { 200: { description: 'It is gone.', content: json(deletedPolicySchema) } },
      refuses: ['not_found', 'precondition_failed'],
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      await deletePolicy(c.get('ctx'), id, ifMatch(c))
      return c.json({ id, deleted: true as const }, 200)
    },
  )

function render({ id, name, priority, body, body_version, infeasible, created_at, updated_at }: StoredPolicy) {
  const written = JSON.parse(body) as Omit<z.infer<typeof newPolicySchema>, 'name' | 'priority'>
  const times = { created_at: iso(created_at), updated_at: iso(updated_at) }
  return { id, name, priority, ...written, version: body_version, infeasible, ...times }
}
