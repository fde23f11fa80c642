import { selectSomeOfGroups, selectSomeOfRoles, type Some, type SomeOfGroup } from '../access/capable.store.ts'
import { enough, infeasibleStage, type Available } from '../approvals/feasible.ts'
import { inGroup, inRole, ruleOf, type Capacity, type PolicyBody } from '../approvals/policy.ts'
import type { Ctx } from '../context.ts'

/** Who there is, for whatever policy of a tenant names these groups. */
export interface Crowd {
  people: ReadonlyMap<Capacity, readonly string[]>
  open: ReadonlySet<Capacity>
  /** Who has a role, and so may ask. */
  anybody: readonly string[]
  /** By group, for whom somebody can ask: of them also who has no role. */
  askers: ReadonlyMap<Capacity, readonly string[]>
}

/** Where a policy names groups. */
export interface NamingGroups {
  match?: { requester_group?: string | undefined } | undefined
  stages?: readonly { all: readonly { group?: string | undefined; role?: string | undefined }[] }[] | undefined
}

/** The groups that a policy names. */
export function groupsOf({ match, stages = [] }: NamingGroups): string[] {
  const named = stages.flatMap(({ all }) => all.map(({ group }) => group))
  return [...new Set([...named, match?.requester_group])].filter((group) => group !== undefined)
}

/** Reads as many people of each role and group as can matter, and no more. */
export function selectCrowd(ctx: Ctx, groups: readonly string[]) {
  return {
    roles: selectSomeOfRoles(ctx, enough),
    groups: selectSomeOfGroups(ctx, groups, enough),
  }
}

interface CrowdRead {
  roles: readonly Some[]
  groups: readonly SomeOfGroup[]
}

/** Who there is, of what `selectCrowd` has read. */
export function crowdOf({ roles, groups }: CrowdRead): Crowd {
  const idsIn = (ids: string) => JSON.parse(ids) as string[]
  const idsOf = ({ people }: Some) => idsIn(people)
  return {
    people: new Map([
      ...roles.map((role) => [inRole(role.name), idsOf(role)] as const),
      ...groups.map((group) => [inGroup(group.name), idsOf(group)] as const),
    ]),
    open: new Set(groups.filter((group) => group.filled_by_oidc === 1).map(({ name }) => inGroup(name))),
    anybody: roles.flatMap(idsOf),
    askers: new Map(groups.map(({ name, askers }) => [inGroup(name), idsIn(askers)])),
  }
}

/** Who there is for a policy: who asks is in the group that it is for, where one is said. */
export function availableTo({ people, open, anybody, askers }: Crowd, policy: PolicyBody): Available {
  const { requester_group: group } = policy.match
  const isKnown = group !== undefined && !open.has(inGroup(group))
  return { people, open, askers: isKnown ? (askers.get(inGroup(group)) ?? []) : anybody }
}

/** The first stage of a policy that the people there are cannot fulfil; null where they can. */
export function infeasibleAmong(crowd: Crowd, policy: PolicyBody): string | null {
  return infeasibleStage(ruleOf(policy), availableTo(crowd, policy))
}
