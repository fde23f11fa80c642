import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** What an approval may be: each family has its own. */
export const kinds = sqliteTable('kinds', { kind: text().primaryKey() })

/**
 * Every approval's life, whatever its family. Its `id` is also the id of what is being approved, so a family's table
 * joins 1:1 by it. `decision_id` names the decision that last touched the row: the mark that the other statements of
 * the same transaction look for. `submitted_by` is who sent what somebody else is the requester of; null where the
 * requester did.
 */
export const approvals = sqliteTable('approvals', {
  id: text().primaryKey(),
  tenant_id: text().notNull(),
  kind: text().notNull(),
  status: text({ enum: ['pending', 'approved', 'rejected', 'withdrawn', 'expired'] }).notNull(),
  title: text().notNull(),
  requester_id: text().notNull(),
  subject_type: text(),
  subject_id: text(),
  created_at: integer().notNull(),
  updated_at: integer().notNull(),
  due_at: integer(),
  on_due: text({ enum: ['expire', 'approve', 'reject'] }),
  policy: text().notNull(),
  votes_needed: integer().notNull(),
  votes_for: integer().notNull().default(0),
  revision: integer().notNull().default(1),
  decision_id: text(),
  decided_by: text(),
  decided_at: integer(),
  comment: text(),
  submitted_by: text(),
})

/** One person, one vote: the primary key says so. `reported_by` is whose key cast it, where it was not the voter's. */
export const votes = sqliteTable(
  'votes',
  {
    approval_id: text().notNull(),
    voter_id: text().notNull(),
    vote: text({ enum: ['approve', 'reject'] }).notNull(),
    decision_id: text().notNull(),
    comment: text(),
    voted_at: integer().notNull(),
    reported_by: text(),
  },
  (table) => [primaryKey({ columns: [table.approval_id, table.voter_id] })],
)

/** Append-only history; the database refuses updates and deletes. `seq` is the order of commit. */
export const events = sqliteTable('events', {
  seq: integer().primaryKey(),
  id: text().notNull(),
  tenant_id: text().notNull(),
  type: text().notNull(),
  subject_id: text().notNull(),
  actor_id: text().notNull(),
  at: integer().notNull(),
  from_status: text(),
  to_status: text().notNull(),
  data: text().notNull().default('{}'),
})

/** How many approvals each list has, kept by triggers. `facet` is '', 'requester:<id>' or 'subject:<id>'. */
export const tallies = sqliteTable(
  'tallies',
  {
    tenant_id: text().notNull(),
    kind: text().notNull(),
    facet: text().notNull(),
    pending: integer().notNull().default(0),
    approved: integer().notNull().default(0),
    rejected: integer().notNull().default(0),
    withdrawn: integer().notNull().default(0),
    expired: integer().notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.tenant_id, table.kind, table.facet] })],
)
