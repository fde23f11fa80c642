import { sql } from 'drizzle-orm'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/**
 * A call that an agent wants to make. `serialized_intent` is the JSON text as it was sent. The last five columns are
 * written when it is resolved: in what role the person answered, and whose key reported it. Its state is in
 * `approvals`.
 */
export const intents = sqliteTable('intents', {
  approval_id: text().primaryKey(),
  tenant_id: text().notNull(),
  instance_id: text().notNull(),
  approval_ref: text().notNull(),
  customer_id: text().notNull(),
  action: text().notNull(),
  skill_slug: text().notNull(),
  serialized_intent: text().notNull(),
  approver_role: text({ enum: ['owner', 'customer'] }).notNull(),
  approver_person_id: text(),
  rule_id: text(),
  notify_channel: text(),
  resolver_role: text({ enum: ['owner', 'customer'] }),
  resolver_person_id: text(),
  resolution_channel: text(),
  pin_verified: integer(),
  reported_by: text(),
})

/**
 * Approved calls that wait to be replayed. `lease_until` is 0 while nobody holds the entry; `overdue_at` is when its
 * time, or its last attempt, is over.
 */
export const outbox = sqliteTable('outbox', {
  id: text().primaryKey(),
  tenant_id: text().notNull(),
  instance_id: text().notNull(),
  approval_id: text().notNull(),
  status: text({ enum: ['open', 'succeeded', 'failed', 'lapsed'] }).notNull(),
  approved_at: integer().notNull(),
  execute_by: integer().notNull(),
  attempt: integer().notNull().default(0),
  lease_token: text(),
  lease_until: integer().notNull().default(0),
  result: text(),
  error: text(),
  finished_at: integer(),
  overdue_at: integer()
    .notNull()
    .generatedAlwaysAs(sql`iif(attempt >= 5, min(execute_by, lease_until), execute_by)`, { mode: 'virtual' }),
})
