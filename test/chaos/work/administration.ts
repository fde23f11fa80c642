import { create, type Work } from '../world.ts'

const admin = 'admin'

/** A person with a key, which may work, be revoked, and must not work from then on. */
export const people: Work = async (world) => {
  const { random, calls, model } = world
  const body = { name: `Person ${random.word()}`, roles: ['member'], groups: random.chance(0.3) ? ['grp_ops'] : [] }
  const made = await create(world, { as: admin, path: '/v1/people', body })
  if (made?.status !== 201) return
  const { id } = made.body
  model.kept.set(`/v1/people/${id}`, { name: body.name, roles: body.roles, groups: body.groups })
  const key = await create(world, { as: admin, path: '/v1/api-keys', body: { person_id: id, name: 'Chaos' } })
  if (key?.status !== 201) return
  const at = `/v1/api-keys/${key.body.id}`
  model.kept.set(at, { person_id: id })
  if (random.chance(0.4)) return
  const revoked = await calls.send({ as: admin, method: 'DELETE', path: at })
  if (revoked?.status === 200) model.revoked.push(key.body.secret)
}

/** Policies that match nothing that is asked for here, and come and go. */
export const policies: Work = async (world) => {
  const { random, calls, model } = world
  const body = {
    name: `Policy ${random.word()}`,
    priority: 500 + random.below(100),
    match: { kind: 'request', type: `never.${random.word()}` },
    required_approvals: 1,
    approver_roles: ['admin', 'reviewer'],
  }
  const made = await create(world, { as: admin, path: '/v1/policies', body })
  if (made?.status !== 201) return
  const at = `/v1/policies/${made.body.id}`
  const changed = await calls.send({ as: admin, method: 'PATCH', path: at, body: { priority: 900 } })
  if (changed?.status === 200) model.kept.set(at, { name: body.name, priority: 900 })
  if (random.chance(0.5)) return
  model.kept.delete(at)
  const deleted = await calls.send({ as: admin, method: 'DELETE', path: at })
  if (deleted?.status === 200) model.kept.set(at, null)
}

/** Endpoints that come, are tested, and go. */
export const endpoints: Work = async (world) => {
  const { random, calls, model, made } = world
  const body = { url: `${made.receiver}/other`, event_types: ['batch.completed'], description: random.word() }
  const answer = await create(world, { as: admin, path: '/v1/webhook-endpoints', body })
  if (answer?.status !== 201) return
  const at = `/v1/webhook-endpoints/${answer.body.id}`
  await calls.send({ as: admin, method: 'POST', path: `${at}/test` })
  const deleted = await calls.surely({ as: admin, method: 'DELETE', path: at })
  if (deleted.status < 300) model.kept.set(at, null)
}

/** Checks and gates beside the one that judges. */
export const gates: Work = async (world) => {
  const { random, model } = world
  const check = { name: random.word(), type: 'required_field', config: { field: random.word() } }
  const made = await create(world, { as: admin, path: '/v1/structuring/checks', body: check })
  if (made?.status !== 201) return
  model.kept.set(`/v1/structuring/checks/${made.body.id}`, { name: check.name, config: check.config })
  const gate = { name: random.word(), check_ids: [made.body.id] }
  const gated = await create(world, { as: admin, path: '/v1/structuring/gates', body: gate })
  if (gated?.status === 201) model.kept.set(`/v1/structuring/gates/${gated.body.id}`, gate)
}
