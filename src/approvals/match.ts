import { comparable, holdsBetween, type Comparable, type Operator } from '../comparison.ts'
import { JsonReader, type Found } from '../json-reader.ts'
import { Refusal } from '../refusal.ts'
import type { Match, PolicyFacts, Where } from './policy.ts'

/*
 * Which policy something falls under: pure, by what is asked alone. Numbers compare as they were written, digit by
 * digit.
 */

/** A member that a condition needs, and that is missing, or of another type. */
export interface Needed {
  /** Which condition of `where` needs it, from 0. */
  condition: number
  field: string
  /** The type that the condition compares with. */
  needs: string
  /** What is there instead; null where nothing is. */
  has: Found['type'] | null
}

/** What is asked, read once for however many policies. */
export class Asked {
  readonly requesterGroups: ReadonlySet<string>
  private readonly found = new Map<string, Comparable | null>()
  private reader: JsonReader | undefined

  constructor(readonly facts: PolicyFacts) {
    this.requesterGroups = new Set(facts.requesterGroups)
  }

  /** A member of the family's JSON; null where it is missing. */
  find(field: string): Comparable | null {
    const known = this.found.get(field)
    if (known !== undefined) return known
    this.reader ??= new JsonReader(this.facts.document ?? '{}')
    const there = this.reader.find(field)
    const read = there ? comparable(there) : null
    this.found.set(field, read)
    return read
  }
}

/**
 * Whether a policy is for what is asked. One condition that does not hold is enough for a no; what a condition needs is
 * only said where it would decide.
 */
export function matches(match: Match, asked: Asked): boolean | Needed {
  const { where = [], requester_group, min_amount, ...members } = match
  const { kind, members: has } = asked.facts
  const isSame = Object.entries(members).every(([name, value]) =>
    name === 'kind' ? value === kind : sameName(name, value, has[name] ?? null),
  )
  if (!isSame) return false
  if (min_amount !== undefined && !(Number(has.amount ?? Number.NaN) >= min_amount)) return false
  if (requester_group !== undefined && !asked.requesterGroups.has(requester_group)) return false
  const held = where.map((condition, index) => holds(condition, index, asked))
  return held.every((one) => one !== false) && (held.find((one): one is Needed => one !== true) ?? true)
}

/** Names of agent instances are the same in any case. */
function sameName(name: string, value: string | undefined, has: string | number | null): boolean {
  if (name === 'instance_id') return value?.toLowerCase() === String(has).toLowerCase()
  return value === undefined || value === has
}

function holds({ field, op, value, missing }: Where, condition: number, asked: Asked): boolean | Needed {
  const there = asked.find(field)
  const needs = typeof value as Found['type']
  const outcome =
    there?.type === needs
      ? holdsBetween(there, op as Operator, comparable({ type: needs, text: JSON.stringify(value) }))
      : null
  if (outcome !== null) return outcome
  if (missing !== undefined) return missing === 'match'
  return { condition, field, needs, has: there?.type ?? null }
}

/** The policy that holds, and what it needs to be told to, if that is not there. */
export interface FirstMatch<P> {
  policy: P
  needs: Needed | null
}

/**
 * The first of the policies that is for what is asked; null where none is.
 *
 * @param policies in their order
 */
export function firstMatch<P extends { match: Match }>(policies: readonly P[], asked: Asked): FirstMatch<P> | null {
  for (const policy of policies) {
    const outcome = matches(policy.match, asked)
    if (outcome !== false) return { policy, needs: outcome === true ? null : outcome }
  }
  return null
}

/** Where a policy is in the order: smaller priorities first, of two that are the same the older. */
export interface Placed {
  priority: number
  created_at: number
  id: string
}

/** Compares two policies by their places, for `sort`. */
export function byPlace(a: Placed, b: Placed): number {
  return a.priority - b.priority || a.created_at - b.created_at || (a.id < b.id ? -1 : Number(a.id > b.id))
}

/** Why something cannot be asked: the policy cannot tell whether it is for it. */
export function needsMember({ policy, needs }: { policy: { id: string; name: string }; needs: Needed }): Refusal {
  const { field, condition } = needs
  const is = needs.has === null ? 'is missing' : `is of type ${needs.has}`
  const detail = `The policy ${JSON.stringify(policy.name)} compares ${field} with a ${needs.needs}, but it ${is}.`
  return new Refusal('policy_needs_member', detail, { policy: { id: policy.id, name: policy.name }, field, condition })
}
