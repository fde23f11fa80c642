import { sql } from 'drizzle-orm'
import type { Ctx } from '../context.ts'
import type { Kind } from './approval.ts'
import type { Status } from './states.ts'

/** The approvals that a total counts; every member that is set narrows it. */
export interface Tallied {
  kinds: readonly Kind[]
  status?: Status | undefined
  /** Of all of a kind, those that one user has asked for, or those about one subject. */
  of?: `requester:${string}` | `subject:${string}` | undefined
}

/** How many approvals that is, as of the last sweep: one row a kind is read, none is counted. */
export function selectTotal(ctx: Ctx, { kinds, status, of }: Tallied) {
  const counted = status ? sql.identifier(status) : sql`pending + approved + rejected + withdrawn + expired`
  const listed = sql.join(
    kinds.map((kind) => sql`${kind}`),
    sql`, `,
  )
  return ctx.db.all<{ total: number }>(sql`
    SELECT coalesce(sum(${counted}), 0) AS total FROM tallies
    WHERE tenant_id = ${ctx.actor.tenantId} AND kind IN (${listed}) AND facet = ${of ?? ''}`)
}
