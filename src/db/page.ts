import { chunksOf } from '../chunks.ts'
import { sql, type SQL } from './sql.ts'

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
  /** Only what was created at this time or later, in milliseconds. */
  from?: number | undefined
  /** Only what was created earlier than this time, in milliseconds. */
  before?: number | undefined
}

/**
 * One page, how many the list has in all (null where that would have to be counted), and where the next page begins.
 */
export interface Page<T> {
  rows: T[]
  total: number | null
  next: Position | null
}

/**
 * The conditions for rows behind the page's position and within its time range; `table` has `created_at`, and `id`
 * under that or another name. One bound on each side, because an index range has only one.
 */
export function behind({ after, from, before }: PageRequest, table: SQL, id = sql`${table}.id`): SQL {
  const isDeeper = after !== null && (before === undefined || after.created_at < before)
  const upper = isDeeper
    ? sql`(${table}.created_at, ${id}) < (${after.created_at}, ${after.id})`
    : before === undefined
      ? sql`1`
      : sql`${table}.created_at < ${before}`
  return from === undefined ? upper : sql`${upper} AND ${table}.created_at >= ${from}`
}

/** Whether a list is narrowed to a time range: then its total would have to be counted. */
export function isRanged({ from, before }: PageRequest): boolean {
  return from !== undefined || before !== undefined
}

/** ORDER BY and LIMIT; one row more than asked for, by which `pageOf` knows that there is a next page. */
export function newestFirst(page: PageRequest, table: SQL, id = sql`${table}.id`): SQL {
  return sql`ORDER BY ${table}.created_at DESC, ${id} DESC LIMIT ${page.limit + 1} OFFSET ${page.after ? 0 : page.offset}`
}

/**
 * A page of a list, newest first, as a table for a FROM clause. Where the list has an index for each of several
 * statuses, and none for all of them, each gives the order, and SQLite merges them without sorting: it reads one row
 * more for each.
 *
 * @param parts SELECTs of the same columns, of which `created_at` and `id` are two, each with its part of what is
 *   `behind` the page's position
 */
export function merged(parts: readonly SQL[], { limit, offset, after }: PageRequest): SQL {
  return sql`(${together(parts)} ORDER BY created_at DESC, id DESC LIMIT ${limit + 1} OFFSET ${after ? 0 : offset})`
}

/** How many SELECTs D1 takes in one compound SELECT. */
const mostTerms = 5

/** All of them. Where there are too many for one compound, compounds of compounds are merged without sorting, too. */
function together(parts: readonly SQL[]): SQL {
  if (parts.length <= mostTerms) return sql.join([...parts], sql` UNION ALL `)
  return together(chunksOf(parts, mostTerms).map((group) => sql`SELECT * FROM (${together(group)})`))
}

/** How much JSON a page carries, in bytes. */
const pageBytes = 4 * 1024 * 1024

/** How many rows carry their JSON whatever its size: of the largest, 256 KiB each, half a page's worth. */
const carryAnyway = 8

/**
 * A column of JSON in a list whose rows may be so large that a page of them would be too much: the first rows carry it
 * in any case, of the others those that take no more than their share. Any other has '' there, and `pageOf` ends the
 * page before it. The database does not read what it does not carry. A running sum would fill pages better, but reads
 * each row three times more.
 *
 * @param id the column that tells the rows of the list apart
 * @param list from where the list is, from FROM to LIMIT
 */
export function carried(
  column: SQL,
  page: PageRequest,
  id: SQL,
  list: (page: PageRequest) => SQL,
  bytes = sql`octet_length(${column})`,
): SQL {
  if (page.limit < carryAnyway) return column
  const share = Math.floor(pageBytes / 2 / page.limit)
  const first = sql`SELECT ${id} ${list({ ...page, limit: carryAnyway - 1 })}`
  return sql`iif(coalesce(${bytes}, 0) <= ${share} OR ${id} IN (${first}), ${column}, '')`
}

/** The total that was counted; null if it was not asked for, or is not known. */
export function totalOf(count: readonly { total: number | null }[] | undefined): number | null {
  return count?.[0]?.total ?? null
}

/**
 * Cuts off the extra row, and everything from the first row that does not carry its JSON; says where the next page
 * begins.
 *
 * @param large the name of the column that is `carried`
 */
export function pageOf<T>(
  found: T[],
  page: PageRequest,
  total: number | null,
  position: (row: T) => Position,
  large?: keyof T,
): Page<T> {
  const end = large === undefined ? -1 : found.findIndex((row) => row[large] === '')
  const rows = found.slice(0, end === -1 ? page.limit : Math.min(end, page.limit))
  const last = rows.at(-1)
  return { rows, total, next: found.length > rows.length && last ? position(last) : null }
}
