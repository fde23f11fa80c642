import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/**
 * How far a tenant's history is sealed: its first `size` events are the leaves of the tree whose hash is `root`
 * (base64), which `checkpoint` says signed. `step_id` is the step that has sealed last.
 */
export const seals = sqliteTable('seals', {
  tenant_id: text().primaryKey(),
  size: integer().notNull().default(0),
  root: text().notNull(),
  checkpoint: text(),
  step_id: text(),
  sealed_at: integer().notNull(),
})

/** The tree in tiles of up to 256 hashes (base64, one after the other). Only the last of a level ever grows. */
export const sealTiles = sqliteTable(
  'seal_tiles',
  {
    tenant_id: text().notNull(),
    level: integer().notNull(),
    place: integer().notNull(),
    hashes: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenant_id, table.level, table.place] })],
)

/** Where a sealed event is, by its id. */
export const sealedEvents = sqliteTable(
  'sealed_events',
  {
    tenant_id: text().notNull(),
    event_id: text().notNull(),
    seq: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenant_id, table.event_id] })],
)

/** Tenants that are being deleted: their history may go. */
export const endingTenants = sqliteTable('ending_tenants', {
  tenant_id: text().primaryKey(),
  since: integer().notNull(),
})
