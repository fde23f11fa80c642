import { sql } from '../db/sql.ts'
import { userName } from '../access/access.store.ts'
import { idIfSeen } from '../any-approval/any-approval.store.ts'
import type { Approval } from '../approvals/approval.ts'
import type { Family } from '../approvals/family.ts'
import { pageAsOfNow } from '../approvals/list.store.ts'
import { statusNow } from '../approvals/states.store.ts'
import { allVotes, policyOfRow } from '../approvals/votes.store.ts'
import { pageOfWaiting, type Place } from '../approvals/waiting.store.ts'
import type { Actor, Ctx } from '../context.ts'
import type { Condition, Fragment } from '../db/open-db.ts'
import { merged, type PageRequest } from '../db/page.ts'
import { families, type Kind } from '../families.ts'
import { capacitiesOf } from './needed.ts'

/** An approval in a list. `brief` is JSON, what its family says of it there; null where that says nothing. */
export interface InboxRow extends Pick<
  Approval,
  'id' | 'title' | 'status' | 'created_at' | 'due_at' | 'on_due' | 'decided_at' | 'requester_id'
> {
  kind: Kind
  requester_name: string | null
  brief: string | null
  /** JSON (`Partly`), where some have voted under a policy and more have to; else null. */
  partly: string | null
}

/** What an empty list tells of the last decision. */
export type LastDecided = Pick<Approval, 'title'> & { decided_at: number }

/** What a list is narrowed to. */
export interface Narrowing {
  kind?: Kind | undefined
  /** What titles have in them, in whatever case. */
  text?: string | undefined
  /** The groups of whoever looks, by their ids. */
  groups?: readonly string[]
  /** Of them the only one that is looked at, for what waits for it. */
  group?: string | undefined
}

/** How many are looked through for a text. */
export const mostSearched = 2_000

const all: readonly Family[] = families

/**
 * What the actor could vote on now, nearest to its end first: where a policy says who decides, as one of these groups,
 * or with a role of theirs; else of each kind whose policy names a role of theirs.
 */
export function selectWaiting(ctx: Ctx, narrowing: Narrowing, limit: number, after: Place | null) {
  const { actor } = ctx
  const { kind, text, group } = narrowing
  const kinds = group === undefined ? all.flatMap((family) => mayDecide(actor, family)) : []
  const noVote = all.flatMap((family) => family.hasNoVote?.(actor) ?? [])
  const waits = { kinds, capacities: capacitiesOf(actor, narrowing), noVote, only: kind }
  const first = pageOfWaiting(ctx, waits, text === undefined ? limit : mostSearched, after)
  return shown(ctx, searched(first, narrowing, limit), sql`due, place`)
}

function mayDecide(actor: Actor, kind: Family) {
  if (!kind.waitsFor) {
    return kind.policy.approver_roles.some((role) => actor.roles.includes(role)) ? [{ kind, condition: sql`1` }] : []
  }
  const condition = kind.waitsFor(actor)
  return condition ? [{ kind, condition }] : []
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

/** One that has been decided, if the actor sees it. */
export function selectLastDecided(ctx: Ctx, id: string, family: Family) {
  return ctx.db.all<LastDecided>(sql`
    SELECT title, decided_at FROM approvals WHERE id = ${idIfSeen(ctx, id, family)} AND decided_at IS NOT NULL`)
}

/** As much as is looked through. */
function wide({ text }: Narrowing, page: PageRequest): PageRequest {
  return text === undefined ? page : { ...page, limit: mostSearched }
}

function searched(list: Fragment, { text }: Narrowing, limit: number): Fragment {
  if (text === undefined) return list
  return sql`(SELECT * FROM ${list} a WHERE ${hasText(text)} LIMIT ${limit + 1})`
}

/** How many letters beyond ASCII are folded: each is one pass more over each title, 3 ms over long ones. */
const mostFolded = 24

/** SQLite's `lower` knows ASCII; beyond that those letters are folded that the text has, in it and in titles. */
function hasText(text: string): Condition {
  const cases = [...new Map([...text].flatMap(casesOf))].slice(0, mostFolded)
  const title = cases.reduce(
    (so, [upper, lower]) => sql`replace(${so}, ${charOf(upper)}, ${charOf(lower)})`,
    sql`a.title`,
  )
  const folded = cases.reduce((so, [upper, lower]) => so.replaceAll(upper, lower), text)
  return sql`instr(lower(${title}), lower(${folded})) > 0`
}

/** A letter beyond ASCII in both cases, where the two are one letter each, and each other's. */
function casesOf(letter: string): [upper: string, lower: string][] {
  const [upper, lower] = [letter.toUpperCase(), letter.toLowerCase()]
  const arePair = upper !== lower && upper.toLowerCase() === lower && lower.toUpperCase() === upper
  return letter > '\u007f' && arePair ? [[upper, lower]] : []
}

/** A character as SQL: a number needs no parameter, of which a statement has a hundred. */
function charOf(letter: string): Fragment {
  return sql.raw(`char(${letter.codePointAt(0)})`)
}

function shown(ctx: Ctx, list: Fragment, order: Fragment) {
  const briefs = all.flatMap(({ kind, page }) =>
    page?.brief ? [sql`WHEN ${sql.raw(`'${kind}'`)} THEN (${page.brief.select})`] : [],
  )
  return ctx.db.all<InboxRow>(sql`
    SELECT a.id, a.kind, a.title, ${statusNow(ctx)} AS status, a.created_at, a.due_at, a.on_due, a.decided_at, a.requester_id,
      ${userName(sql`a.tenant_id`, sql`a.requester_id`)} AS requester_name,
      CASE a.kind ${sql.join(briefs, sql` `)} END AS brief,
      CASE WHEN a.status = 'pending' AND a.votes_for > 0 AND a.policy_version_id IS NOT NULL THEN
        json_object('policy', json((${policyOfRow})), 'revision', a.revision, 'stage', a.stage, 'votes', json((${allVotes}))) END AS partly
    FROM ${list} a ORDER BY ${order}`)
}
