/** Every table of the database, in one place. */
export * from '../access/access.table.ts'
export * from '../approvals/approvals.table.ts'
export * from '../changes/changes.table.ts'
export * from '../claims/batches.table.ts'
export * from '../claims/claims.table.ts'
export * from '../idempotency/idempotency.table.ts'
export * from '../intents/intents.table.ts'
