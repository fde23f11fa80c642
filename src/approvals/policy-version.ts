import { ruleOf, soleRequirement, type PolicyBody } from './policy.ts'

/** What of a version of a policy statements look at, beside its body. */
export interface Derived {
  /** JSON: an array of capacities for each stage. */
  capacities: string
  sole_roles: string | null
  sole_group: string | null
  allow_self_approval: number
}

/** What statements look at of a policy. */
export function derivedFrom(body: PolicyBody): Derived {
  const rule = ruleOf(body)
  const sole = soleRequirement(rule)?.anyOf.map((capacity) => capacity.split(/:(.*)/s) as [string, string])
  const [kind, name] = sole?.[0] ?? []
  return {
    capacities: JSON.stringify(rule.stages.map(({ all }) => [...new Set(all.flatMap(({ anyOf }) => anyOf))])),
    sole_roles: sole && kind === 'role' ? JSON.stringify(sole.map(([, role]) => role)) : null,
    sole_group: sole && kind === 'group' ? name! : null,
    allow_self_approval: Number(body.allow_self_approval),
  }
}
