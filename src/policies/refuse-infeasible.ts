import type { PolicyBody } from '../approvals/policy.ts'
import type { Ctx } from '../context.ts'
import { invalidInput, Refusal, type Fault } from '../refusal.ts'
import { crowdOf, groupsOf, infeasibleAmong, selectCrowd, type NamingGroups } from './available.ts'

/**
 * Refuses a policy that the people there are could not fulfil.
 *
 * @throws Refusal `invalid_input` where it names groups that are not there, `infeasible_quorum`
 */
export async function refuseInfeasible(ctx: Ctx, policy: PolicyBody): Promise<void> {
  const read = await ctx.db.batch(selectCrowd(ctx, groupsOf(policy)))
  refuseMissingGroups(policy, read.groups)
  const stage = infeasibleAmong(crowdOf(read), policy)
  if (stage === null) return
  const detail = `The people there are could not fulfil the stage ${JSON.stringify(stage)} for more than one requester.`
  throw new Refusal('infeasible_quorum', detail, { stage })
}

/**
 * @param at a JSON Pointer to where the policy is in the body
 * @throws Refusal `invalid_input` where it names groups that are not among these
 */
export function refuseMissingGroups(policy: NamingGroups, known: readonly { name: string }[], at = ''): void {
  const faults = missingGroups(policy, new Set(known.map(({ name }) => name)))
  if (faults.length > 0) throw invalidInput(faults.map((one) => ({ ...one, pointer: at + one.pointer })))
}

function missingGroups({ match, stages = [] }: NamingGroups, known: ReadonlySet<string>): Fault[] {
  const named = stages.flatMap(({ all }, stage) =>
    all.map(({ group }, at) => ({ group, pointer: `/stages/${stage}/all/${at}/group` })),
  )
  return [{ group: match?.requester_group, pointer: '/match/requester_group' }, ...named]
    .filter(({ group }) => group !== undefined && !known.has(group))
    .map(({ group, pointer }) => fault(pointer, `there is no group ${group}`))
}

/** Which groups that a policy names are not there, and where it names them. */
export async function groupFaults(ctx: Ctx, policy: NamingGroups): Promise<Fault[]> {
  const groups = groupsOf(policy)
  if (groups.length === 0) return []
  const found = await ctx.db.run(selectCrowd(ctx, groups).groups)
  return missingGroups(policy, new Set(found.map(({ name }) => name)))
}

function fault(pointer: string, message: string): Fault {
  return { in: 'body', pointer, message, type: 'value_error' }
}
