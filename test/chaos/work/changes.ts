import { create, note, noteDecision, recent, type Work } from '../world.ts'

const path = '/api/v1/approvals'
const entityType = 'qualificationRule'
const entities = ['chaos_1', 'chaos_2', 'chaos_3']

export const request: Work = async (world) => {
  const { random } = world
  const as = random.pick(['member', 'reviewer'])
  const entityId = random.pick(entities)
  const action = random.pick(['update', 'update', 'update', 'update', 'create', 'delete'])
  const payload = { config: { [random.pick(['a', 'b', 'c'])]: random.below(1_000) } }
  const body = { entityType, entityId, entityName: 'Rule', action, ...(action !== 'delete' && { payload }) }
  const answer = await create(world, { as, path, body })
  if (answer?.status !== 201) return
  const { id, digest } = answer.body
  note(world, { at: `${path}/${id}`, id, kind: 'change', as, first: answer.body, digest })
}

/** Resolves, with what was just seen where the approver has seen that the entity is another by now. */
export const resolve: Work = async (world) => {
  const asked = recent(world, 'change')
  if (!asked) return
  const { random, calls, model } = world
  const seen = random.chance(0.6) ? await calls.send({ as: 'admin', path: asked.at }) : null
  const tag = seen?.headers.get('ETag')
  const answer = await calls.send({
    as: random.pick(['admin', 'admin', 'admin', 'reviewer']),
    method: 'POST',
    path: asked.at,
    body: { action: random.pick(['approve', 'approve', 'reject']) },
    ...(tag && { headers: { 'If-Match': tag } }),
  })
  noteDecision(asked, answer, ({ status, approverId }) => ({ did: 'decided', status, by: approverId }))
  if (answer?.status === 200 && answer.body.applied) {
    asked.acknowledged.push({ did: 'decided', status: 'approved', said: { version: answer.body.version } })
    const entity = `${entityType}/${asked.first.entityId}`
    model.written.set(entity, [...(model.written.get(entity) ?? []), answer.body.version])
  }
}

export const withdraw: Work = async (world) => {
  const asked = recent(world, 'change')
  if (!asked) return
  const answer = await world.calls.send({ as: asked.as, method: 'DELETE', path: asked.at })
  if (answer?.status === 200) asked.acknowledged.push({ did: 'withdrawn', status: 'withdrawn' })
}

export const set: Work = async (world) => {
  const { random, calls } = world
  const body = { entityName: 'Rule', data: { config: { a: random.below(1_000) } } }
  await calls.send({
    as: 'admin',
    method: 'PUT',
    path: `/api/v1/entities/${entityType}/${random.pick(entities)}`,
    body,
  })
}
