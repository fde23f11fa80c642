import { sql } from '../db/sql.ts'
import { selectNames } from '../access/access.store.ts'
import { selectGroupNames } from '../access/groups.store.ts'
import type { Family } from '../approvals/family.ts'
import { actorsOn } from '../approvals/history.store.ts'
import { groupsAskedOn } from '../approvals/policies.store.ts'
import { idIfSeen } from '../any-approval/any-approval.store.ts'
import type { Ctx } from '../context.ts'

/** What a family's page shows beyond what an approver decides on, as JSON; of an approval that the actor sees. */
export function selectMore(ctx: Ctx, id: string, family: Family) {
  const found = family.page?.select?.(ctx.now) ?? sql`NULL`
  return ctx.db.all<{ more: string | null }>(sql`
    SELECT (${found}) AS more FROM approvals a WHERE a.id = ${idIfSeen(ctx, id, family)}`)
}

/** The names of everybody who has asked for an approval that the actor sees, or done anything about it. */
export function selectNamesAbout(ctx: Ctx, id: string, family: Family) {
  const seen = idIfSeen(ctx, id, family)
  const ids = sql`SELECT requester_id FROM approvals WHERE id = ${seen} UNION ${actorsOn(ctx, seen)}`
  return selectNames(ctx.db, ctx.actor.tenantId, ids)
}

/** The names of the groups that are asked to decide it. */
export function selectNamesOfGroups(ctx: Ctx, id: string, family: Family) {
  return selectGroupNames(ctx, groupsAskedOn(idIfSeen(ctx, id, family)))
}
