import { sql, type SQL } from '../db/sql.ts'
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

/** An event for the export, with what shows whether what is stored beside it is what the history tells. */
export interface ExportedEvent extends ToldEvent {
  /** What of its vote may change, and what it should be by the history: a `Standing` as JSON. */
  standing: string | null
  /** Of what an approval began with: who has a vote on it that no event tells of. */
  stray: string | null
  /** Of an event whose data was erased: the `seq` of the event that tells of the erasure. */
  erasure: number | null
}

/** What of a vote may be otherwise later than when it was cast. */
export interface Standing {
  comment: string | null
  requirement: number
  /** Which requirement it was assigned to when its stage closed; null where that has not been told. */
  assigned: number | null
  voided_at: number
  /** When something happened by which it ceased to stand; null where nothing has. */
  ended_at: number | null
  /** Whether an earlier vote of the same person on the same question was voided a millisecond before it. */
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
  return ctx.db.all<ExportedEvent>(sql`
    SELECT ${told}, iif(v.voter_id IS NULL, NULL, ${standing}) AS standing, iif(e.from_status IS NULL, ${stray}, NULL) AS stray,
      iif(x.erased_at IS NULL, NULL, ${erasure}) AS erasure
    FROM ${withVotes(bounded(ctx, after, limit))} WHERE e.seq <= ${until} ORDER BY e.seq`)
}

/** The events `n` of what `e` happened to. */
const itsEvents = sql`FROM events n INDEXED BY events_by_resource
  WHERE n.tenant_id = e.tenant_id AND n.resource_id = e.resource_id`

/** The event that ended the vote `v`, of which the event `e` tells: an amendment, a cancellation, or their own vote. */
const ending = sql`${itsEvents} AND n.seq > e.seq AND ((n.type LIKE '%.reverted' AND n.data ->> 'decision_id' = v.decision_id)
    OR (n.type LIKE '%.amended' AND n.data ->> 'revision' > v.revision) OR n.data ->> 'replaces' = v.decision_id) ORDER BY n.seq LIMIT 1`

const standing = sql`json_object('comment', v.comment, 'requirement', v.requirement, 'voided_at', v.voided_at,
  'assigned', (SELECT a.value ->> 1 FROM (SELECT n.data ${itsEvents} AND n.seq >= e.seq AND n.data ->> 'revision' = v.revision
      AND (v.voided_at = 0 OR n.seq < coalesce((SELECT n.seq ${ending}), n.seq + 1))) n
    CROSS JOIN json_each(n.data, '$.assigned') a WHERE a.value ->> 0 = v.voter_id),
  'ended_at', (SELECT n.at ${ending}),
  'follows', EXISTS (SELECT 1 FROM votes o WHERE o.approval_id = v.approval_id AND o.revision = v.revision
    AND o.voter_id = v.voter_id AND o.voided_at = v.voided_at - 1
    AND EXISTS (SELECT 1 ${itsEvents} AND n.seq < e.seq AND n.data ->> 'decision_id' = o.decision_id)))`

const stray = sql`(SELECT o.voter_id FROM votes o WHERE o.approval_id = e.resource_id AND NOT EXISTS (SELECT 1 ${itsEvents}
  AND n.from_status = 'pending' AND n.actor_id = o.voter_id AND n.data ->> 'decision_id' = o.decision_id) LIMIT 1)`

const erasure = sql`(SELECT max(n.seq) FROM events n INDEXED BY events_by_resource
  WHERE n.tenant_id = e.tenant_id AND n.resource_id IN (e.actor_id, e.resource_id) AND n.type = 'person.erased')`

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
