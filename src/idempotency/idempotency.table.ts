import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** The first answer given under each `Idempotency-Key`, for a day. */
export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    tenant_id: text().notNull(),
    /** Whose key it is; '' where it is the tenant's. */
    user_id: text().notNull().default(''),
    path: text().notNull(),
    key: text().notNull(),
    fingerprint: text().notNull(),
    answer: text().notNull(),
    expires_at: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenant_id, table.user_id, table.path, table.key] })],
)
