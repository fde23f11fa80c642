import { sql } from 'drizzle-orm'
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/**
 * A bulk approval. `roles` are those of `created_by` at the time. `started_by` is null where the clock started it;
 * `hands` is a JSON array of who else has a hand in it: who has amended it, and who has made a key that it was
 * submitted, started or amended with. `write_id` marks the row with the last write's own id, for the further
 * statements of the same transaction. `poke_at` is when somebody should look if nobody has: `process_at` while pending,
 * two minutes after the last step while processing, never once ended. `events_before` is where the tenant's history was
 * when the last step began. `coordinator_roles` are those that the coordinator had when the batch was submitted (a JSON
 * array); null where they were nobody.
 */
export const batches = sqliteTable('batches', {
  id: text().primaryKey(),
  tenant_id: text().notNull(),
  coordinator_id: text().notNull(),
  created_by: text().notNull(),
  roles: text().notNull(),
  status: text({ enum: ['pending', 'processing', 'completed', 'cancelled'] }).notNull(),
  comment: text(),
  process_at: integer(),
  total_claims: integer().notNull(),
  approved_count: integer().notNull().default(0),
  rejected_count: integer().notNull().default(0),
  version: integer().notNull().default(1),
  write_id: text().notNull(),
  created_at: integer().notNull(),
  updated_at: integer().notNull(),
  completed_at: integer(),
  cancelled_at: integer(),
  poke_at: integer(),
  processed_count: integer()
    .notNull()
    .generatedAlwaysAs(sql`approved_count + rejected_count`, { mode: 'virtual' }),
  started_by: text(),
  hands: text().notNull().default('[]'),
  events_before: integer(),
  coordinator_roles: text(),
})

/** A batch's claims in the order submitted, some a row: `claim_ids` is a JSON array, `position` that of its first. */
export const batchItems = sqliteTable(
  'batch_items',
  {
    batch_id: text().notNull(),
    position: integer().notNull(),
    claim_ids: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.batch_id, table.position] })],
)

/**
 * What became of `size` claims of a batch from `position` on, a row for each step, written once. `errors` is a JSON
 * array: why each was rejected, null where it was approved; it is empty where all of them were.
 */
export const batchResults = sqliteTable(
  'batch_results',
  {
    batch_id: text().notNull(),
    position: integer().notNull(),
    size: integer().notNull(),
    errors: text().notNull(),
    processed_at: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.batch_id, table.position] })],
)

/** How many batches each list has, kept by triggers. `facet` is '' (all) or 'coordinator:<id>'. */
export const batchTallies = sqliteTable(
  'batch_tallies',
  {
    tenant_id: text().notNull(),
    facet: text().notNull(),
    pending: integer().notNull().default(0),
    processing: integer().notNull().default(0),
    completed: integer().notNull().default(0),
    cancelled: integer().notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.tenant_id, table.facet] })],
)

/** Who follows a batch live. A row that outlives its stream counts until `ends_at`. */
export const batchFollowers = sqliteTable('batch_followers', {
  id: text().primaryKey(),
  batch_id: text().notNull(),
  key_id: text().notNull(),
  ends_at: integer().notNull(),
})
