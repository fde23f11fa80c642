import { sql } from '../db/sql.ts'
import type { Fragment } from '../db/open-db.ts'
import type { Family } from './family.ts'

/** Something of an approval of a family and its facts, for the row `a` of `approvals`: a SELECT. */
export function ofFacts({ what }: Pick<Family, 'what'>, value: Fragment): Fragment {
  return sql`SELECT ${value} FROM ${what.from} WHERE f.approval_id = a.id`
}
