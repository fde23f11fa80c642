import { Violation } from '../calls.ts'
import type { Work } from '../world.ts'

const lists = [
  '/api/v1/claims?status=pending&limit=20',
  '/api/v1/approval-batches?limit=5',
  '/api/v1/approvals?status=all&limit=20',
  '/v1/approvals?limit=50',
  '/v1/requests?status=approved',
  '/v1/structuring/approvals/pending?limit=10',
  '/v1/people?limit=10',
  '/v1/events?limit=50&after=10',
]

/** Reads a list, or one thing in each of its views. */
export const read: Work = async (world) => {
  const { random, calls, model } = world
  if (model.asked.length === 0 || random.chance(0.4)) {
    await calls.send({ as: 'admin', path: random.pick(lists) })
    return
  }
  const asked = random.pick(model.asked.slice(-60))
  const views = asked.kind === 'intent' ? [] : ['', '/events', '/explain', '/decision?wait=0', '/receipt']
  const path = views.length === 0 ? asked.at : `/v1/approvals/${asked.id}${random.pick(views)}`
  const answer = await calls.send({ as: 'admin', path })
  if (answer?.status === 404) throw new Violation(`${path} is not there, although it was acknowledged`)
}

/** What nobody may do, or what is no request: it has to be refused, with a status of the caller's fault. */
export const invalid: Work = async (world) => {
  const { random, calls } = world
  const post = (path: string, more: object) => ({ as: 'member', method: 'POST', path, ...more })
  const call = random.pick([
    post('/api/v1/claims', { body: { description: '', amount: -1, currency: 'XYZ', extra: true } }),
    post('/api/v1/claims', { text: '{"description":' }),
    post('/v1/requests', { body: { type: 'No Slug', title: '' } }),
    post('/v1/requests/req_nobody/approve', { as: 'admin', body: {} }),
    post('/api/v1/approval-batches', { body: { claim_ids: ['clm_1'] } }),
    post('/api/v1/approval-batches', { as: 'coordinator', body: { claim_ids: [] } }),
    post('/v1/policies', { as: 'admin', body: { name: 'x', stages: [] } }),
    post('/v1/people', { body: { name: 'Nobody' } }),
    post('/internal/v1/instances/no-uuid/outbox/lease', { as: 'service', body: {} }),
    post('/v1/structuring/results', { body: { gate_id: 'gate_nobody', data: {} } }),
    { as: 'cs_nobody', path: '/v1/me' },
    { as: 'admin', path: '/v1/approvals?limit=9999&nonsense=1' },
    { as: 'admin', method: 'PUT', path: '/v1/requests' },
  ])
  const answer = await calls.send(call)
  if (answer && answer.status < 400) throw new Violation(`${call.path} was answered with ${answer.status}`)
}
