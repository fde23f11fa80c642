import { create, note, noteDecision, recent, type Work } from '../world.ts'

const path = '/v1/structuring/results'

export const submit: Work = async (world) => {
  const { random, made } = world
  const data = random.chance(0.8) ? { total: 1_500_000 } : { total: 12, invoice: random.word() }
  const as = random.pick(['member', 'service'])
  const answer = await create(world, { as, path, body: { gate_id: made.gate, data } })
  if (answer?.status !== 201) return
  const { id, digest } = answer.body
  note(world, { at: `${path}/${id}`, id, kind: 'result', as, first: answer.body, digest })
}

export const decide: Work = async (world) => {
  const asked = recent(world, 'result')
  if (!asked) return
  const { random, calls } = world
  const verb = random.pick(['approve', 'approve', 'reject'])
  const answer = await calls.send({
    as: random.pick(['reviewer', 'admin', 'member']),
    method: 'POST',
    path: `/v1/structuring/approvals/${asked.id}/${verb}`,
    body: { comment: 'Looked at' },
  })
  noteDecision(asked, answer, ({ status, decided_by }) => ({ did: 'decided', status, by: decided_by }))
}
