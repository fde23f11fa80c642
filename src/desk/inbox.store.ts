import { sql } from 'drizzle-orm'
import { userName } from '../access/access.store.ts'
import type { Approval } from '../approvals/approval.ts'
import type { Family } from '../approvals/family.ts'
import { pageAsOfNow } from '../approvals/list.store.ts'
import type { Ctx } from '../context.ts'
import type { Condition, Fragment } from '../db/open-db.ts'
import { merged, type PageRequest } from '../db/page.ts'
import { families, type Kind } from '../families.ts'

/** An approval in a list. `brief` is JSON, what its family says of it there; null where that says nothing. */
export interface InboxRow extends Pick<
  Approval,
  'id' | 'title' | 'status' | 'created_at' | 'due_at' | 'on_due' | 'decided_at' | 'requester_id'
> {
  kind: Kind
  requester_name: string | null
  brief: string | null
}

/** Where a page of what waits begins: behind this one, which is due then. */
export interface Place {
  due: number
  id: string
}

/** What a list is narrowed to. */
export interface Narrowing {
  kind?: Kind | undefined
  /** What titles have in them, in whatever case. */
  text?: string | undefined
}

/** When something is due that never is: after everything else. */
export const never = Number.MAX_SAFE_INTEGER

/** How many are looked through for a text. */
export const mostSearched = 2_000

const all: readonly Family[] = families
const due = sql.raw(`coalesce(a.due_at, ${never})`)

/**
 * What the actor could vote on now, nearest to its end first: of each kind whose policy names a role of theirs. Of what
 * is restricted, which is little, the oldest are looked through.
 */
export function selectWaiting(ctx: Ctx, narrowing: Narrowing, limit: number, after: Place | null) {
  const kinds = all.filter((family) => narrowing.kind === undefined || narrowing.kind === family.kind)
  const parts = kinds.flatMap((family) => waitingOf(ctx, family, after))
  const first = inOrder(parts, narrowing.text === undefined ? limit : mostSearched)
  return shown(ctx, searched(first, narrowing, limit), sql`${due}, a.id`)
}

function waitingOf({ actor, now }: Ctx, family: Family, after: Place | null): Fragment[] {
  const mine = family.waitsFor?.(actor)
  const { approver_roles, allow_self_approval } = family.policy
  if (mine === null || (!mine && !approver_roles.some((role) => actor.roles.includes(role)))) return []
  const notAsked = allow_self_approval
    ? sql`1`
    : sql`a.requester_id <> ${actor.userId} AND a.submitted_by IS NOT ${actor.userId}`
  const waits = sql`a.status = 'pending' AND a.policy_version_id IS NULL AND a.tenant_id = ${actor.tenantId}
    AND ${sql.raw(`a.kind = '${family.kind}'`)} AND NOT (a.on_due IS 'expire' AND a.due_at <= ${now}) AND ${notAsked} AND ${mine ?? sql`1`}`
  const columns = sql`a.*, ${due} AS due`
  const plain = sql`SELECT ${columns} FROM approvals a INDEXED BY approvals_waiting WHERE a.restricted = 0 AND ${waits}`
  const behind = after ? [sql`${due} = ${after.due} AND a.id > ${after.id}`, sql`${due} > ${after.due}`] : [sql`1`]
  const restricted = sql`SELECT * FROM (SELECT ${columns} FROM approvals a INDEXED BY approvals_restricted_by_kind
    WHERE a.restricted = 1 AND ${waits} ORDER BY a.created_at, a.id LIMIT 100) a
    WHERE ${after ? sql`(due, a.id) > (${after.due}, ${after.id})` : sql`1`} ORDER BY due, id`
  return [
    ...behind.map((place) => sql`${plain} AND ${place}`),
    ...(family.restrictable ? [sql`SELECT * FROM (${restricted})`] : []),
  ]
}

/** Merged, without sorting: each part comes in this order. */
function inOrder(parts: readonly Fragment[], limit: number): Fragment {
  if (parts.length === 0) return sql`(SELECT *, 0 AS due FROM approvals WHERE 0)`
  const groups = Array.from({ length: Math.ceil(parts.length / 5) }, (_, at) =>
    sql.join(parts.slice(at * 5, at * 5 + 5), sql` UNION ALL `),
  )
  const together =
    groups.length === 1
      ? groups[0]!
      : sql.join(
          groups.map((one) => sql`SELECT * FROM (${one})`),
          sql` UNION ALL `,
        )
  return sql`(${together} ORDER BY due, id LIMIT ${limit + 1})`
}

/** Newest first: what the actor has asked for. Of the kinds that people ask for. */
export function selectAsked(ctx: Ctx, narrowing: Narrowing, page: PageRequest) {
  const kinds = all.filter(({ kind, isAskedByPeople }) => isAskedByPeople && (narrowing.kind ?? kind) === kind)
  const lists = kinds.map((kind) =>
    pageAsOfNow(ctx, { kinds: [kind], requesterId: ctx.actor.userId }, wide(narrowing, page)),
  )
  return newest(ctx, lists, narrowing, page)
}

/** Newest first: all that the actor sees, or of that what does not wait any more. */
export function selectSeen(ctx: Ctx, isDecided: boolean, narrowing: Narrowing, page: PageRequest) {
  const { kind } = narrowing
  const kinds = all.filter((family) => kind === undefined || kind === family.kind)
  const among = isDecided ? (['approved', 'rejected', 'withdrawn', 'expired'] as const) : [undefined]
  const filter = { kinds, areAll: kind === undefined }
  return newest(
    ctx,
    among.map((status) => pageAsOfNow(ctx, { ...filter, status }, wide(narrowing, page))),
    narrowing,
    page,
  )
}

function newest(ctx: Ctx, lists: readonly Fragment[], narrowing: Narrowing, page: PageRequest) {
  const parts = lists.map((list) => sql`SELECT * FROM ${list}`)
  const found = parts.length === 0 ? sql`(SELECT * FROM approvals WHERE 0)` : merged(parts, wide(narrowing, page))
  return shown(ctx, searched(found, narrowing, page.limit), sql`a.created_at DESC, a.id DESC`)
}

/** As much as is looked through. */
function wide({ text }: Narrowing, page: PageRequest): PageRequest {
  return text === undefined ? page : { ...page, limit: mostSearched }
}

function searched(list: Fragment, { text }: Narrowing, limit: number): Fragment {
  if (text === undefined) return list
  return sql`(SELECT * FROM ${list} a WHERE ${hasText(text)} LIMIT ${limit + 1})`
}

function hasText(text: string): Condition {
  return sql`instr(lower(a.title), lower(${text})) > 0`
}

function shown(ctx: Ctx, list: Fragment, order: Fragment) {
  const briefs = all.flatMap(({ kind, page }) =>
    page?.brief ? [sql`WHEN ${sql.raw(`'${kind}'`)} THEN (${page.brief.select})`] : [],
  )
  const status = sql`iif(a.status = 'pending' AND a.on_due IS 'expire' AND a.due_at <= ${ctx.now}, 'expired', a.status)`
  return ctx.db.all<InboxRow>(sql`
    SELECT a.id, a.kind, a.title, ${status} AS status, a.created_at, a.due_at, a.on_due, a.decided_at, a.requester_id,
      ${userName(sql`a.tenant_id`, sql`a.requester_id`)} AS requester_name,
      CASE a.kind ${sql.join(briefs, sql` `)} END AS brief
    FROM ${list} a ORDER BY ${order}`)
}
