import { sql, type SQL } from 'drizzle-orm'

/** Where an entry stands, as callers are told: `pending` may be handed out still, or is leased. */
export type OutboxStatus = 'pending' | 'succeeded' | 'failed' | 'lapsed'

/** The status of the `outbox` row `o` as of `now`, whether or not a sweep has been by; null where there is none. */
export function entryStatus(now: number): SQL {
  return sql`CASE WHEN o.status <> 'open' THEN o.status WHEN o.lease_until > ${now} THEN 'pending'
    WHEN o.execute_by <= ${now} THEN 'lapsed' WHEN o.overdue_at <= ${now} THEN 'failed' WHEN o.status = 'open' THEN 'pending' END`
}
