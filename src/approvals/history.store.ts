import { sql, type SQL } from 'drizzle-orm'
import type { Ctx } from '../context.ts'
import { jsonEach } from '../db/json.ts'
import type { Condition, Reference, Statement } from '../db/open-db.ts'
import { newId, newIds } from '../ids.ts'
import type { Status } from './states.ts'

/** Something that happened to one approval or batch. */
export interface Happening {
  type: `${string}.${string}`
  subjectId: string
  from: string | null
  to: string
  data?: Record<string, unknown>
  /** Of the event, where the caller has to know it. */
  id?: `evt_${string}`
}

/** Records what certainly happens in this transaction. */
export function record(ctx: Ctx, happenings: readonly Happening[]): Statement {
  return recordIf(ctx, happenings, sql`1`)
}

/** Records the opening of approvals, of those that this transaction has opened. */
export function recordOpened(ctx: Ctx, happenings: readonly Happening[]): Statement {
  return recordIf(ctx, happenings, sql`EXISTS (SELECT 1 FROM approvals WHERE approvals.id = value ->> '$.subjectId')`)
}

/** Records happenings, those of them for which the condition on `value` holds. */
export function recordIf(ctx: Ctx, happenings: readonly Happening[], condition: Condition): Statement {
  const rows = happenings.map((one) => ({ id: newId('evt'), ...one }))
  return ctx.db.all(sql`
    INSERT INTO events (id, tenant_id, type, subject_id, actor_id, at, from_status, to_status, data)
    SELECT value ->> '$.id', ${ctx.actor.tenantId}, value ->> '$.type', value ->> '$.subjectId', ${ctx.actor.userId}, ${ctx.now},
      value ->> '$.from', value ->> '$.to', coalesce(value -> '$.data', '{}')
    FROM ${jsonEach(rows)} WHERE ${condition}`)
}

/**
 * Records a decision, if the transaction made it: a row carries `decisionId`. The type is the kind and what became
 * of it (`claim.approved`), or `claim.voted` where more votes are needed.
 *
 * @param reportedBy the user whose key reported it, where it was not the actor's
 */
export function recordDecision(ctx: Ctx, decisionId: string, reportedBy?: string): Statement {
  const reported = reportedBy === undefined ? sql`` : sql`, 'reported_by', ${reportedBy}`
  return ctx.db.all(sql`
    INSERT INTO events (id, tenant_id, type, subject_id, actor_id, at, from_status, to_status, data)
    SELECT ${newId('evt')}, tenant_id, kind || '.' || iif(status = 'pending', 'voted', status), id, ${ctx.actor.userId}, ${ctx.now},
      'pending', status, json_object('decision_id', decision_id, 'comment', comment${reported})
    FROM approvals WHERE decision_id = ${decisionId}`)
}

/**
 * Records one happening for each row that a SELECT finds when it runs. The actor is the context's.
 *
 * @param found gives tenant_id, type, subject_id, from_status, to_status and data (JSON)
 * @param atMost how many rows it finds at the most
 */
export function recordFound(ctx: Ctx, found: SQL, atMost = 1): Statement {
  return ctx.db.all(sql`
    INSERT INTO events (id, tenant_id, type, subject_id, actor_id, at, from_status, to_status, data)
    SELECT ids.value, f.tenant_id, f.type, f.subject_id, ${ctx.actor.userId}, ${ctx.now}, f.from_status, f.to_status, f.data
    FROM (SELECT *, row_number() OVER () - 1 AS n FROM (${found})) AS f
      JOIN ${jsonEach(newIds('evt', atMost))} AS ids ON ids.key = f.n`)
}

/**
 * As `recordFound`, for subjects that have numbers already: reads each of them once, and sorts nothing.
 *
 * @param subjects a FROM clause, joined to `ids`: `ids.key` counts 0 … `atMost - 1`; `subject` is its column with the id
 */
export function recordNumbered(
  ctx: Ctx,
  happening: { tenantId: SQL; actorId: SQL; type: string; from: Status; to: Status; data: SQL },
  subjects: { from: SQL; subject: SQL; atMost: number },
): Statement {
  return ctx.db.all(sql`
    INSERT INTO events (id, tenant_id, type, subject_id, actor_id, at, from_status, to_status, data)
    SELECT ids.value, ${happening.tenantId}, ${happening.type}, ${subjects.subject}, ${happening.actorId}, ${ctx.now},
      ${happening.from}, ${happening.to}, ${happening.data}
    FROM ${jsonEach(newIds('evt', subjects.atMost))} AS ids CROSS JOIN ${subjects.from}`)
}

/** Whether one of these types of events is in a subject's history. */
export function isRecorded(subjectId: Reference, types: readonly string[]): Condition {
  const any = sql.join(
    types.map((type) => sql`${type}`),
    sql`, `,
  )
  return sql`EXISTS (SELECT 1 FROM events e WHERE e.subject_id = ${subjectId} AND e.type IN (${any}))`
}

/** The status in which the last event of a subject has left it. */
export function latestStatus(subjectId: string): SQL {
  return sql`(SELECT to_status FROM events WHERE subject_id = ${subjectId} ORDER BY seq DESC LIMIT 1)`
}
