/**
 * D1 reports everything as an Error with a message; Drizzle may wrap it. These functions look through the chain of
 * causes.
 */
function messages(error: unknown): string {
  let text = ''
  for (let e = error; e instanceof Error; e = e.cause) text += `${e.message}\n`
  return text
}

/** True when a UNIQUE or PRIMARY KEY constraint of `table` refused the transaction. */
export function isDuplicate(error: unknown, table: string): boolean {
  return new RegExp(`UNIQUE constraint failed: ${table}\\.`).test(messages(error))
}

/** True when the NOT NULL constraint of a column (`table.column`) refused the transaction. */
export function isMissing(error: unknown, column: string): boolean {
  return messages(error).includes(`NOT NULL constraint failed: ${column}`)
}

/**
 * True when the database lacks something that a statement names: it has not had the migrations of this version, since
 * each statement is tried on those.
 */
export function isNotMigrated(error: unknown): boolean {
  return /D1_ERROR: (no such (table|column)|table \w+ has no column)/.test(messages(error))
}

/**
 * True when the storage is overloaded or was interrupted, or this invocation has asked it as often as the platform
 * lets one: nothing is wrong with the request, and the caller should try again.
 */
export function isUnavailable(error: unknown): boolean {
  return unavailable.some((wording) => wording.test(messages(error)))
}

const unavailable = [
  /overloaded|Network connection lost|storage.*reset|code was updated|Durable Object (reset|storage)/i,
  /D1_ERROR:.*(timeout|timed out)/i,
  /Too many (subrequests|API requests) by single worker invocation/i,
]
