import { integer, real, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** What a claim asks for; written once. Its state is in `approvals`. */
export const claims = sqliteTable('claims', {
  approval_id: text().primaryKey(),
  tenant_id: text().notNull(),
  description: text().notNull(),
  amount: integer().notNull(),
  currency: text().notNull(),
  expense_type: text(),
  incurred_on: text(),
  distance_km: real(),
  receipt_url: text(),
  external_ref: text(),
})
