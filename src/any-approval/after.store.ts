import { sql, type SQL } from '../db/sql.ts'
import type { Family } from '../approvals/family.ts'
import { families } from '../families.ts'

/**
 * What has become of the row `a` of `approvals` since it was approved, as JSON (`Aftermath`); null where nothing has.
 */
export function aftermath(now: number): SQL {
  const whens = families.flatMap(({ kind, after }: Family) =>
    after ? [sql`WHEN ${sql.raw(`'${kind}'`)} THEN (${after(now)})`] : [],
  )
  return sql`iif(a.status = 'approved', CASE a.kind ${sql.join(whens, sql` `)} END, NULL)`
}
