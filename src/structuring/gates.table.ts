import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** What is asked of a result's data. `config` is the JSON text as it was sent; its members depend on the type. */
export const checks = sqliteTable('checks', {
  id: text().primaryKey(),
  tenant_id: text().notNull(),
  name: text().notNull(),
  description: text(),
  type: text({
    enum: ['value_range', 'field_format', 'required_field', 'allowed_values', 'cross_field', 'json_schema', 'reported'],
  }).notNull(),
  severity: text({ enum: ['warning', 'error'] }).notNull(),
  config: text().notNull(),
  is_active: integer().notNull(),
  sort_order: integer().notNull(),
  created_at: integer().notNull(),
  updated_at: integer().notNull(),
  deleted_at: integer(),
})

/** Which checks a result has to pass, and what a decision sets off. The list and the two actions are JSON. */
export const gates = sqliteTable('gates', {
  id: text().primaryKey(),
  tenant_id: text().notNull(),
  name: text().notNull(),
  description: text(),
  check_ids: text().notNull(),
  on_approve: text().notNull(),
  on_reject: text().notNull(),
  auto_approve_after_hours: integer(),
  queue_warnings: integer().notNull(),
  is_active: integer().notNull(),
  created_at: integer().notNull(),
  updated_at: integer().notNull(),
  deleted_at: integer(),
})

/** What a gate demands of a result as a whole. `config` is JSON with a `threshold` of 0 to 1. */
export const gateRules = sqliteTable('gate_rules', {
  id: text().primaryKey(),
  tenant_id: text().notNull(),
  gate_id: text().notNull(),
  type: text({ enum: ['min_confidence', 'validation_pass_rate', 'field_coverage'] }).notNull(),
  config: text().notNull(),
  created_at: integer().notNull(),
  updated_at: integer().notNull(),
})

/** Triggers move it whenever a check, a gate or a rule of the tenant changes. */
export const gateRevisions = sqliteTable('gate_revisions', {
  tenant_id: text().primaryKey(),
  revision: integer().notNull(),
})
