import { randomUUID } from 'node:crypto'
import type { Calls } from './calls.ts'
import { twoVotes } from './work/requests.ts'
import type { Made } from './world.ts'

/** What the work needs: a gate, a policy of two votes, an entity to change, an endpoint that is told everything. */
export async function setUp(calls: Calls, receiver: string): Promise<{ made: Made; endpoint: string; secret: string }> {
  const make = async (path: string, body: object, method = 'POST') => {
    const answer = await calls.surely({ as: 'admin', method, path, body })
    if (answer.status >= 300) throw new Error(`${path} answered ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const check = await make('/v1/structuring/checks', {
    name: 'Invoice',
    type: 'required_field',
    config: { field: 'invoice' },
  })
  const gate = await make('/v1/structuring/gates', { name: 'Invoices', check_ids: [check.id] })
  await make('/v1/policies', {
    name: 'Two votes',
    match: { kind: 'request', type: twoVotes },
    required_approvals: 2,
    approver_roles: ['admin', 'coordinator', 'reviewer'],
  })
  const data = { config: { a: 1 } }
  await make('/api/v1/entities/qualificationRule/chaos_1', { entityName: 'Rule', data }, 'PUT')
  const endpoint = await make('/v1/webhook-endpoints', { url: receiver })
  const made = {
    gate: gate.id,
    instances: [randomUUID(), randomUUID()],
    customer: randomUUID(),
    receiver: new URL(receiver).origin,
  }
  return { made, endpoint: endpoint.id, secret: endpoint.secret }
}
