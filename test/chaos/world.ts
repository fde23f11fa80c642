import type { Answer, Call, Calls } from './calls.ts'
import { Violation } from './calls.ts'
import type { Acknowledged, Asked, Model } from './model.ts'
import type { Random } from './random.ts'

/** What a connection works with: its own choices, and what all connections share. */
export interface World {
  random: Random
  calls: Calls
  model: Model
  /** What was made before the work began. */
  made: Made
}

export interface Made {
  gate: string
  instances: readonly string[]
  customer: string
  receiver: string
}

/** Something that connections do, again and again. */
export type Work = (world: World) => Promise<void>

/**
 * Creates something under an idempotency key, as a careful caller does: again with the same key while no answer comes.
 * Sometimes it is sent twice at once, or given up after a lost answer, or sent once more although it was answered.
 */
export async function create(world: World, call: Omit<Call, 'headers'>): Promise<Answer | null> {
  const { random, calls, model } = world
  const key = `chaos-${random.word()}`
  const keyed = { method: 'POST', ...call, headers: { 'Idempotency-Key': key } }
  const sent = await Promise.all(random.chance(0.1) ? [calls.send(keyed), calls.send(keyed)] : [calls.send(keyed)])
  if (sent.every((one) => one === null) && random.chance(0.8)) sent.push(await calls.surely(keyed))
  const good = sent.filter((one) => one !== null && one.status < 300)
  if (good.length > 0 && random.chance(0.05)) good.push(await calls.surely(keyed))
  for (const one of good) {
    if (one!.status >= 300)
      throw new Violation(`${call.path}: key ${key} is refused later: ${JSON.stringify(one!.body)}`)
    model.answered(key, one!.body)
  }
  return good[0] ?? sent.find((one) => one !== null) ?? null
}

/** Notes something that was asked for, so that all connections work on it. */
export function note(world: World, asked: Omit<Asked, 'acknowledged'>): void {
  world.model.asked.push({ ...asked, acknowledged: [] })
}

/** One of the newer things of a kind, on which others work too; none where there is none. */
export function recent(world: World, kind: Asked['kind']): Asked | undefined {
  const all = world.model.asked.filter((one) => one.kind === kind)
  return all.length === 0 ? undefined : world.random.pick(all.slice(-40))
}

/**
 * Notes what the answer to a decision says: that it was decided so, or the winner that was first. There is none where
 * somebody has voted otherwise on what still waits for others.
 *
 * @param reads what the answer says, where it is a success
 */
export function noteDecision(asked: Asked, answer: Answer | null, reads: (body: any) => Acknowledged): void {
  if (answer === null) return
  if (answer.status === 200) {
    asked.acknowledged.push(reads(answer.body))
  } else if (answer.body?.code === 'already_decided' && answer.body.winner) {
    const { decision, decided_by } = answer.body.winner
    asked.acknowledged.push({ did: 'decided', status: decision, by: decided_by })
  }
}
