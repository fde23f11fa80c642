import { demoKeys } from '../../../scripts/demo-data.ts'
import { Violation, type Calls } from '../calls.ts'
import type { Acknowledged, Asked, Model } from '../model.ts'

/** Each thing that was acknowledged is there, and is what it was acknowledged to be. */
export async function holdAcknowledged(calls: Calls, model: Model): Promise<void> {
  await inTurns(model.asked, (asked) => holdAsked(calls, asked))
  await inTurns(model.batches, async ({ id, total, amended, cancelled }) => {
    const { status, body } = await calls.surely({ as: 'admin', path: `/api/v1/approval-batches/${id}` })
    const said = { status, total: body.total_claims, cancelled_at: body.cancelled_at }
    if (status !== 200 || body.total_claims < total || (amended === 0 && body.total_claims !== total)) {
      throw new Violation(`batch ${id} of ${total} claims is ${JSON.stringify(said)}`)
    }
    if (cancelled && body.cancelled_at !== cancelled.at) {
      throw new Violation(`batch ${id} was cancelled at ${cancelled.at} and is ${JSON.stringify(said)}`)
    }
  })
  await inTurns([...model.kept], async ([path, members]) => {
    const { status, body } = await calls.surely({ as: 'admin', path })
    const isKept =
      members === null
        ? status === 404
        : Object.entries(members).every(([name, value]) => JSON.stringify(body[name]) === JSON.stringify(value))
    if (!isKept) throw new Violation(`${path} has to be ${JSON.stringify(members)}, is ${JSON.stringify(body)}`)
  })
  await inTurns(model.revoked, async (secret) => {
    const { status } = await calls.surely({ as: secret, path: '/v1/me' })
    if (status !== 401) throw new Violation(`a key that was revoked is answered with ${status}`)
  })
}

async function holdAsked(calls: Calls, asked: Asked): Promise<void> {
  const { status, body } = await calls.surely({ as: 'admin', path: asked.at })
  const say = (what: string) =>
    new Violation(`${asked.kind} ${asked.id} ${what}: ${JSON.stringify(asked.acknowledged)}`)
  if (status !== 200) throw say(`was acknowledged and answers ${status}`)
  for (const name of ['created_at', 'createdAt', 'description', 'title', 'requester_id', 'gate_id', 'entityId']) {
    if (asked.first[name] !== undefined && body[name] !== asked.first[name]) throw say(`has another ${name}`)
  }
  if (asked.acknowledged.filter(({ did }) => did === 'redeemed').length > 1) throw say('was redeemed twice')
  const decider = [body.decided_by, body.resolved_by, body.approverId].find((by) => by !== undefined)
  for (const one of asked.acknowledged) {
    const ended = one.did === 'decided' || one.did === 'withdrawn'
    const isSo = body.status === one.status && (one.by === undefined || one.by === decider)
    if (ended && !isSo && !(await wasTakenBack(calls, asked, one))) throw say(`is ${body.status} by ${decider} now`)
    if (!holds(one, body)) throw say(`is now ${JSON.stringify(body)}`)
    if (one.did === 'voted' && !(await hasVote(calls, asked, one))) throw say(`has no vote of ${one.by}`)
  }
}

/** What was said beside the status. */
function holds({ did, said = {} }: Acknowledged, { revision, redemption, outbox_id, ...body }: any): boolean {
  switch (did) {
    case 'amended':
      return revision >= (said.revision as number)
    case 'redeemed':
      return redemption?.redeemed_at === said.redeemed_at
    case 'revoked':
      return redemption?.state === 'revoked'
    case 'reported':
      return redemption?.outcome === said.outcome
    case 'decided':
      return (said.outbox_id ?? null) === null || outbox_id === undefined || outbox_id === said.outbox_id
    default:
      return body !== null
  }
}

/** Whether a batch that was cancelled later had approved it: only that takes a decision back. */
async function wasTakenBack(calls: Calls, asked: Asked, { status, by }: Acknowledged): Promise<boolean> {
  if (asked.kind !== 'claim' || status !== 'approved') return false
  const { body } = await calls.surely({ as: 'admin', path: `/v1/approvals/${asked.id}/events?limit=100` })
  const approved = body.data.findIndex((event: any) => event.to === 'approved' && (by == null || event.actor === by))
  const isReverted = body.data.some((event: any) => event.type === 'claim.reverted')
  return approved !== -1 && isReverted
}

async function hasVote(calls: Calls, asked: Asked, { by }: Acknowledged): Promise<boolean> {
  const { body } = await calls.surely({ as: 'admin', path: `/v1/approvals/${asked.id}` })
  const user = demoKeys.find(({ secret }) => secret === `cs_demo_${by}`)?.user
  return body.votes.some(({ voter }: any) => voter === user)
}

/** For each of them, some at once. */
async function inTurns<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  const left = all.values()
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (const one of left) await act(one)
    }),
  )
}
