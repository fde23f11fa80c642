import type { Capacity } from '../approvals/policy.ts'
import { endpoint, json } from '../http/endpoint.ts'
import { keptText } from '../http/faults.ts'
import { createRouter } from '../http/router.ts'
import { evaluateAsking, type Evaluation } from './evaluate.ts'
import { notFromNext, simulatePolicy, type Place, type Simulation } from './simulate.ts'
import { evaluationSchema, simulationRequestSchema, simulationSchema, wouldBeSchema } from './what-if.schemas.ts'

const tags = ['Policies']
const roles = ['admin'] as const

/** What policies would do. Neither writes anything. */
export const whatIfRoutes = createRouter()
  .openapi(
    endpoint({
      method: 'post',
      path: '/v1/policies/evaluate',
      operationId: 'evaluatePolicies',
      tags,
      summary: 'See what would be asked of whom',
      description: 'For something that somebody could ask: which policy would apply, its stages, and who could vote.',
      roles,
      request: { body: { required: true, content: json(wouldBeSchema) } },
      keeps: { member: 'document' },
      responses: { 200: { description: 'What would happen.', content: json(evaluationSchema) } },
    }),
    async (c) => {
      const ctx = c.get('ctx')
      const asked = c.req.valid('json')
      const {
        kind,
        requester_id = ctx.actor.userId,
        document: _,
        approver_role,
        approver_person_id,
        ...members
      } = asked
      const channel =
        kind === 'intent'
          ? { approver_role: approver_role ?? 'customer', approver_person_id: approver_person_id ?? null }
          : null
      const own = kind === 'claim' ? JSON.stringify(members) : null
      const document = (await keptText(c)) ?? own
      return c.json(
        renderEvaluation(await evaluateAsking(ctx, { kind, requester_id, members, document, channel })),
        200,
      )
    },
  )
  .openapi(
    endpoint({
      method: 'post',
      path: '/v1/policies/simulate',
      operationId: 'simulatePolicy',
      tags,
      summary: 'Try a policy on what was asked before',
      description:
        'For everything asked since a given time: whom the policy would have asked for what, compared with the policies and with the people there are now.',
      roles,
      request: { body: { required: true, content: json(simulationRequestSchema) } },
      keeps: { member: 'policy', isUnique: true, isExact: true },
      responses: { 200: { description: 'What would have become of it.', content: json(simulationSchema) } },
    }),
    async (c) => {
      await keptText(c)
      const { policy, since, cursor } = c.req.valid('json')
      return c.json(renderSimulation(await simulatePolicy(c.get('ctx'), policy, since, readPlace(cursor))), 200)
    },
  )

function renderEvaluation({ policy, rule, channel, needs, people, groups, infeasible }: Evaluation) {
  const { allow_edit = false, restricted = false, expires = null } = policy?.body ?? {}
  const whoIs = (capacity: Capacity) => {
    const [what, id] = capacity.split(/:(.*)/s) as [string, string]
    const who = what === 'group' ? { group: { id, name: groups.get(id) ?? id } } : { role: id }
    return { ...who, people: [...(people.get(capacity) ?? [])] }
  }
  return {
    policy: policy && { id: policy.id, name: policy.name, version_id: policy.versionId },
    needs: needs && { field: needs.field, condition: needs.condition, detail: needs.detail },
    stages: rule.stages.map(({ name, all }) => ({
      name,
      all: all.map(({ anyOf, approvals }) => ({ approvals, of: anyOf.map(whoIs) })),
    })),
    channel,
    allow_self_approval: rule.allowSelfApproval,
    allow_edit,
    restricted,
    expires,
    infeasible,
  }
}

function renderSimulation({ comparison, infeasibleStage, next }: Simulation) {
  const { considered, counts, examples, insteadOf } = comparison
  return {
    considered,
    ...counts,
    infeasible_stage: infeasibleStage,
    instead_of: [...insteadOf.values()].map(({ policy, count }) => ({
      policy: policy && { id: policy.id, name: policy.name },
      count,
    })),
    examples,
    next: next && writePlace(next),
  }
}

/** A place as text: `request:1758000000000:req_…`. */
function writePlace({ kind, after }: Place): string {
  return [kind, ...(after ? [after.created_at, after.id] : [])].join(':')
}

/** @throws Refusal `invalid_input` where it is none of ours */
function readPlace(cursor: string | undefined): Place | null {
  if (cursor === undefined) return null
  const [, kind, at, id] = /^(\w+)(?::(\d{1,15}):(.+))?$/.exec(cursor) ?? []
  if (kind === undefined) throw notFromNext()
  return { kind, after: id === undefined ? null : { created_at: Number(at), id } }
}
