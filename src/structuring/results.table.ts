import { integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** A result that a gate has judged. `data` is the JSON text as it was sent. Its state is in `approvals`. */
export const results = sqliteTable('results', {
  approval_id: text().primaryKey(),
  tenant_id: text().notNull(),
  gate_id: text().notNull(),
  data: text().notNull(),
  confidence: real(),
  external_ref: text(),
  queued_items: integer().notNull(),
  created_at: integer().notNull(),
})

/**
 * The outcome of each check and rule for a result, under the name and severity that it had then. `queued` ones wait for
 * the decision, which sets `cleared_at`. `details` is JSON.
 */
export const checkResults = sqliteTable(
  'check_results',
  {
    id: text().notNull(),
    tenant_id: text().notNull(),
    result_id: text().notNull(),
    gate_id: text().notNull(),
    check_id: text().notNull(),
    check_name: text().notNull(),
    type: text().notNull(),
    severity: text({ enum: ['warning', 'error'] }).notNull(),
    passed: integer().notNull(),
    queued: integer().notNull(),
    details: text(),
    position: integer().notNull(),
    created_at: integer().notNull(),
    cleared_at: integer(),
  },
  (table) => [primaryKey({ columns: [table.result_id, table.tenant_id, table.position] })],
)
