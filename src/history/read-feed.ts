import type { Ctx } from '../context.ts'
import { selectEvents, type ToldEvent } from './events.store.ts'

/** Which part of the history is asked for. */
export interface FeedRequest {
  /** Behind which event, by its `seq`; 0 for the beginning. */
  after: number
  /** How many events are looked at. */
  limit: number
  /** Of these types only; any where there is none. */
  types: readonly string[]
}

/**
 * What has happened in the tenant, in the order in which it was committed. `next` is how far was looked, whether or not
 * anything was found: from there a follower goes on, and misses nothing.
 */
export async function readFeed(ctx: Ctx, { after, limit, types }: FeedRequest) {
  const events = await ctx.db.run(selectEvents(ctx, after, limit))
  const isAsked = ({ type }: ToldEvent) => types.length === 0 || types.includes(type)
  return { events: events.filter(isAsked), next: events.at(-1)?.seq ?? after }
}
