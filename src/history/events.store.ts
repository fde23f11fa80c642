import { sql, type SQL } from 'drizzle-orm'
import type { Ctx } from '../context.ts'
import type { HistoricEvent } from '../approvals/history.store.ts'

/** What is sealed of a vote; a column of it is a member here. `counted_with` is JSON text. */
export interface SealedVote {
  revision: number
  /** In which stage of its policy it was cast, from 0. */
  stage: number
  vote: 'approve' | 'reject'
  decision_id: string
  counted_with: string
  voted_at: number
  reported_by: string | null
  on_behalf_of: string | null
}

/**
 * An event as it is told to who follows the history and to who seals it. `data_hash` and `erased_at` are there where
 * its data was erased; `vote` (a `SealedVote` as JSON) where it tells of one.
 */
export interface ToldEvent extends HistoricEvent {
  resource_id: string
  salt: string
  data_hash: string | null
  erased_at: number | null
  vote: string | null
}

/** An event for the export: `standing` (JSON) is what of its vote may change, and what it should be by the history. */
export interface ExportedEvent extends ToldEvent {
  standing: string | null
}

/** What of a vote may be otherwise later than when it was cast. */
export interface Standing {
  comment: string | null
  voided_at: number
  /** When something happened by which it ceased to stand; null where nothing has. */
  ended_at: number | null
  /** Whether another vote of the same person on the same question was voided just before it. */
  follows: 0 | 1
}

/** How much data one reading takes, in bytes; the first event in any case. */
const mostBytes = 4 * 1024 * 1024

/** A page of the events of the context's tenant behind `after`, in their order. */
export function selectEvents(ctx: Ctx, after: number, limit: number) {
  return ctx.db.all<ToldEvent>(sql`SELECT ${told} FROM ${withVotes(sql`(${page(ctx, after, limit)})`)} ORDER BY e.seq`)
}

/** Up to `limit` events behind `after`, as many as one reading takes. */
export function selectSealable(ctx: Ctx, after: SQL, limit: number) {
  return ctx.db.all<ToldEvent>(sql`SELECT ${told} FROM ${withVotes(bounded(ctx, after, limit))} ORDER BY e.seq`)
}

/** One event. */
export function selectEvent(ctx: Ctx, seq: SQL) {
  return ctx.db.all<ToldEvent>(
    sql`SELECT ${told} FROM ${withVotes(sql`(${page(ctx, sql`(${seq}) - 1`, 1)})`)} WHERE e.seq = (${seq})`,
  )
}

/** Up to `limit` events for the export, up to `until`. */
export function selectExported(ctx: Ctx, after: number, until: number, limit: number) {
  const itsEvents = sql`FROM events n INDEXED BY events_by_resource
    WHERE n.tenant_id = e.tenant_id AND n.resource_id = e.resource_id AND n.seq > e.seq`
  const voids = sql`((n.type LIKE '%.reverted' AND n.data ->> 'decision_id' = v.decision_id)
    OR (n.type LIKE '%.amended' AND n.data ->> 'revision' > v.revision))`
  const follows = sql`EXISTS (SELECT 1 FROM votes o WHERE o.approval_id = v.approval_id AND o.revision = v.revision
    AND o.voter_id = v.voter_id AND o.voided_at = v.voided_at - 1)`
  return ctx.db.all<ExportedEvent>(sql`
    SELECT ${told}, iif(v.voter_id IS NULL, NULL, json_object('comment', v.comment, 'voided_at', v.voided_at,
      'ended_at', (SELECT min(n.at) ${itsEvents} AND ${voids}), 'follows', ${follows})) AS standing
    FROM ${withVotes(bounded(ctx, after, limit))} WHERE e.seq <= ${until} ORDER BY e.seq`)
}

const told = sql`e.seq, e.id, e.type, e.resource_id, e.actor_id, e.at, e.from_status, e.to_status, e.digest, e.data, e.salt,
  x.data_hash, x.erased_at, iif(v.voter_id IS NULL, NULL, json_object('revision', v.revision, 'stage', v.stage, 'vote', v.vote, 'decision_id', v.decision_id,
    'counted_with', v.counted_with, 'voted_at', v.voted_at, 'reported_by', v.reported_by, 'on_behalf_of', v.on_behalf_of)) AS vote`

function page({ actor }: Ctx, after: number | SQL, limit: number): SQL {
  return sql`SELECT * FROM events WHERE tenant_id = ${actor.tenantId} AND seq > ${after} ORDER BY seq LIMIT ${limit}`
}

/** A page that ends where its data is too much to be read at once. The sum reads each row once more. */
function bounded(ctx: Ctx, after: number | SQL, limit: number): SQL {
  const ahead = sql`sum(octet_length(p.data)) OVER (ORDER BY p.seq ROWS UNBOUNDED PRECEDING) - octet_length(p.data)`
  return sql`(SELECT * FROM (SELECT p.*, ${ahead} AS bytes_ahead FROM (${page(ctx, after, limit)}) p) WHERE bytes_ahead < ${mostBytes})`
}

/**
 * Events `e` with the vote `v` that each tells of and the erasure `x` that it may have had. A vote is found by what the
 * event says of it, so one that was changed in that is none.
 */
function withVotes(events: SQL): SQL {
  return sql`${events} e
    LEFT JOIN erased_events x ON x.tenant_id = e.tenant_id AND x.seq = e.seq
    LEFT JOIN votes v ON e.from_status = 'pending' AND v.approval_id = e.resource_id AND v.voter_id = e.actor_id
      AND v.decision_id = e.data ->> 'decision_id'`
}
