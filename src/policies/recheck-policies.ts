import { recordFound } from '../approvals/history.store.ts'
import {
  foundInfeasible,
  markChecked,
  mostPolicies,
  noteFeasibility,
  selectAllPolicies,
  selectUnchecked,
  type StoredPolicy,
} from '../approvals/policies.store.ts'
import type { PolicyBody } from '../approvals/policy.ts'
import type { Ctx } from '../context.ts'
import { second } from '../durations.ts'
import { newId } from '../ids.ts'
import { crowdOf, groupsOf, infeasibleAmong, selectCrowd } from './available.ts'

/** How many tenants one run looks at. */
const tenantsAtOnce = 50

/** How long a change of people may take from reading the clock to its commit. */
const settling = 5 * second

/**
 * Looks again whether people can fulfil the policies of tenants whose people or groups have changed, notes it, and
 * records `policy.infeasible` for each that they cannot any more. Until then whoever reads a policy looks for
 * themselves. It is not for whoever changes a person to wait for, or to be refused by: a policy can be mended, and a
 * person who has left has left.
 *
 * @returns how many tenants it has looked at
 */
export async function recheckPolicies(ctx: Ctx): Promise<number> {
  const tenants = await ctx.db.run(selectUnchecked(ctx, ctx.now - settling, tenantsAtOnce))
  for (const tenant of tenants) await recheck(ctx, tenant)
  return tenants.length
}

async function recheck(ctx: Ctx, unchecked: { tenant_id: string; changed_at: number }): Promise<void> {
  const { tenant_id: tenantId } = unchecked
  const ofTenant = { ...ctx, actor: { ...ctx.actor, tenantId } }
  const policies = await ctx.db.run(selectAllPolicies(ofTenant))
  const bodies = policies.map(({ body }) => JSON.parse(body) as PolicyBody)
  const crowd = crowdOf(await ctx.db.batch(selectCrowd(ofTenant, [...new Set(bodies.flatMap(groupsOf))])))
  const found = policies
    .map((policy, index) => ({ ...policy, infeasible: infeasibleAmong(crowd, bodies[index]!) }))
    .filter(({ infeasible }, index) => infeasible !== policies[index]!.infeasible)
  const writeId = newId('wr')
  await ctx.db.batch({
    noted: found.length > 0 ? noteFeasibility(ofTenant, found.map(noted), writeId) : undefined,
    event: found.length > 0 ? recordFound(ofTenant, foundInfeasible(ofTenant, writeId), mostPolicies) : undefined,
    checked: markChecked(ctx, unchecked),
  })
}

function noted({ id, version, infeasible }: StoredPolicy) {
  return { id, version, infeasible }
}
