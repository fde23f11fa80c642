import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/**
 * Sessions of people who are signed in at the desk. Only the SHA-256 of a session's secret is kept, and what it was
 * opened with: the hash of an API key, or none where it was a token. `roles` is what that said, as JSON; null where
 * roles are not for tokens to say.
 */
export const sessions = sqliteTable('sessions', {
  hash: text().primaryKey(),
  tenant_id: text().notNull(),
  person_id: text().notNull(),
  key_hash: text(),
  roles: text(),
  created_at: integer().notNull(),
  expires_at: integer().notNull(),
  ended_at: integer(),
})
