import type { Ctx } from '../context.ts'
import type { Position } from '../db/page.ts'
import { kinds, type Kind } from '../families.ts'
import { never, type Place } from '../approvals/waiting.store.ts'
import { selectAsked, selectSeen, selectWaiting, type InboxRow, type Narrowing } from './inbox.store.ts'

/** What a list is about. */
export const views = ['waiting', 'asked', 'decided', 'all'] as const
export type View = (typeof views)[number]

/** Which part of which list. `cursor` is where the page before it ended. */
export interface Asked extends Narrowing {
  view: View
  cursor?: string | undefined
}

/** A page of a list; `next` is the cursor of the page behind it. */
export interface Inbox extends Asked {
  rows: InboxRow[]
  next: string | null
}

/** How many a page has: as many as are counted. What there is beyond is "99+". */
const perPage = 100

/** What the parameters of an address ask for. Whatever is no view, kind or cursor is passed by. */
export function askedFrom(query: Record<string, string>, groups: readonly string[]): Asked {
  const view = views.find((one) => one === query.view) ?? 'waiting'
  const kind = kinds.find((one) => one === query.kind) as Kind | undefined
  const text = query.q?.trim().slice(0, 100) || undefined
  return { view, kind, text, groups, cursor: query.cursor }
}

/** The statement that reads a page of a list; `pageFrom` makes the page of what it finds. */
export function selectInbox(ctx: Ctx, asked: Asked) {
  const { view, cursor } = asked
  const at = readCursor(cursor)
  if (view === 'waiting') return selectWaiting(ctx, asked, perPage, at && { due: at.time, id: at.id })
  const after: Position | null = at && { created_at: at.time, id: at.id }
  const page = { limit: perPage, offset: 0, after }
  return view === 'asked' ? selectAsked(ctx, asked, page) : selectSeen(ctx, view === 'decided', asked, page)
}

/** The page of a list that was read. */
export function pageFrom(asked: Asked, found: InboxRow[]): Inbox {
  const first = found.slice(0, perPage)
  // What waits for several roles and groups of theirs was found several times.
  const rows = [...new Map(first.map((row) => [row.id, row])).values()]
  const last = first.at(-1)
  // A search has been through all that it goes through.
  const hasMore = found.length > first.length && asked.text === undefined
  return { ...asked, rows, next: hasMore && last ? cursorBehind(asked.view, last) : null }
}

/** A page of a list. */
export async function readInbox(ctx: Ctx, asked: Asked): Promise<Inbox> {
  return pageFrom(asked, await ctx.db.run(selectInbox(ctx, asked)))
}

/** What waits behind one that the actor has just decided, else what waits first; null where nothing does. */
export async function nextWaiting(
  ctx: Ctx,
  groups: readonly string[],
  { due_at, id }: Pick<InboxRow, 'due_at' | 'id'>,
): Promise<string | null> {
  const place: Place = { due: due_at ?? never, id }
  const { behind, first } = await ctx.db.batch({
    behind: selectWaiting(ctx, { groups }, 1, place),
    first: selectWaiting(ctx, { groups }, 1, null),
  })
  return [...behind, ...first].find((row) => row.id !== id)?.id ?? null
}

function cursorBehind(view: View, { due_at, created_at, id }: InboxRow): string {
  return `${view === 'waiting' ? (due_at ?? never) : created_at}.${id}`
}

function readCursor(cursor: string | undefined): { time: number; id: string } | null {
  const [, time, id] = /^(\d{1,16})\.([\w-]{1,100})$/.exec(cursor ?? '') ?? []
  return time === undefined || id === undefined ? null : { time: Number(time), id }
}
