import { create, note, noteDecision, recent, type Work } from '../world.ts'

const path = '/v1/requests'
const askers = ['member', 'support', 'service'] as const
const deciders = ['reviewer', 'coordinator', 'admin', 'member'] as const

/** What two people have to approve: see `set-up.ts`. */
export const twoVotes = 'chaos.two'

export const ask: Work = async (world) => {
  const { random } = world
  const as = random.pick(askers)
  const body = {
    type: random.pick(['chaos.one', 'chaos.one', twoVotes]),
    title: `Request ${random.word()}`,
    details: { amount: random.below(1_000), nested: { of: [1, 'two', null] } },
    ...(random.chance(0.1) && { external_ref: random.word() }),
    ...(random.chance(0.1) && { restricted: true }),
    ...(random.chance(0.1) && { state: random.word() }),
  }
  const answer = await create(world, { as, path, body })
  if (answer?.status !== 201) return
  const { id, digest } = answer.body
  note(world, { at: `${path}/${id}`, id, kind: 'request', as, first: answer.body, digest })
}

export const decide: Work = async (world) => {
  const asked = recent(world, 'request')
  if (!asked) return
  const { random, calls } = world
  const verb = random.pick(['approve', 'approve', 'approve', 'reject'])
  const anywhere = random.chance(0.3)
  const body = {
    ...((verb === 'reject' || random.chance(0.3)) && { comment: 'Because' }),
    ...(random.chance(0.5) && { digest: asked.digest }),
  }
  const as = random.pick(deciders)
  const call = { as, method: 'POST', path: `${anywhere ? '/v1/approvals' : path}/${asked.id}/${verb}`, body }
  const answer = await calls.send(call)
  noteDecision(asked, answer, ({ status, decided_by }) =>
    status === 'pending' ? { did: 'voted', by: as } : { did: 'decided', status, by: decided_by },
  )
}

export const amend: Work = async (world) => {
  const asked = recent(world, 'request')
  if (!asked) return
  const { random, calls } = world
  const body = { details: { amended: random.word() } }
  const answer = await calls.send({ as: asked.as, method: 'PATCH', path: asked.at, body })
  if (answer?.status !== 200) return
  const { revision, digest } = answer.body
  asked.digest = digest
  asked.acknowledged.push({ did: 'amended', said: { revision } })
}

export const withdraw: Work = async (world) => {
  const asked = recent(world, 'request')
  if (!asked) return
  const answer = await world.calls.send({ as: asked.as, method: 'DELETE', path: asked.at })
  if (answer?.status === 200) asked.acknowledged.push({ did: 'withdrawn', status: 'withdrawn' })
}

/** Redeems, perhaps twice at once under two keys, and perhaps reports what came of it. */
export const redeem: Work = async (world) => {
  const asked = recent(world, 'request')
  if (!asked) return
  const { random, calls } = world
  const redeeming = () => create(world, { as: asked.as, path: `${asked.at}/redeem`, body: { digest: asked.digest } })
  const answers = await Promise.all(random.chance(0.3) ? [redeeming(), redeeming()] : [redeeming()])
  const good = answers.filter((answer) => answer?.status === 200)
  for (const answer of good) {
    asked.acknowledged.push({ did: 'redeemed', said: { redeemed_at: answer!.body.redeemed_at } })
  }
  if (good.length === 0 || random.chance(0.3)) return
  const outcome = random.pick(['succeeded', 'failed'])
  const reported = await calls.send({ as: asked.as, method: 'POST', path: `${asked.at}/outcome`, body: { outcome } })
  if (reported?.status === 200) asked.acknowledged.push({ did: 'reported', said: { outcome } })
}

export const revoke: Work = async (world) => {
  const asked = recent(world, 'request')
  if (!asked) return
  const call = { as: asked.as, method: 'POST', path: `${asked.at}/revoke`, body: { comment: 'Not any more' } }
  const answer = await world.calls.send(call)
  if (answer?.status === 200) asked.acknowledged.push({ did: 'revoked', said: { state: 'revoked' } })
}
