import { sql } from 'drizzle-orm'
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** What an approval may be: each family has its own. */
export const kinds = sqliteTable('kinds', { kind: text().primaryKey() })

/**
 * Every approval's life, whatever its family. Its `id` is also the id of what is being approved, so a family's table
 * joins 1:1 by it. `type` is the tenant's own word for what is asked, where the family has such. Without a policy
 * version it takes what its kind does. `due_or_never` is the largest exact
 * integer where nothing is due. `revision` counts the questions asked, `digest` is that of the present one;
 * `version` counts every change of the row. `decision_id` names the decision that last touched the row: the mark that
 * the other statements of the same transaction look for; `event_seq` is where in the history the last vote, or the
 * withdrawal, is told; `bulk_id` the bulk decision that has approved it together with others. `submitted_by` is who
 * sent what somebody else is the requester of; null where the requester did. `instance_id` is the agent instance that
 * it was asked through, if any. `restricted` ones (1) are seen by who asked, who may decide, and admins. Under a
 * policy, `stage` is the one that is open, from 0, and `open_to` who may vote in it: a JSON array of `Capacity`s. Where
 * `channel_confirms` is 1 the person who is asked through the family's channel has the last word when all stages are
 * closed. `approved_digest` is that of what was approved where it is not what was asked. Amended, it keeps the clock
 * that would end it otherwise than by a yes (`kept_due_at`, `kept_on_due`) although one that approves comes before it.
 */
export const approvals = sqliteTable('approvals', {
  id: text().primaryKey(),
  tenant_id: text().notNull(),
  kind: text().notNull(),
  status: text({ enum: ['pending', 'approved', 'rejected', 'withdrawn', 'expired'] }).notNull(),
  type: text(),
  title: text().notNull(),
  requester_id: text().notNull(),
  subject_type: text(),
  subject_id: text(),
  created_at: integer().notNull(),
  updated_at: integer().notNull(),
  due_at: integer(),
  due_or_never: integer()
    .generatedAlwaysAs(sql`coalesce(due_at, 9007199254740991)`, { mode: 'virtual' })
    .notNull(),
  on_due: text({ enum: ['expire', 'approve', 'reject'] }),
  policy_version_id: text(),
  votes_needed: integer().notNull(),
  votes_for: integer().notNull().default(0),
  revision: integer().notNull().default(1),
  version: integer().notNull().default(1),
  digest: text().notNull(),
  decision_id: text(),
  event_seq: integer(),
  bulk_id: text(),
  decided_by: text(),
  decided_at: integer(),
  comment: text(),
  submitted_by: text(),
  instance_id: text(),
  restricted: integer().notNull().default(0),
  stage: integer().notNull().default(0),
  open_to: text(),
  channel_confirms: integer().notNull().default(0),
  approved_digest: text(),
  kept_due_at: integer(),
  kept_on_due: text({ enum: ['expire', 'reject'] }),
})

/** What an approval asked before it was amended, kept by a trigger; `digest` is that of the question. */
export const supersededQuestions = sqliteTable(
  'superseded_questions',
  {
    approval_id: text().notNull(),
    digest: text().notNull(),
    title: text().notNull(),
    subject_type: text(),
    subject_id: text(),
  },
  (table) => [primaryKey({ columns: [table.approval_id, table.digest] })],
)

/**
 * One person has one standing vote on a question: the primary key says so. `voided_at` is 0 while it stands; a voided
 * one stays, and does not count. `stage` and `requirement` are those of the policy that it was recorded for, from 0.
 * `counted_with` is a JSON object of the `groups` and `roles` that the voter had. `reported_by` is whose key cast it,
 * where it was not the voter's; `on_behalf_of` whom the voter stood in for.
 */
export const votes = sqliteTable(
  'votes',
  {
    approval_id: text().notNull(),
    revision: integer().notNull(),
    voter_id: text().notNull(),
    voided_at: integer().notNull().default(0),
    vote: text({ enum: ['approve', 'reject'] }).notNull(),
    decision_id: text().notNull(),
    stage: integer().notNull().default(0),
    requirement: integer().notNull().default(0),
    counted_with: text().notNull(),
    comment: text(),
    voted_at: integer().notNull(),
    reported_by: text(),
    on_behalf_of: text(),
  },
  (table) => [primaryKey({ columns: [table.approval_id, table.revision, table.voter_id, table.voided_at] })],
)

/**
 * Append-only history; the database refuses updates and deletes. `seq` is the order of commit, counted in each tenant
 * from 1 without a gap. `resource_id` is what it happened to; `digest` that of an approval, as it was then. `salt`
 * keeps `data` from being guessed from its seal.
 */
export const events = sqliteTable(
  'events',
  {
    tenant_id: text().notNull(),
    seq: integer().notNull(),
    id: text().notNull(),
    type: text().notNull(),
    resource_id: text().notNull(),
    actor_id: text().notNull(),
    at: integer().notNull(),
    from_status: text(),
    to_status: text().notNull(),
    digest: text(),
    data: text().notNull().default('{}'),
    salt: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenant_id, table.seq] })],
)

/**
 * How many approvals each list has, kept by triggers. `facet` is '', 'requester:<id>' or 'subject:<id>'; of those that
 * are restricted 'restricted', 'restricted:requester:<id>' or 'restricted:sender:<id>', and of those that are governed,
 * too, 'version:<policy version>', 'version-requester:<policy version>:<id>' or 'version-sender:<policy version>:<id>'.
 */
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

/** Tenants that have events which are not sealed, and since when, in milliseconds. */
export const unsealedTenants = sqliteTable('unsealed_tenants', {
  tenant_id: text().primaryKey(),
  since: integer().notNull(),
})

/**
 * Events whose data was erased: the salted hash of it (base64), which the leaf has, and what of the data stays (JSON).
 */
export const erasedEvents = sqliteTable(
  'erased_events',
  {
    tenant_id: text().notNull(),
    seq: integer().notNull(),
    data_hash: text().notNull(),
    kept: text().notNull(),
    erased_at: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenant_id, table.seq] })],
)
