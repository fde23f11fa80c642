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

/**
 * The people and services of a tenant; `name` is what others see. `roles` and `groups` are JSON arrays. One that is
 * deleted stays as a name for what it did. `write_id` is the write that last touched the row. `issuer` and `subject`
 * are who they are to an identity provider, `claimed_at` is when the token was issued whose claims the row shows.
 */
export const people = sqliteTable(
  'people',
  {
    tenant_id: text().notNull(),
    id: text().notNull(),
    name: text().notNull(),
    email: text(),
    kind: text({ enum: ['human', 'service'] })
      .notNull()
      .default('human'),
    roles: text().notNull(),
    groups: text().notNull().default('[]'),
    disabled: integer().notNull().default(0),
    version: integer().notNull().default(1),
    write_id: text().notNull().default(''),
    created_at: integer().notNull(),
    updated_at: integer().notNull(),
    deleted_at: integer(),
    issuer: text(),
    subject: text(),
    claimed_at: integer(),
  },
  (table) => [primaryKey({ columns: [table.tenant_id, table.id] })],
)

/**
 * Groups of people. `member_ids` is a JSON array; each member has the group in its `groups`. `filled_by_oidc`: whether
 * tokens say who is in it.
 */
export const groups = sqliteTable(
  'groups',
  {
    tenant_id: text().notNull(),
    id: text().notNull(),
    name: text().notNull(),
    member_ids: text().notNull().default('[]'),
    version: integer().notNull().default(1),
    write_id: text().notNull().default(''),
    created_at: integer().notNull(),
    updated_at: integer().notNull(),
    deleted_at: integer(),
    filled_by_oidc: integer().notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.tenant_id, table.id] })],
)

/**
 * API keys. Only the SHA-256 of a key is kept. Its roles (a JSON array) count as long as its person has them too.
 * `last_used_on` is a date (UTC).
 */
export const apiKeys = sqliteTable('api_keys', {
  hash: text().primaryKey(),
  id: text().notNull(),
  tenant_id: text().notNull(),
  person_id: text().notNull(),
  name: text().notNull(),
  roles: text().notNull(),
  instance_id: text(),
  created_at: integer().notNull(),
  created_by: text().notNull(),
  expires_at: integer(),
  revoked_at: integer(),
  last_used_on: text(),
})
