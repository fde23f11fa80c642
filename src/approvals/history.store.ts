import { sql, type SQL } from '../db/sql.ts'
import type { Ctx } from '../context.ts'
import { jsonEach } from '../db/json.ts'
import type { Condition, Reference, Statement } from '../db/open-db.ts'
import type { PageRequest } from '../db/page.ts'
import { newId, newIds } from '../ids.ts'
import type { events } from './approvals.table.ts'
import type { Step } from './cast-vote.store.ts'
import { marked, type Mark } from './mark.store.ts'
import type { Status } from './states.ts'
import { toBeSealed, toBeSealedOf } from './unsealed.store.ts'

/** Something that happened to one approval or batch. */
export interface Happening {
  type: `${string}.${string}`
  /** What it happened to. */
  resourceId: string
  from: string | null
  to: string
  data?: Record<string, unknown>
  /** Of the question, where the caller has it at hand; else it is looked up. */
  digest?: string
  /** Of the event, where the caller has to know it. */
  id?: `evt_${string}`
}

/** Records what certainly happens in this transaction. */
export function record(ctx: Ctx, happenings: readonly Happening[]): Statement {
  return recordIf(ctx, happenings, sql`1`)
}

/** Records happenings: all of them where the condition holds, else none. */
export function recordIf(ctx: Ctx, happenings: readonly Happening[], condition: Condition): Statement {
  const rows = happenings.map((one) => ({ id: newId('evt'), ...one }))
  return insertEvents(
    ctx,
    sql`SELECT key AS n, value ->> '$.id' AS id, ${ctx.actor.tenantId} AS tenant_id, value ->> '$.type' AS type,
      value ->> '$.resourceId' AS resource_id, ${ctx.actor.userId} AS actor_id, value ->> '$.from' AS from_status,
      value ->> '$.to' AS to_status, coalesce(value -> '$.data', '{}') AS data, value ->> '$.digest' AS digest
    FROM ${jsonEach(rows)} WHERE ${condition}`,
  )
}

/** What an event says of a vote, beside who, when and what came of it. */
interface ToldVote {
  /** What was said with it, whether or not it decides. */
  comment: string | null
  /** The user whose key reported it, where it was not the voter's. */
  reportedBy?: string | undefined
  /** Where it closes a stage: which requirement each of its voters was assigned to. */
  assigned?: Step['assigned'] | undefined
  /** Where something else is approved than what was asked: its digest. */
  edit?: { digest: string } | undefined
  /** The decision of another vote, whose place it takes. */
  replaces?: string | undefined
}

/**
 * Records a decision, if the transaction made it: a row carries its mark, and says where (`event_seq`). The type is the
 * kind and what became of it (`claim.approved`), or `claim.voted` where more votes are needed.
 *
 * @param vote what is told of the vote that it was made by, if by one
 */
export function recordDecision(ctx: Ctx, mark: Mark, vote: ToldVote = { comment: null }): Statement {
  const { comment, reportedBy, assigned = [], edit, replaces } = vote
  const reported = reportedBy === undefined ? sql`` : sql`, 'reported_by', ${reportedBy}`
  const closing =
    assigned.length === 0 ? sql`` : sql`, 'revision', revision, 'assigned', json(${JSON.stringify(assigned)})`
  const edited = edit === undefined ? sql`` : sql`, 'approved_digest', approved_digest`
  const replacing = replaces === undefined ? sql`` : sql`, 'replaces', ${replaces}`
  return insertEvents(
    ctx,
    sql`SELECT 0 AS n, ${newId('evt')} AS id, tenant_id, kind || '.' || iif(status = 'pending', 'voted', status) AS type, id AS resource_id,
      ${ctx.actor.userId} AS actor_id, 'pending' AS from_status, status AS to_status,
      json_object('decision_id', decision_id, 'comment', ${comment}${reported}${closing}${edited}${replacing}) AS data, digest, event_seq - 1 AS latest
    FROM approvals WHERE ${marked(mark)}`,
    sql`r.latest`,
  )
}

/**
 * Records one happening for the row, or each of the rows, that a SELECT finds when it runs. The actor is the context's.
 *
 * @param found gives tenant_id, type, resource_id, from_status, to_status and data (JSON)
 * @param atMost how many rows it finds at the most
 */
export function recordFound(ctx: Ctx, found: SQL, atMost = 1): Statement {
  const numbered =
    atMost === 1
      ? sql`SELECT 0 AS n, ${newId('evt')} AS event_id, * FROM (${found})`
      : sql`SELECT row_number() OVER (PARTITION BY tenant_id) - 1 AS n, ids.value AS event_id, f.*
          FROM (SELECT row_number() OVER () - 1 AS place, * FROM (${found})) AS f
            JOIN ${jsonEach(newIds('evt', atMost))} AS ids ON ids.key = f.place`
  return insertEvents(
    ctx,
    sql`SELECT n, event_id AS id, tenant_id, type, resource_id, ${ctx.actor.userId} AS actor_id, from_status, to_status, data, NULL AS digest
    FROM (${numbered})`,
    undefined,
    ctx.actor.tenantId === '' ? toBeSealedOf(ctx, found) : undefined,
  )
}

/**
 * Records the same happening for many approvals, of one tenant.
 *
 * @param found gives `n`, which counts them from 0, their ids as `resource_id`, and `digest`
 * @param atMost how many there may be
 * @param from a scalar subquery: where the tenant's history is, if something has noted it (`latestSeq`) in this
 *   transaction; asking the history itself while appending to it makes SQLite copy the rows first
 */
export function recordEach(
  ctx: Ctx,
  happening: { tenantId: SQL; actorId: SQL; type: string; from: Status; to: Status; data: SQL },
  found: SQL,
  atMost: number,
  from = latestSeq(happening.tenantId),
): Statement {
  const ids = newIds('evt', atMost)
  const length = ids[0]?.length ?? 0 // of each of them; in a blob, unlike a text, the place of the n-th is known
  const id = sql`CAST(substr(CAST(${ids.join('')} AS BLOB), n * ${length} + 1, ${length}) AS TEXT)`
  return insertEvents(
    ctx,
    sql`SELECT n, ${id} AS id, ${happening.tenantId} AS tenant_id,
      ${happening.type} AS type, resource_id, ${happening.actorId} AS actor_id, ${happening.from} AS from_status,
      ${happening.to} AS to_status, (SELECT ${happening.data}) AS data, digest FROM (${found})`,
    from,
  )
}

/**
 * Appends events to their tenants' histories.
 *
 * @param rows gives `n`, which counts from 0 within a tenant, and the columns of the events; where `digest` is null it
 *   is that of the approval of this id, if it is one
 * @param from where the history of a row's tenant is
 * @param also notes whose histories have moved on
 */
function insertEvents(ctx: Ctx, rows: SQL, from = latestSeq(sql`r.tenant_id`), also = toBeSealed(ctx)): Statement {
  const query = sql`
    INSERT INTO events (tenant_id, seq, id, type, resource_id, actor_id, at, from_status, to_status, digest, data, salt)
    SELECT tenant_id, ${from} + n + 1, id, type, resource_id, actor_id,
      ${ctx.now}, from_status, to_status, coalesce(digest, (SELECT a.digest FROM approvals a WHERE a.id = r.resource_id AND a.tenant_id = r.tenant_id)), data,
      lower(hex(randomblob(16)))
    FROM (${rows}) AS r`
  return { query, also }
}

/**
 * Where the tenant's history goes on. Whoever writes this to a row reads it once; an event that looked for it in the
 * history that it is appended to would have SQLite copy it first.
 */
export function nextSeq({ actor }: Ctx): SQL {
  return sql`${latestSeq(sql`${actor.tenantId}`)} + 1`
}

/** Where a tenant's history is: the `seq` of its last event, or 0. */
export function latestSeq(tenantId: SQL): SQL {
  return sql`coalesce((SELECT max(seq) FROM events e WHERE e.tenant_id = ${tenantId}), 0)`
}

/**
 * What the tenant's events since a `seq` have happened to (`resource_id`), in their order, as a table for a FROM
 * clause.
 */
export function movedSince({ actor }: Ctx, seq: number): SQL {
  return sql`(SELECT resource_id FROM events WHERE tenant_id = ${actor.tenantId} AND seq > ${seq})`
}

/** Something that has happened. `data` is a JSON object. */
export type HistoricEvent = Omit<typeof events.$inferSelect, 'tenant_id' | 'resource_id' | 'salt'>

/**
 * A page of what has happened to something, oldest first. A page begins behind an event, which is found by its id:
 * where it is in the tenant's history is nobody's but admins' to know.
 */
export function selectHistory(ctx: Ctx, resourceId: Reference, { limit, after }: PageRequest) {
  const its = sql`FROM events INDEXED BY events_by_resource WHERE tenant_id = ${ctx.actor.tenantId} AND resource_id = ${resourceId}`
  return ctx.db.all<HistoricEvent>(sql`
    SELECT seq, id, type, actor_id, at, from_status, to_status, digest, data ${its}
      AND ${after ? sql`seq > (SELECT seq ${its} AND id = ${after.id})` : sql`1`}
    ORDER BY seq LIMIT ${limit + 1}`)
}

/** Who has done what has happened to something, as far as a page shows it: a SELECT of their ids. */
export function actorsOn(ctx: Ctx, resourceId: Reference): SQL {
  return sql`SELECT actor_id FROM (SELECT actor_id FROM events INDEXED BY events_by_resource
    WHERE tenant_id = ${ctx.actor.tenantId} AND resource_id = ${resourceId} ORDER BY seq LIMIT 100)`
}

/** How far the tenant's history goes. */
export function selectLastSeq(ctx: Ctx) {
  return ctx.db.all<{ seq: number | null }>(
    sql`SELECT max(seq) AS seq FROM events WHERE tenant_id = ${ctx.actor.tenantId}`,
  )
}

/** Whether one of these types of events is in a resource's history. */
export function isRecorded(ctx: Ctx, resourceId: Reference, types: readonly string[]): Condition {
  const any = sql.join(
    types.map((type) => sql`${type}`),
    sql`, `,
  )
  return sql`EXISTS (SELECT 1 FROM events e INDEXED BY events_by_resource
    WHERE e.tenant_id = ${ctx.actor.tenantId} AND e.resource_id = ${resourceId} AND e.type IN (${any}))`
}

/** The status in which the last event of a resource has left it. */
export function latestStatus(tenantId: SQL, resourceId: string): SQL {
  return sql`(SELECT to_status FROM events e INDEXED BY events_by_resource
    WHERE e.tenant_id = ${tenantId} AND e.resource_id = ${resourceId} ORDER BY seq DESC LIMIT 1)`
}
