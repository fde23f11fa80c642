import type { Requirement, Rule } from '../approvals/policy.ts'
import { progressOf, type StandingVote } from '../approvals/quorum.ts'

/** A requirement as callers see it, with those whose votes fill it. */
export interface ShownRequirement {
  group: string | null
  roles: string[]
  approvals: number
  given: number
  voters: readonly string[]
}

export interface ShownStage {
  name: string | null
  status: 'closed' | 'open' | 'waiting'
  all: ShownRequirement[]
}

/**
 * How far the stages of a rule have got. For that of a kind each vote that was let in counts.
 *
 * @param isDecided none is open any more then
 */
export function stagesOf(
  rule: Rule,
  votes: readonly StandingVote[],
  { isGoverned, isDecided }: { isGoverned: boolean; isDecided: boolean },
): ShownStage[] {
  const { open, stages } = progressOf(rule, votes)
  const approving = votes.filter(({ vote }) => vote === 'approve').map(({ voter }) => voter)
  return stages.map(({ name, all }, index) => ({
    name,
    status: isDecided || index < open ? 'closed' : index === open ? 'open' : 'waiting',
    all: all.map(({ voters: assigned, ...requirement }) => {
      const voters = isGoverned ? assigned : approving
      return { ...named(requirement), given: voters.length, voters }
    }),
  }))
}

function named({ anyOf, approvals }: Requirement) {
  const of = (what: 'role' | 'group') =>
    anyOf.filter((one) => one.startsWith(`${what}:`)).map((one) => one.slice(what.length + 1))
  return { group: of('group')[0] ?? null, roles: of('role'), approvals }
}
