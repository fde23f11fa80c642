import { sql } from '../db/sql.ts'
import type { Ctx } from '../context.ts'
import type { Statement } from '../db/open-db.ts'

/** Takes away what a person has said when they revoked requests, and what they have reported of those they redeemed. */
export function erase({ db, actor }: Ctx, personId: string): Statement {
  return db.all(sql`
    UPDATE requests SET end_comment = NULL, result = NULL, error = NULL
    WHERE tenant_id = ${actor.tenantId} AND ended_by = ${personId}
      AND (end_comment IS NOT NULL OR result IS NOT NULL OR error IS NOT NULL)`)
}
