import { sql, type SQL } from '../db/sql.ts'
import type { Approval } from '../approvals/approval.ts'
import { latestSeq, movedSince } from '../approvals/history.store.ts'
import { votersOfRow } from '../approvals/restricted.store.ts'
import type { Ctx } from '../context.ts'
import { jsonEach } from '../db/json.ts'
import { aftermath } from './after.store.ts'

/** What a decision is told from, and whom it may be told. `after` is an `Aftermath` as JSON. */
export interface DecisionRow extends Pick<
  Approval,
  | 'id'
  | 'kind'
  | 'revision'
  | 'version'
  | 'digest'
  | 'status'
  | 'due_at'
  | 'on_due'
  | 'decided_by'
  | 'decided_at'
  | 'comment'
  | 'requester_id'
  | 'submitted_by'
  | 'restricted'
  | 'instance_id'
  | 'approved_digest'
> {
  after: string | null
  /** Who may vote, where that says who sees it: see `Seeable`. */
  voters: string | null
}

const columns = (
  now: number,
) => sql`a.id, a.kind, a.revision, a.version, a.digest, a.status, a.due_at, a.on_due, a.decided_by,
  a.decided_at, a.comment, a.requester_id, a.submitted_by, a.restricted, a.instance_id, a.approved_digest, ${aftermath(now)} AS after, ${votersOfRow} AS voters`

/** The decision on one approval of the caller's tenant. */
export function selectDecision(ctx: Ctx, id: string) {
  return ctx.db.all<DecisionRow>(sql`
    SELECT ${columns(ctx.now)} FROM approvals a WHERE a.id = ${id} AND a.tenant_id = ${ctx.actor.tenantId}`)
}

/** Where the tenant's history is, with one of the decisions that were looked for; or alone, where there is none. */
export type News = { seq: number } & (DecisionRow | { [Member in keyof DecisionRow]: null })

/** What is looked for in one reading. */
export interface Search {
  /** Approvals that are asked for the first time. */
  asked: readonly string[]
  /** Those of which only news are wanted. */
  known: readonly string[]
  /** Where the history was when those were read. */
  since: number
}

/**
 * Where the tenant's history is, and the decisions that are asked for, or of which something was recorded since. One
 * statement, so that what happens while it runs is either in it or behind `seq`. Each event is read once, and nothing
 * else where nothing has happened.
 */
export function selectNews(ctx: Ctx, { asked, known, since }: Search) {
  const parts: SQL[] = []
  if (asked.length > 0) parts.push(sql`SELECT value AS id FROM ${jsonEach(asked)}`)
  if (known.length > 0) {
    // The unary plus keeps the reading along the history: one range, whatever number of approvals is waited for.
    parts.push(sql`SELECT e.resource_id AS id FROM ${movedSince(ctx, since)} e
      WHERE +e.resource_id IN (SELECT value FROM ${jsonEach(known)})`)
  }
  const wanted = parts.length === 0 ? sql`SELECT NULL AS id` : sql.join(parts, sql` UNION `)
  return ctx.db.all<News>(sql`
    SELECT latest.seq, ${columns(ctx.now)}
    FROM (SELECT ${latestSeq(sql`${ctx.actor.tenantId}`)} AS seq) latest LEFT JOIN (${wanted}) wanted ON 1
      LEFT JOIN approvals a ON a.id = wanted.id AND a.tenant_id = ${ctx.actor.tenantId}`)
}
