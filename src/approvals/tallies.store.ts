import { sql, type SQL } from 'drizzle-orm'
import type { Actor, Ctx } from '../context.ts'
import type { KindOfApprovals } from './policy.ts'
import { boundTo, seesRestricted } from './restricted.ts'
import type { Status } from './states.ts'

/** The approvals that a total counts; every member that is set narrows it. */
export interface Tallied {
  kinds: readonly KindOfApprovals[]
  status?: Status | undefined
  /** Of all of a kind, those that one user has asked for, or those about one subject. */
  of?: `requester:${string}` | `subject:${string}` | undefined
}

/**
 * How many approvals that is that the actor sees, as of the last sweep: a row or two a kind are read, none is counted.
 * Null where that would have to be: nothing tallies what was asked through an agent instance, nor which of the
 * restricted ones somebody has sent for one other user.
 */
export function selectTotal(ctx: Ctx, { kinds, status, of }: Tallied) {
  const { actor } = ctx
  const counted = status ? sql.identifier(status) : sql`pending + approved + rejected + withdrawn + expired`
  const sum = (of: readonly KindOfApprovals[], facets: readonly string[]) => sql`coalesce((
    SELECT sum(${counted}) FROM tallies
    WHERE tenant_id = ${actor.tenantId} AND kind IN (${listed(of.map(({ kind }) => kind))}) AND facet IN (${listed(facets)})), 0)`
  const sums = [boundTo(actor) === null ? sum(kinds, [of ?? '']) : sql`NULL`]
  for (const kind of kinds.filter(({ restrictable }) => restrictable)) {
    const facets = restrictedFacets(actor, kind, of)
    sums.push(facets ? sum([kind], facets) : sql`NULL`)
  }
  return ctx.db.all<{ total: number | null }>(sql`SELECT ${sql.join(sums, sql` + `)} AS total`)
}

/** Where it is told how many restricted ones of a kind the actor sees; null where it is not. */
function restrictedFacets(actor: Actor, kind: KindOfApprovals, of: Tallied['of']): string[] | null {
  const { userId } = actor
  if (seesRestricted(actor, kind)) return [of === undefined ? 'restricted' : `restricted:${of}`]
  if (of === undefined) return [`restricted:requester:${userId}`, `restricted:sender:${userId}`]
  return of === `requester:${userId}` ? [`restricted:${of}`] : null
}

function listed(values: readonly string[]): SQL {
  return sql.join(
    values.map((value) => sql`${value}`),
    sql`, `,
  )
}
