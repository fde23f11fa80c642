import { sql, type SQL } from './sql.ts'

/**
 * A list as one bound value. D1 takes 100 bound values a query; `json_each(?)` takes tens of thousands of elements.
 * Use as a table with the columns `key` (0, 1, …) and `value`.
 */
export function jsonEach(values: readonly unknown[]): SQL {
  return sql`json_each(${JSON.stringify(values)})`
}

/** Whether an SQL text is one of these entity tags, which have no quotes in them. A list would be rows to read. */
export function isOneOfTags(text: SQL, tags: readonly string[]): SQL {
  return sql`instr(${JSON.stringify(tags)}, json_quote(${text}))`
}
