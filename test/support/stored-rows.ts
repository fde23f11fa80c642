import { env } from 'cloudflare:workers'

/** Few transactions, of which none is too large. */
const atOnce = 20_000

/**
 * Stores `count` times what `inserting` says, by SQL: its statements begin with the text that it is given, and select
 * from `n`, in which `i` counts from 0.
 */
export async function storeRows(count: number, inserting: (rows: string) => D1PreparedStatement[]): Promise<void> {
  for (let from = 0; from < count; from += atOnce) {
    const last = Math.min(count, from + atOnce) - 1
    await env.DB.batch(
      inserting(`WITH RECURSIVE n(i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${last})`),
    )
  }
}
