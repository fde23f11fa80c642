import type { z } from '@hono/zod-openapi'
import { statusAt } from '../approvals/states.ts'
import { endpoint, json } from '../http/endpoint.ts'
import { createRouter } from '../http/router.ts'
import { approvalParams } from './any-approval.schemas.ts'
import { explainApproval, type Explanation } from './explain.ts'
import { explanationSchema } from './explain.schemas.ts'

/** Why an approval is where it is, and what the caller may do about it. */
export const explainRoutes = createRouter().openapi(
  endpoint({
    method: 'get',
    path: '/v1/approvals/{id}/explain',
    operationId: 'explainApproval',
    takesBoundKeys: true,
    tags: ['Any approval'],
    summary: 'What an approval still needs, and what you may do about it',
    description:
      'Stage by stage, who has approved and what is missing; and whether you may approve, reject or withdraw it now, or ' +
      'why not. What it allows would work now, and what it refuses would be refused for that reason.',
    roles: 'any',
    request: { params: approvalParams('clm_demo0009') },
    responses: { 200: { description: 'As of now.', content: json(explanationSchema) } },
    refuses: ['not_found'],
  }),
  async (c) => {
    const ctx = c.get('ctx')
    return c.json(render(await explainApproval(ctx, c.req.valid('param').id), ctx.now), 200)
  },
)

export function render(
  { approval, stages, namesPeople, may }: Explanation,
  now: number,
): z.infer<typeof explanationSchema> {
  const { id, revision, digest, policy_id, policy_name, policy_version, channel_confirms } = approval
  const status = statusAt(approval, now)
  const isReached = stages.every((stage) => stage.status === 'closed')
  const shown = {
    id,
    status,
    revision,
    digest,
    policy: policy_id === null ? null : { id: policy_id, name: policy_name, version: policy_version },
    stages: stages.map((stage) => ({
      ...stage,
      all: stage.all.map(({ voters, ...requirement }) => ({
        ...requirement,
        missing: requirement.approvals - requirement.given,
        voters: namesPeople ? [...voters] : null,
      })),
    })),
    confirmation: channel_confirms === 0 ? null : status === 'approved' ? 'given' : isReached ? 'open' : 'waiting',
    may,
  }
  return shown as z.infer<typeof explanationSchema>
}
