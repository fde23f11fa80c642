import { nameOfStage, type Capacity, type Requirement, type Rule } from './policy.ts'

/*
 * Whether the people there are can fulfil a rule at all: pure. One person fills one slot of the whole approval, and who
 * asks fills none unless the rule lets them; nor does who confirms what the stages have said.
 */

/** How many approvals a rule may ask for in all. */
export const mostApprovals = 10

/**
 * Of how many people in a capacity it is enough to know: nine may be needed for the other slots, two may have a hand in
 * the asking, one may have the last word, and still there is one more. And of how many who may ask: all but two may be
 * needed for the slots.
 */
export const enough = mostApprovals + 3

/** Who there is, as far as it can matter: `enough` of each capacity, or all there are. */
export interface Available {
  people: ReadonlyMap<Capacity, readonly string[]>
  /** Capacities of which nobody knows who will have them. */
  open: ReadonlySet<Capacity>
  /** Who may ask: `enough` of them, or all there are. */
  askers: readonly string[]
}

/**
 * The name of the first stage that cannot be fulfilled, with those before it, but for what one person asks, if that;
 * null where the rule is good for more.
 */
export function infeasibleStage(rule: Rule, available: Available): string | null {
  const stage = rule.stages.find((_, index) => {
    const slots = rule.stages.slice(0, index + 1).flatMap(({ all }) => all.flatMap((one) => slotsOf(one, available)))
    return !isGoodForMany(slots, rule, available.askers)
  })
  return stage ? nameOfStage(stage) : null
}

/**
 * The name of the first stage that cannot be fulfilled, with those before it, for what these have a hand in; null where
 * all can.
 *
 * @param hands who asks, or has sent it: at most two
 * @param confirmer who has the last word on it, where they are named
 */
export function infeasibleStageFor(
  rule: Rule,
  available: Available,
  hands: readonly string[],
  confirmer: string | null,
): string | null {
  const without = [...(rule.allowSelfApproval ? [] : hands), ...(confirmer === null ? [] : [confirmer])]
  const stage = rule.stages.find((_, index) => {
    const slots = rule.stages.slice(0, index + 1).flatMap(({ all }) => all.flatMap((one) => slotsOf(one, available)))
    return fill(slots, without) === null
  })
  return stage ? nameOfStage(stage) : null
}

/** Who could fill each slot of a requirement; no slots where nobody knows who could. */
function slotsOf({ anyOf, approvals }: Requirement, { people, open }: Available): ReadonlySet<string>[] {
  if (anyOf.some((capacity) => open.has(capacity))) return []
  const who = new Set(anyOf.flatMap((capacity) => people.get(capacity) ?? []))
  return Array.from({ length: approvals }, () => who)
}

function isGoodForMany(slots: readonly ReadonlySet<string>[], rule: Rule, askers: readonly string[]): boolean {
  const filled = fill(slots, [])
  if (!filled || rule.allowSelfApproval || slots.length === 0) return filled !== null
  const served = [...new Set(askers)].filter((asker) => !filled.has(asker) || fill(slots, [asker]) !== null)
  return served.length > 1
}

/** Who fills which slot, each person one and each slot one person (Kuhn's algorithm); null where that cannot be. */
function fill(slots: readonly ReadonlySet<string>[], without: readonly string[]): ReadonlyMap<string, number> | null {
  const filled = new Map<string, number>()
  const place = (slot: number, passed: Set<string>): boolean => {
    for (const person of slots[slot]!) {
      if (without.includes(person) || passed.has(person)) continue
      passed.add(person)
      const other = filled.get(person)
      if (other !== undefined && !place(other, passed)) continue
      filled.set(person, slot)
      return true
    }
    return false
  }
  return slots.every((_, slot) => place(slot, new Set())) ? filled : null
}
