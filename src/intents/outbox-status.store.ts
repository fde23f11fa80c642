import { sql, type SQL } from '../db/sql.ts'

/** Where an entry stands, as callers are told: a `pending` one may still be handed out, or is leased. */
export type OutboxStatus = 'pending' | 'succeeded' | 'failed' | 'lapsed'

/** The status of the `outbox` row `o` as of `now`, whether or not a sweep has been by; null where there is none. */
export function entryStatus(now: number): SQL {
  return sql`CASE WHEN o.status <> 'open' THEN o.status WHEN o.lease_until > ${now} THEN 'pending'
    WHEN o.execute_by <= ${now} THEN 'lapsed' WHEN o.overdue_at <= ${now} THEN 'failed' WHEN o.status = 'open' THEN 'pending' END`
}

/**
 * What the entity tag of an intent has of its `outbox` row `o`, as of `now`; null where there is none. An entry is
 * reported on at most once an attempt, and ended at most once: so its error is another only where one of these is.
 */
export function entryTag(now: number): SQL {
  return sql`('-' || o.attempt || iif(o.lease_until > 0, '-', '-free-') || ${entryStatus(now)} || ifnull('-' || o.finished_at, ''))`
}

/** For the row `a` of `approvals`: that it has lapsed, if its call was not replayed in time. */
export const lapsedEntry = (now: number) => sql`
  SELECT json_object('became', 'lapsed', 'at', o.execute_by, 'reason', o.error) FROM outbox o
  WHERE o.approval_id = a.id AND ${entryStatus(now)} = 'lapsed'`
