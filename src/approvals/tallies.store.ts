import { sql, type SQL } from 'drizzle-orm'
import type { Ctx } from '../context.ts'
import type { KindOfApprovals } from './policy.ts'
import { seesRestricted } from './restricted.ts'
import type { Status } from './states.ts'

/** The approvals that a total counts; every member that is set narrows it. */
export interface Tallied {
  kinds: readonly KindOfApprovals[]
  status?: Status | undefined
  /** Of all of a kind, those that one user has asked for, or those about one subject. */
  of?: `requester:${string}` | `subject:${string}` | undefined
}

/**
 * How many approvals that is that the actor sees, as of the last sweep: a row or two a kind are read, none is counted. Null
 * where that would have to be: nothing tallies what of the restricted ones somebody has sent for another user.
 */
export function selectTotal(ctx: Ctx, { kinds, status, of }: Tallied) {
  const { actor } = ctx
  const counted = status ? sql.identifier(status) : sql`pending + approved + rejected + withdrawn + expired`
  const sum = (of: readonly KindOfApprovals[], facets: readonly string[]) => sql`coalesce((
    SELECT sum(${counted}) FROM tallies
    WHERE tenant_id = ${actor.tenantId} AND kind IN (${listed(of.map(({ kind }) => kind))}) AND facet IN (${listed(facets)})), 0)`
  const sums = [sum(kinds, [of ?? ''])]
  for (const kind of kinds.filter(({ restrictable }) => restrictable)) {
    if (seesRestricted(actor, kind)) sums.push(sum([kind], [of === undefined ? 'restricted' : `restricted:${of}`]))
    else if (of === undefined)
      sums.push(
        sum(
          [kind],
          ['requester', 'sender'].map((as) => `restricted:${as}:${actor.userId}`),
        ),
      )
    else if (of === `requester:${actor.userId}`) sums.push(sum([kind], [`restricted:${of}`]))
    else sums.push(sql`NULL`)
  }
  return ctx.db.all<{ total: number | null }>(sql`SELECT ${sql.join(sums, sql` + `)} AS total`)
}

function listed(values: readonly string[]): SQL {
  return sql.join(
    values.map((value) => sql`${value}`),
    sql`, `,
  )
}
