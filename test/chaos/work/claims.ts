import { create, note, noteDecision, recent, type Work, type World } from '../world.ts'

const path = '/api/v1/claims'
const batches = '/api/v1/approval-batches'

function claim({ random }: World) {
  return {
    description: `Claim ${random.word()}`,
    amount: 1 + random.below(100_000),
    currency: random.pick(['EUR', 'CHF', 'JPY']),
    ...(random.chance(0.1) && { external_ref: random.word() }),
  }
}

function noteClaim(world: World, as: string, first: any): void {
  const { claim_id: id, digest } = first
  note(world, { at: `${path}/${id}`, id, kind: 'claim', as, first, digest })
}

export const submit: Work = async (world) => {
  const as = world.random.pick(['member', 'support', 'coordinator'])
  const answer = await create(world, { as, path, body: claim(world) })
  if (answer?.status === 201) noteClaim(world, as, answer.body)
}

export const submitMany: Work = async (world) => {
  const claims = Array.from({ length: 1 + world.random.below(25) }, () => claim(world))
  const answer = await create(world, { as: 'member', path: `${path}/bulk`, body: { claims } })
  if (answer?.status === 201) for (const one of answer.body.data) noteClaim(world, 'member', one)
}

export const decide: Work = async (world) => {
  const asked = recent(world, 'claim')
  if (!asked) return
  const { random, calls } = world
  const verb = random.pick(['approve', 'reject'])
  const call = {
    as: random.pick(['coordinator', 'admin', 'member']),
    method: 'POST',
    path: `${asked.at}/${verb}`,
    body: { comment: 'As it is' },
  }
  noteDecision(asked, await calls.send(call), ({ status, decided_by }) => ({ did: 'decided', status, by: decided_by }))
}

export const withdraw: Work = async (world) => {
  const asked = recent(world, 'claim')
  if (!asked) return
  const answer = await world.calls.send({ as: asked.as, method: 'DELETE', path: asked.at })
  if (answer?.status === 200) asked.acknowledged.push({ did: 'withdrawn', status: 'withdrawn' })
}

/** Submits a batch of what others decide meanwhile; some are put off, added to, started by hand or cancelled. */
export const batch: Work = async (world) => {
  const { random, calls, model } = world
  const claims = model.asked.filter(({ kind }) => kind === 'claim').slice(-200)
  if (claims.length === 0) return
  const chosen = () => Array.from({ length: 1 + random.below(60) }, () => random.pick(claims).id)
  const putOff = random.chance(0.4) && { process_at: new Date(Date.now() + 1_500 + random.below(3_000)).toISOString() }
  const body = { claim_ids: [...chosen(), 'clm_nobody'], comment: random.word(), ...putOff }
  const as = random.pick(['coordinator', 'admin'])
  const answer = await create(world, { as, path: batches, body })
  if (answer?.status !== 201) return
  const { batch_id: id, total_claims: total } = answer.body
  const asked = { id, total, amended: 0, cancelled: undefined as { reverted: number; at: string } | undefined }
  model.batches.push(asked)
  const at = `${batches}/${id}`
  if (putOff && random.chance(0.6)) {
    const amended = await calls.send({ as, method: 'PUT', path: at, body: { claim_ids: chosen() } })
    if (amended?.status === 200) asked.total = amended.body.total_claims
    else if (amended === null) asked.amended += 1
  }
  if (putOff && random.chance(0.4)) await calls.send({ as, method: 'POST', path: `${at}/process` })
  if (random.chance(0.3)) {
    const cancelled = await calls.send({ as, method: 'DELETE', path: at })
    if (cancelled?.status === 200) {
      asked.cancelled = { reverted: cancelled.body.claims_reverted, at: cancelled.body.cancelled_at }
    }
  }
}
