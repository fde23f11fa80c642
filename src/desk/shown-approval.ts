import { selectAnyApproval, idIfSeen, type AnyApproval } from '../any-approval/any-approval.store.ts'
import { explain, selectExplained, type Explanation } from '../any-approval/explain.ts'
import { familyOf } from '../any-approval/family-of.ts'
import { missing } from '../any-approval/read-approval.ts'
import type { Family, Shown } from '../approvals/family.ts'
import { selectHistory, type HistoricEvent } from '../approvals/history.store.ts'
import { statusAt, type Status } from '../approvals/states.ts'
import type { Ctx } from '../context.ts'
import { pageFrom, selectInbox, type Asked, type Inbox } from './inbox.ts'
import { selectMore, selectNamesAbout, selectNamesOfGroups } from './shown-approval.store.ts'
import { say } from './wording.ts'

/** How much of its history a page shows. */
const mostEvents = 50

/** An approval as a page shows it, beside the list that it is opened from. */
export interface ShownApproval {
  approval: AnyApproval
  status: Status
  family: Family
  /** What its family draws. */
  shown: Shown
  /** Who decides it, how far that has got, and what the reader may do. */
  explained: Explanation
  events: HistoricEvent[]
  /** What somebody is called, by their id. */
  nameOf: (id: string) => string
  /** What a group is called, by its id. */
  groupOf: (id: string) => string
  inbox: Inbox
}

/** Everything that a page shows of an approval, in one round trip. @throws Refusal `not_found` */
export async function readShown(ctx: Ctx, id: string, asked: Asked): Promise<ShownApproval> {
  const family = familyOf(id)
  const explained = selectExplained(ctx, id, family)
  const found = await ctx.db.batch({
    approval: selectAnyApproval(ctx, id, family),
    more: selectMore(ctx, id, family),
    votedOn: explained.approval,
    view: explained.view,
    events: selectHistory(ctx, idIfSeen(ctx, id, family), { limit: mostEvents, offset: 0, after: null }),
    names: selectNamesAbout(ctx, id, family),
    groups: selectNamesOfGroups(ctx, id, family),
    ...selectInbox(ctx, asked),
  })
  const [[approval], [votedOn]] = [found.approval, found.votedOn]
  if (!approval || !votedOn) return missing(id)
  const [names, groups] = [found.names, found.groups].map((all) => new Map(all.map((one) => [one.id, one.name])))
  const read = (json: string | null | undefined) => JSON.parse(json ?? '{}') as Record<string, unknown>
  return {
    approval,
    status: statusAt(approval, ctx.now),
    family,
    shown: {
      title: approval.title,
      facts: read(approval.facts),
      more: read(found.more[0]?.more),
      family: read(approval.family),
      dueAt: approval.due_at,
      now: ctx.now,
    },
    explained: explain(ctx, family, votedOn, found.view[0]),
    events: found.events.slice(0, mostEvents),
    nameOf: (id) => say.actors[id] ?? names!.get(id) ?? id,
    groupOf: (id) => groups!.get(id) ?? id,
    inbox: pageFrom(ctx, asked, found),
  }
}

/**
 * Whether the reader may do something that was not done before. What has changed meanwhile is shown as it is now, and a
 * decision is about that.
 */
export function mayDo({ may }: Explanation, what: keyof Explanation['may']): boolean {
  return may[what].code === 'allowed' || may[what].code === 'stale'
}
