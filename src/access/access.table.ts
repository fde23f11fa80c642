import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** A customer of this deployment. Nothing crosses from one tenant to another. */
export const tenants = sqliteTable('tenants', {
  id: text().primaryKey(),
  name: text().notNull(),
  created_at: integer().notNull(),
  /** An IANA name: for days in figures. Times on the wire are UTC. */
  time_zone: text().notNull().default('UTC'),
  /** Where its data has to stay, if anywhere. */
  jurisdiction: text(),
})

/** The people and services of a tenant; `name` is what others see. */
export const users = sqliteTable(
  'users',
  {
    tenant_id: text().notNull(),
    id: text().notNull(),
    name: text().notNull(),
    created_at: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenant_id, table.id] })],
)

/** API keys. Only the SHA-256 of a key is kept. */
export const apiKeys = sqliteTable('api_keys', {
  hash: text().primaryKey(),
  id: text().notNull(),
  tenant_id: text().notNull(),
  user_id: text().notNull(),
  roles: text().notNull(),
  instance_id: text(),
  created_at: integer().notNull(),
  expires_at: integer(),
  revoked_at: integer(),
})
