import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** The first answer given under each `Idempotency-Key`, for a day. */
export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    /** The day of `expires_at`, counted from the epoch. */
    expires_on: integer().notNull(),
    tenant_id: text().notNull(),
    /** Whose key it is; '' for one of the tenant. */
    user_id: text().notNull().default(''),
    path: text().notNull(),
    key: text().notNull(),
    fingerprint: text().notNull(),
    answer: text().notNull(),
    expires_at: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.expires_on, table.tenant_id, table.user_id, table.path, table.key] })],
)
