import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** At which revision a tenant's policies are; without a row it never had one. */
export const policyBooks = sqliteTable('policy_books', {
  tenant_id: text().primaryKey(),
  revision: integer().notNull(),
})

/**
 * A policy as it is now: its place in the order, and the version that holds for what is asked from now on.
 * `infeasible` names the stage that the people there are cannot fulfil, as of when that was looked at last.
 */
export const policies = sqliteTable(
  'policies',
  {
    tenant_id: text().notNull(),
    id: text().notNull(),
    name: text().notNull(),
    priority: integer().notNull(),
    version_id: text().notNull(),
    infeasible: text(),
    version: integer().notNull().default(1),
    write_id: text().notNull().default(''),
    created_at: integer().notNull(),
    updated_at: integer().notNull(),
    deleted_at: integer(),
  },
  (table) => [primaryKey({ columns: [table.tenant_id, table.id] })],
)

/**
 * What it takes to decide, as it was at one time; `body` is a `PolicyBody` as JSON. The members after it are what
 * statements look at: `capacities` are the `Capacity`s that may vote, an array of them for each stage; where one
 * requirement is all that there is, `sole_roles` or `sole_group` is who fulfils it, else both are null.
 */
export const policyVersions = sqliteTable('policy_versions', {
  id: text().primaryKey(),
  tenant_id: text().notNull(),
  policy_id: text().notNull(),
  version: integer().notNull(),
  body: text().notNull(),
  created_at: integer().notNull(),
  created_by: text().notNull(),
  name: text().notNull().default(''),
  capacities: text().notNull().default('[]'),
  sole_roles: text(),
  sole_group: text(),
  allow_self_approval: integer().notNull().default(0),
})

/**
 * Who may vote now on what is pending under a policy, beyond the first of whom its open stage names: that one is in an
 * index of `approvals`. Kept by triggers; `audience` is a view of both.
 */
export const furtherAudience = sqliteTable(
  'further_audience',
  {
    tenant_id: text().notNull(),
    capacity: text().notNull(),
    due_or_never: integer().notNull(),
    approval_id: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenant_id, table.capacity, table.due_or_never, table.approval_id] })],
)

/** Tenants whose people have changed since it was last looked whether they can fulfil the policies. */
export const uncheckedPolicies = sqliteTable('unchecked_policies', {
  tenant_id: text().primaryKey(),
  changed_at: integer().notNull(),
})
