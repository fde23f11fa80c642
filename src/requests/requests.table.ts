import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/**
 * What somebody wants a yes for, and its redemption: `redeem_by` is null until it is approved, `ended` says how the
 * redemption ended, `outcome` what was then reported. `details`, `subject` and `result` are JSON text. Its state is in
 * `approvals`, its `type` there the type of the subject. `ref_scope` says among whose references its own is unique.
 */
export const requests = sqliteTable('requests', {
  approval_id: text().primaryKey(),
  tenant_id: text().notNull(),
  summary: text(),
  details: text(),
  subject: text(),
  external_ref: text(),
  ref_scope: text().notNull(),
  state: text(),
  redeem_within: integer().notNull(),
  redeem_by: integer(),
  ended: text({ enum: ['redeemed', 'revoked', 'lapsed'] }),
  ended_at: integer(),
  ended_by: text(),
  end_comment: text(),
  outcome: text({ enum: ['succeeded', 'failed'] }),
  result: text(),
  error: text(),
  reported_at: integer(),
  write_id: text(),
  expires_at: integer(),
  approved_details: text(),
})
