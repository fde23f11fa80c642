import { sql, type SQL } from 'drizzle-orm'

/** Where a page begins in a list that is ordered newest first. */
export interface Position {
  created_at: number
  id: string
}

/** Which part of a list is asked for: from a position (keyset, any depth at the same cost) or after `offset` rows. */
export interface PageRequest {
  limit: number
  offset: number
  after: Position | null
}

/** One page, how many the list has in all, and where the next page begins (null on the last one). */
export interface Page<T> {
  rows: T[]
  total: number
  next: Position | null
}

/** Conditions for rows behind the position; `table` has `created_at` and `id`. */
export function behind(after: Position | null, table: SQL): SQL {
  return after ? sql`(${table}.created_at, ${table}.id) < (${after.created_at}, ${after.id})` : sql`1`
}

/** ORDER BY and LIMIT; one row more than asked for, which `pageOf` takes as the sign that there is a next page. */
export function newestFirst(page: PageRequest, table: SQL): SQL {
  return sql`ORDER BY ${table}.created_at DESC, ${table}.id DESC LIMIT ${page.limit + 1} OFFSET ${page.after ? 0 : page.offset}`
}

/** Cuts the extra row off and says where the next page begins. */
export function pageOf<T>(found: T[], page: PageRequest, total: number, position: (row: T) => Position): Page<T> {
  const rows = found.slice(0, page.limit)
  const last = rows.at(-1)
  return { rows, total, next: found.length > page.limit && last ? position(last) : null }
}
