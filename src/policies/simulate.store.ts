import { sql } from '../db/sql.ts'
import { ofFacts } from '../approvals/facts.store.ts'
import type { Family } from '../approvals/family.ts'
import { pageOfApprovals } from '../approvals/list.store.ts'
import type { Ctx } from '../context.ts'
import { jsonEach } from '../db/json.ts'
import type { PageRequest } from '../db/page.ts'

/** Something that was asked. `facts` is the family's JSON of it; null where that is large. */
export interface PastAsking {
  id: string
  requester_id: string
  submitted_by: string | null
  created_at: number
  facts: string | null
}

/** How large facts may be to come with the page, in bytes. */
const small = 4_000

/** A page of what was asked of a family, newest first; without what a gate let pass, which nobody was asked. */
export function selectPastAskings(ctx: Ctx, family: Family, page: PageRequest) {
  const wasAsked = sql`a.decided_by IS NOT 'system:gate'`
  return ctx.db.all<PastAsking>(sql`
    SELECT id, requester_id, submitted_by, created_at, iif(octet_length(facts) <= ${small}, facts, NULL) AS facts
    FROM (SELECT a.id, a.requester_id, a.submitted_by, a.created_at, (${ofFacts(family, family.what.object)}) AS facts
      FROM ${pageOfApprovals(ctx, { kinds: [family] }, page, wasAsked)} a)
    ORDER BY created_at DESC, id DESC`)
}

/** The facts of these. */
export function selectFacts(ctx: Ctx, family: Family, ids: readonly string[]) {
  return ctx.db.all<{ id: string; facts: string }>(sql`
    SELECT a.id, (${ofFacts(family, family.what.object)}) AS facts FROM ${jsonEach(ids)} wanted CROSS JOIN approvals a
    WHERE a.id = wanted.value AND a.tenant_id = ${ctx.actor.tenantId}`)
}
