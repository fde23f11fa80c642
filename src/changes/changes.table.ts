import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** What is stored now. `data` is any JSON; `version` is that of the last entry in `entity_versions`. */
export const entities = sqliteTable(
  'entities',
  {
    tenant_id: text().notNull(),
    entity_type: text().notNull(),
    entity_id: text().notNull(),
    entity_name: text().notNull(),
    data: text().notNull(),
    version: integer().notNull(),
    updated_at: integer().notNull(),
    updated_by: text().notNull(),
    approval_id: text(),
  },
  (table) => [primaryKey({ columns: [table.tenant_id, table.entity_type, table.entity_id] })],
)

/** Every version, without a gap; `data` is null for a deletion. `write_id` is the write that made it. */
export const entityVersions = sqliteTable(
  'entity_versions',
  {
    tenant_id: text().notNull(),
    entity_type: text().notNull(),
    entity_id: text().notNull(),
    version: integer().notNull(),
    action: text({ enum: ['create', 'update', 'delete', 'set'] }).notNull(),
    entity_name: text().notNull(),
    data: text(),
    requested_by: text().notNull(),
    approved_by: text().notNull(),
    approval_id: text(),
    write_id: text().notNull(),
    created_at: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenant_id, table.entity_type, table.entity_id, table.version] })],
)

/**
 * What a request asks for; written once. `base_version` is the entity's last version when the request was made, 0 for
 * none.
 */
export const changes = sqliteTable('changes', {
  approval_id: text().primaryKey(),
  tenant_id: text().notNull(),
  entity_type: text().notNull(),
  entity_id: text().notNull(),
  entity_name: text().notNull(),
  action: text({ enum: ['create', 'update', 'delete'] }).notNull(),
  payload: text(),
  requester_name: text().notNull(),
  base_version: integer().notNull(),
  applies: integer().notNull(),
})
