import { sql } from '../db/sql.ts'
import type { Ctx } from '../context.ts'
import type { Statement } from '../db/open-db.ts'

/** Takes away what a coordinator has said with their batches. */
export function erase({ db, actor }: Ctx, personId: string): Statement {
  return db.all(sql`
    UPDATE batches SET comment = NULL, version = version + 1
    WHERE tenant_id = ${actor.tenantId} AND coordinator_id = ${personId} AND comment IS NOT NULL`)
}
