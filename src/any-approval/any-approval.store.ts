import { sql } from '../db/sql.ts'
import type { Approval } from '../approvals/approval.ts'
import type { Family } from '../approvals/family.ts'
import { visible } from '../approvals/restricted.store.ts'
import { allVotes, policyOfRow } from '../approvals/votes.store.ts'
import type { Ctx } from '../context.ts'
import type { Condition, Reference } from '../db/open-db.ts'
import { aftermath } from './after.store.ts'

/**
 * An approval of any family. Of JSON: `family` has the family's own members, `facts` what is asked, `all_votes` all
 * `CastVote`s, `policy` a `PolicyOfRow`, and `after` is an `Aftermath`. `seen` is what its entity tag has besides its
 * version.
 */
export interface AnyApproval extends Approval {
  family: string
  facts: string
  policy: string | null
  all_votes: string
  after: string | null
  seen: string | null
}

/** Which approval of a family it is, for the row `a` of `approvals`; none that the actor does not see. */
function isThat(ctx: Ctx, id: string, family: Family): Condition {
  return sql`a.id = ${id} AND a.tenant_id = ${ctx.actor.tenantId} AND a.kind = ${family.kind}
    AND ${visible(ctx, family, sql`a`)}`
}

/** The id of an approval, if the actor may see it: by this everything else about it is found. */
export function idIfSeen(ctx: Ctx, id: string, family: Family): Reference {
  return sql`(SELECT a.id FROM approvals a WHERE ${isThat(ctx, id, family)})`
}

/** A row where there is such an approval for the actor. */
export function selectWhetherSeen(ctx: Ctx, id: string, family: Family) {
  return ctx.db.all<{ id: string }>(sql`SELECT a.id FROM approvals a WHERE ${isThat(ctx, id, family)}`)
}

/** One approval of a family. */
export function selectAnyApproval(ctx: Ctx, id: string, family: Family) {
  const { shows, what, tag } = family
  return ctx.db.all<AnyApproval>(sql`
    SELECT a.*, ${shows.object(ctx.now)} AS family, ${what.object} AS facts, (${policyOfRow}) AS policy, (${allVotes}) AS all_votes,
      ${aftermath(ctx.now)} AS after, ${tag?.(ctx.now) ?? sql`NULL`} AS seen
    FROM approvals a CROSS JOIN ${what.from} WHERE ${isThat(ctx, id, family)} AND f.approval_id = a.id`)
}
