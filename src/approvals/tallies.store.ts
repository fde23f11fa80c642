import { sql, type SQL } from '../db/sql.ts'
import type { Actor, Ctx } from '../context.ts'
import type { KindOfApprovals } from './policy.ts'
import { boundTo, seesAll, seesRestricted } from './restricted.ts'
import { versionsOfRestricted, votesUnder } from './restricted.store.ts'
import { statuses, type Status } from './states.ts'

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
 * restricted ones of one other user somebody sees.
 */
export function selectTotal(ctx: Ctx, { kinds, status, of }: Tallied) {
  const { actor } = ctx
  const countedIn = (table: SQL) =>
    sql.join(
      (status ? [status] : statuses).map((one) => sql`${table}.${sql.identifier(one)}`),
      sql` + `,
    )
  const counted = countedIn(sql`tallies`)
  const sum = (of: readonly KindOfApprovals[], facets: readonly string[]) => sql`coalesce((
    SELECT sum(${counted}) FROM tallies
    WHERE tenant_id = ${actor.tenantId} AND kind IN (${listed(of.map(({ kind }) => kind))}) AND facet IN (${listed(facets)})), 0)`
  const sums = [boundTo(actor) === null ? sum(kinds, [of ?? '']) : sql`NULL`]
  for (const kind of kinds.filter(({ restrictable }) => restrictable)) {
    const facets = restrictedFacets(actor, kind, of)
    sums.push(facets ? sum([kind], facets) : sql`NULL`)
    if (boundTo(actor) === null && !seesAll(actor) && of === undefined) sums.push(ofPolicies(actor, kind, countedIn))
  }
  return ctx.db.all<{ total: number | null }>(sql`SELECT ${sql.join(sums, sql` + `)} AS total`)
}

/**
 * By how many those are more, or fewer, that a policy governs: of what others have asked for and sent, whoever decides
 * the kind does not see what they may not vote on, and whoever does not sees what they may.
 */
function ofPolicies(actor: Actor, kind: KindOfApprovals, countedIn: (table: SQL) => SQL): SQL {
  const facets = ['requester', 'sender'].map((what) => sql`${`version-${what}:`} || p.id || ':' || ${actor.userId}`)
  const own = sql`coalesce((SELECT sum(${countedIn(sql`own`)}) FROM tallies own
    WHERE own.tenant_id = t.tenant_id AND own.kind = t.kind AND own.facet IN (${sql.join(facets, sql`, `)})), 0)`
  const [sign, isOther] = seesRestricted(actor, kind) ? [sql`-1`, sql`NOT`] : [sql`1`, sql``]
  return sql`${sign} * coalesce((SELECT sum(${countedIn(sql`t`)} - ${own})
    FROM ${versionsOfRestricted(actor, kind.kind)} AND ${isOther} ${votesUnder(actor)}), 0)`
}

/** Where it is told how many restricted ones of a kind the actor sees; null where it is not. */
function restrictedFacets(actor: Actor, kind: KindOfApprovals, of: Tallied['of']): string[] | null {
  const { userId } = actor
  if (seesAll(actor)) return [of === undefined ? 'restricted' : `restricted:${of}`]
  if (of !== undefined) return of === `requester:${userId}` ? [`restricted:${of}`] : null
  return seesRestricted(actor, kind)
    ? ['restricted']
    : [`restricted:requester:${userId}`, `restricted:sender:${userId}`]
}

function listed(values: readonly string[]): SQL {
  return sql.join(
    values.map((value) => sql`${value}`),
    sql`, `,
  )
}
