import type { Ctx } from '../context.ts'
import { Refusal, type RefusalValue } from '../refusal.ts'
import { hasEnded } from './decision.ts'
import { selectDecision, type DecisionRow } from './decision.store.ts'
import { isKnownTo } from './known-to.ts'
import { expectWaiters } from './poke-watch.ts'
import { missing } from './read-approval.ts'

/** How long until the watch is asked again after it has failed: at first, and at the most; twice as long each time. */
const [firstPauseMs, longestPauseMs] = [250, 5_000]

/** A decision as it was at a moment (milliseconds). */
export interface Seen {
  row: DecisionRow
  now: number
}

/**
 * How long a wait may be for who waits to be who they were when it began, in milliseconds: what is known of a key may
 * be 25 seconds old then, and nobody is told anything 30 seconds after they were put out.
 */
const trustMs = 5_000

/**
 * What became of an approval: at once where that is decided, else as soon as it is, else what it is after the wait.
 * Waiting is the tenant's watch's; where that cannot be reached, the database is asked before it is tried again.
 *
 * @param seconds how long to wait at the most; 0 reads the database, and nothing else
 * @returns with the bookmark of the watch's session, where that has answered
 * @throws Refusal `not_found`, `rate_limited` where too many wait; `unauthorized` where it has lasted, and the caller's
 *   key is no good any more
 */
export async function awaitDecision(ctx: Ctx, id: string, seconds: number): Promise<Told> {
  const told = await awaitAnswer(ctx, id, seconds)
  if (Date.now() - ctx.now <= trustMs) return told
  return isKnownTo(await ctx.actorNow(), told.row) ? told : missing(id)
}

type Told = Seen & { bookmark?: string | null }

async function awaitAnswer(ctx: Ctx, id: string, seconds: number): Promise<Told> {
  const until = ctx.now + seconds * 1000
  for (let pause = firstPauseMs; ; pause = Math.min(2 * pause, longestPauseMs)) {
    const told = await throughWatch(ctx, id, until)
    if (told) return told
    const now = Date.now()
    const [row] = await ctx.db.run(selectDecision({ ...ctx, now }, id))
    if (!row || !isKnownTo(ctx.actor, row)) return missing(id)
    if (hasEnded(row, now) || now >= until) return { row, now }
    await new Promise((resolve) => setTimeout(resolve, Math.min(pause, until - now)))
  }
}

/** Undefined where the time is over, or the watch could not be reached or was lost on the way. */
async function throughWatch({ env, actor, requestId }: Ctx, id: string, until: number) {
  const ask = async () => {
    const ms = until - Date.now()
    expectWaiters(actor.tenantId)
    return ms > 0 ? await env.DECISION_WATCH.getByName(actor.tenantId).wait({ actor, id, ms }) : undefined
  }
  // One that was moved, or is being updated, is there again at once.
  const again = (error: { retryable?: boolean }) => (error.retryable ? ask() : Promise.reject(error as Error))
  const reply = await ask()
    .catch(again)
    .catch((error: unknown) => {
      const message = 'a decision could not be waited for; the database is asked'
      console.error({ message, approval_id: id, request_id: requestId, error: String(error) })
    })
  if (!reply) return undefined
  if ('refused' in reply) throw Refusal.fromValue(reply.refused as RefusalValue)
  const { row, now, bookmark } = reply
  if (row === null) return missing(id)
  return { row, now, bookmark }
}
