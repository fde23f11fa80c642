import { sql, type SQL } from './sql.ts'

/** ISO 8601 in UTC, from a column of integer milliseconds; NULL where that is. */
export function isoTime(ms: SQL): SQL {
  return sql`(strftime('%Y-%m-%dT%H:%M:%S', ${ms} / 1000, 'unixepoch') || printf('.%03dZ', ${ms} % 1000))`
}
