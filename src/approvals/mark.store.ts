import { sql, type SQL } from '../db/sql.ts'
import { jsonEach } from '../db/json.ts'
import type { Condition, Reference } from '../db/open-db.ts'

/**
 * What a decision leaves on the rows that it has decided, for the further statements of its transaction: each of them
 * is conditional on it, and does nothing where the decision was not allowed.
 */
export interface Mark {
  decisionId: string
  /** Whether an approval's id is one of those that the mark is looked for on. */
  among: (id: SQL) => Condition
}

/** The mark of a decision on one approval. */
export function markOn(id: Reference, decisionId: string): Mark {
  return { decisionId, among: (one) => sql`${one} = ${id}` }
}

/** The mark of a decision on many approvals. */
export function markOnAll(ids: readonly string[], decisionId: string): Mark {
  return { decisionId, among: (one) => sql`${one} IN (SELECT value FROM ${jsonEach(ids)})` }
}

/** Whether a row of `approvals` bears the mark. */
export function marked({ decisionId, among }: Mark, approvals = sql`approvals`): Condition {
  return sql`${among(sql`${approvals}.id`)} AND ${approvals}.decision_id = ${decisionId}`
}
