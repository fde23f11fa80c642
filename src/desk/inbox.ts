import { selectGroupsNamed } from '../access/groups.store.ts'
import { familyOf } from '../any-approval/family-of.ts'
import type { Ctx } from '../context.ts'
import type { Position } from '../db/page.ts'
import { kinds, type Kind } from '../families.ts'
import { never, type Place } from '../approvals/waiting.store.ts'
import { capacitiesOf, isNeeded, type Partly } from './needed.ts'
import {
  selectAsked,
  selectLastDecided,
  selectSeen,
  selectWaiting,
  type InboxRow,
  type LastDecided,
  type Narrowing,
} from './inbox.store.ts'

/** What a list is about. */
export const views = ['waiting', 'asked', 'decided', 'all'] as const
export type View = (typeof views)[number]

/** Which part of which list. `cursor` is where the page before it ended. */
export interface Asked extends Narrowing {
  view: View
  cursor?: string | undefined
  /** The id of what the actor has decided last, where nothing has waited behind it. */
  last?: string | undefined
}

/** A page of a list; `next` is the cursor of the page behind it. */
export interface Inbox extends Asked {
  rows: InboxRow[]
  next: string | null
  /** The groups of whoever looks, by which the list can be narrowed. */
  mine: { id: string; name: string }[]
  lastDecided?: LastDecided | undefined
}

/** How many a page has: as many as are counted. What there is beyond is "99+". */
const perPage = 99

/** What the parameters of an address ask for. Whatever is no view, kind or cursor is passed by. */
export function askedFrom(query: Record<string, string>, groups: readonly string[]): Asked {
  const view = views.find((one) => one === query.view) ?? 'waiting'
  const kind = kinds.find((one) => one === query.kind) as Kind | undefined
  const text = query.q?.trim().slice(0, 100) || undefined
  const group = view === 'waiting' && groups.includes(query.group ?? '') ? query.group : undefined
  return { view, kind, text, groups, group, cursor: query.cursor, last: query.last }
}

/** The statements that read a page of a list; `pageFrom` makes the page of what they find. */
export function selectInbox(ctx: Ctx, asked: Asked) {
  const { view, groups = [], last } = asked
  const mine = view === 'waiting' && groups.length > 0 ? selectGroupsNamed(ctx, groups) : undefined
  const lastDecided = view === 'waiting' && last ? selectLastDecided(ctx, last, familyOf(last)) : undefined
  return { inbox: selectRows(ctx, asked), mine, lastDecided }
}

function selectRows(ctx: Ctx, asked: Asked) {
  const { view, cursor } = asked
  const at = readCursor(cursor)
  if (view === 'waiting') return selectWaiting(ctx, asked, perPage, at && { due: at.time, id: at.id })
  const after: Position | null = at && { created_at: at.time, id: at.id }
  const page = { limit: perPage, offset: 0, after }
  return view === 'asked' ? selectAsked(ctx, asked, page) : selectSeen(ctx, view === 'decided', asked, page)
}

/** The page of a list that was read. */
export function pageFrom(
  ctx: Ctx,
  asked: Asked,
  found: { inbox: InboxRow[]; mine?: Inbox['mine']; lastDecided?: LastDecided[] },
): Inbox {
  const first = found.inbox.slice(0, perPage)
  // What waits for several roles and groups of theirs was found several times.
  const rows = [...new Map(first.map((row) => [row.id, row])).values()]
  const last = first.at(-1)
  // A search has been through all that it goes through.
  const hasMore = found.inbox.length > first.length && asked.text === undefined
  return {
    ...asked,
    rows: asked.view === 'waiting' ? rows.filter((row) => waits(ctx, asked, row)) : rows,
    next: hasMore && last ? cursorBehind(asked.view, last) : null,
    mine: found.mine ?? [],
    lastDecided: found.lastDecided?.[0],
  }
}

function waits({ actor }: Ctx, narrowing: Narrowing, { partly }: InboxRow): boolean {
  return partly === null || isNeeded(JSON.parse(partly) as Partly, capacitiesOf(actor, narrowing))
}

/** A page of a list. */
export async function readInbox(ctx: Ctx, asked: Asked): Promise<Inbox> {
  return pageFrom(ctx, asked, await ctx.db.batch(selectInbox(ctx, asked)))
}

/** How many are looked at for what waits next: some may have been filled by others. */
const ahead = 5

/** What waits behind one that the actor has just decided, else what waits first; null where nothing does. */
export async function nextWaiting(
  ctx: Ctx,
  narrowing: Narrowing,
  { due_at, id }: Pick<InboxRow, 'due_at' | 'id'>,
): Promise<string | null> {
  const place: Place = { due: due_at ?? never, id }
  const { behind, first } = await ctx.db.batch({
    behind: selectWaiting(ctx, narrowing, ahead, place),
    first: selectWaiting(ctx, narrowing, ahead, null),
  })
  return [...behind, ...first].find((row) => row.id !== id && waits(ctx, narrowing, row))?.id ?? null
}

function cursorBehind(view: View, { due_at, created_at, id }: InboxRow): string {
  return `${view === 'waiting' ? (due_at ?? never) : created_at}.${id}`
}

/** What a cursor looks like: a time, and an id. */
export const inboxCursor = /^(\d{1,16})\.([\w-]{1,100})$/

function readCursor(cursor: string | undefined): { time: number; id: string } | null {
  const [, time, id] = inboxCursor.exec(cursor ?? '') ?? []
  return time === undefined || id === undefined ? null : { time: Number(time), id }
}
