import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/**
 * What somebody wants a yes for, of whatever standard kind, and its redemption: `ended` says how that ended, `outcome`
 * what was then reported. `details`, `subject` and `result` are JSON text. Its title, type and state
 * are in `approvals`. `ref_scope` says among whose references its own is unique.
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

/** Of the requests that are approved and not taken up yet: until when that may be done, in milliseconds. */
export const openRedemptions = sqliteTable(
  'open_redemptions',
  { redeem_by: integer().notNull(), approval_id: text().notNull() },
  (row) => [primaryKey({ columns: [row.redeem_by, row.approval_id] })],
)
