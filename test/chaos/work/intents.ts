import type { Leased } from '../model.ts'
import { create, note, noteDecision, recent, type Work } from '../world.ts'

export const request: Work = async (world) => {
  const { random, made } = world
  const instance = random.pick(made.instances)
  const base = `/internal/v1/instances/${instance}/approvals`
  const body = {
    action: 'refund',
    skill_slug: 'payments',
    customer_id: made.customer,
    serialized_intent: { word: random.word(), amount: 12.5 },
    approver_role: random.pick(['owner', 'customer']),
  }
  const answer = await create(world, { as: 'service', path: `${base}/request`, body })
  if (answer === null || answer.status >= 300) return
  const { approval_ref: id, digest } = answer.body
  note(world, { at: `${base}/${id}`, id, kind: 'intent', as: 'service', first: answer.body, digest })
}

export const resolve: Work = async (world) => {
  const asked = recent(world, 'intent')
  if (!asked) return
  const { random, calls } = world
  const { instance_id, approver_role } = asked.first
  const path = `/internal/v1/instances/${instance_id}/approvals/resolve`
  const body = {
    action: random.pick(['approve', 'approve', 'reject']),
    approval_ref: random.chance(0.2) ? asked.id.toLowerCase() : asked.id,
    pin_verified: random.chance(0.9),
    resolver_role: random.chance(0.9) ? approver_role : 'owner',
  }
  const answer = await calls.send({ as: 'service', method: 'POST', path, body })
  noteDecision(asked, answer, ({ status, resolved_by, outbox_id }) => ({
    did: 'decided',
    status,
    by: resolved_by,
    said: { outbox_id },
  }))
}

/** Leases as an instance does, carries some out, and leaves others to whoever comes when the lease is over. */
export const replay: Work = async (world) => {
  const { random, calls, model, made } = world
  const instance = random.pick(made.instances)
  const base = `/internal/v1/instances/${instance}/outbox`
  const seconds = 5
  const body = { max: 1 + random.below(8), lease_seconds: seconds }
  const leased = await calls.send({ as: 'service', method: 'POST', path: `${base}/lease`, body })
  if (leased?.status !== 200) return
  for (const { outbox_id: outbox, lease_token: token, lease_expires_at } of leased.body.entries) {
    const until = Date.parse(lease_expires_at)
    const lease: Leased = { instance, outbox, token, from: until - seconds * 1_000, until }
    model.leases.push(lease)
    if (random.chance(0.2)) continue
    const outcome = random.pick(['succeeded', 'succeeded', 'failed'] as const)
    const retry = outcome === 'failed' && random.chance(0.5)
    const ack = { lease_token: token, outcome, ...(outcome === 'failed' && { error: 'Declined', retry }) }
    const acked = await calls.send({ as: 'service', method: 'POST', path: `${base}/${outbox}/ack`, body: ack })
    if (retry && (acked === null || acked.status === 200)) lease.givenBack = true
    if (!retry && acked?.status === 200) lease.finished = outcome
  }
}
