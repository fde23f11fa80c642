import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/**
 * Where a tenant wants its events sent. `event_types` is a JSON array. `secret` and those in `old_secrets` (`[{secret,
 * until}]`) are encrypted. With `include_restricted` it is told everything about restricted approvals too. `taken_seq`
 * is the last event that was looked at for it; `until_seq` the last one before it was disabled. `version` moves with
 * every change that a sender has to know of.
 */
export const webhookEndpoints = sqliteTable('webhook_endpoints', {
  id: text().primaryKey(),
  tenant_id: text().notNull(),
  url: text().notNull(),
  event_types: text().notNull(),
  description: text(),
  include_restricted: integer().notNull().default(0),
  enabled: integer().notNull(),
  disabled_reason: text({ enum: ['by_admin', 'gone', 'deleted'] }),
  secret: text().notNull(),
  taken_seq: integer().notNull(),
  until_seq: integer(),
  paused_until: integer(),
  version: integer().notNull().default(1),
  old_secrets: text().notNull().default('[]'),
  created_at: integer().notNull(),
  updated_at: integer().notNull(),
  deleted_at: integer(),
})

/**
 * One event on its way to one endpoint. `next_attempt_at` is 0 until the first attempt, null once it has
 * ended. `tries` counts since it was made, or replayed. `attempts` is a JSON array, the log.
 */
export const webhookDeliveries = sqliteTable('webhook_deliveries', {
  id: text().primaryKey(),
  tenant_id: text().notNull(),
  endpoint_id: text().notNull(),
  event_seq: integer().notNull(),
  event_type: text().notNull(),
  status: text({ enum: ['pending', 'succeeded', 'failed'] }).notNull(),
  tries: integer().notNull().default(0),
  attempt_count: integer().notNull().default(0),
  next_attempt_at: integer(),
  attempts: text().notNull().default('[]'),
  created_at: integer().notNull(),
  finished_at: integer(),
})

/**
 * A certain endpoint that an event is also for, whatever types it asks for. `members` is JSON: what the delivery
 * carries beside the event.
 */
export const webhookAddressees = sqliteTable(
  'webhook_addressees',
  {
    tenant_id: text().notNull(),
    resource_id: text().notNull(),
    event_type: text().notNull(),
    endpoint_id: text().notNull(),
    members: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenant_id, table.resource_id, table.event_type, table.endpoint_id] })],
)
