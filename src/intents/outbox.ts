import { refuseOtherInstance } from '../access/refuse-other-instance.ts'
import type { Ctx } from '../context.ts'
import { asFound } from '../db/in-steps.ts'
import { newId } from '../ids.ts'
import { Refusal } from '../refusal.ts'
import {
  endOverdue,
  lease,
  selectEntry,
  selectInView,
  selectLeased,
  selectOverdue,
  settle,
  type EntryInView,
  type LeasedEntry,
  type OutboxReport,
  type OutboxEntry,
  type ShownEntry,
} from './outbox.store.ts'

/** How many entries one transaction ends, and how many of those one sweep runs. */
const perStep = 1_000
const stepsPerSweep = 20

/** Leases entries to one consumer, longest waiting first. An entry is leased to one at a time. */
export async function leaseEntries(
  ctx: Ctx,
  instanceId: string,
  { max, seconds }: { max: number; seconds: number },
): Promise<LeasedEntry[]> {
  refuseOtherInstance(ctx.actor, instanceId)
  const token = newId('lse')
  const { entries } = await ctx.db.batch({
    leased: lease(ctx, instanceId, max, ctx.now + seconds * 1000, token),
    entries: selectLeased(ctx, token),
  })
  return entries
}

/**
 * Takes a consumer's report. A report that is repeated gets the same answer.
 *
 * @throws Refusal `not_found`, `lease_lost` where the token is no longer the current one
 */
export async function settleEntry(
  ctx: Ctx,
  instanceId: string,
  id: string,
  token: string,
  outcome: OutboxReport,
): Promise<ShownEntry> {
  refuseOtherInstance(ctx.actor, instanceId)
  const {
    settled,
    entry: [entry],
  } = await ctx.db.batch({
    ...settle(ctx, instanceId, id, token, outcome),
    entry: selectEntry(ctx, instanceId, id),
  })
  if (!entry) throw new Refusal('not_found', `There is no outbox entry ${id}.`)
  if (settled.length > 0 || wasReported(entry, token, outcome)) return entry
  const detail = `The token is not that of the current lease on ${id}; the entry is ${entry.shown}.`
  throw new Refusal('lease_lost', detail, { outbox_status: entry.shown })
}

function wasReported(entry: OutboxEntry, token: string, { outcome, retry }: OutboxReport): boolean {
  if (entry.lease_token !== token) return false
  const released = entry.status === 'open' && entry.lease_until === 0
  return released ? outcome === 'failed' && retry : entry.status === outcome
}

/** With its call. @throws Refusal `not_found` */
export async function getEntry(ctx: Ctx, instanceId: string, id: string): Promise<EntryInView> {
  refuseOtherInstance(ctx.actor, instanceId)
  const [entry] = await ctx.db.run(selectInView(ctx, instanceId, id))
  if (!entry) throw new Refusal('not_found', `There is no outbox entry ${id}.`)
  return entry
}

/** The upkeep of all outboxes: see `endOverdue`. @returns how many entries were ended */
export function endOverdueEntries(ctx: Ctx): Promise<number> {
  const find = (limit: number) => ctx.db.run(selectOverdue(ctx, limit))
  return asFound(stepsPerSweep, perStep, find, async (found) => {
    const ids = found.map(({ id }) => id)
    const { ended } = await ctx.db.batch(endOverdue(ctx, ids))
    return ended.length
  })
}
