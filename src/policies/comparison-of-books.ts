import { infeasibleStageFor, type Available } from '../approvals/feasible.ts'
import { Asked, firstMatch } from '../approvals/match.ts'
import { ruleOf, type PolicyBody, type PolicyFacts, type Requirement, type Rule } from '../approvals/policy.ts'

/** A policy to compare with others. */
export interface Compared {
  id: string
  name: string
  match: PolicyBody['match']
  body: PolicyBody
}

/** Something that was asked: who asked it, and who has sent it. */
export interface PastQuestion {
  id: string
  hands: readonly string[]
  facts: PolicyFacts
  /** What it takes where no policy holds. */
  own: Rule
  /** Whether somebody else has the last word where one does. */
  isConfirmed: boolean
  /** Who that is, where they are named. */
  confirmer: string | null
}

/** How many ids of each sort an answer gives. */
const mostExamples = 10

const sorts = [
  'matched',
  'asked_more',
  'asked_less',
  'asked_others',
  'clock_changed',
  'infeasible',
  'needs_member',
] as const
type Sort = (typeof sorts)[number]

/** What it would be to have one policy more, or another: counted over what was asked. */
export class ComparisonOfBooks {
  considered = 0
  readonly counts = Object.fromEntries(sorts.map((sort) => [sort, 0])) as Record<Sort, number>
  readonly examples = Object.fromEntries(sorts.map((sort) => [sort, [] as string[]])) as Record<Sort, string[]>
  /** Under which policies that is at present which the new one would be for, by their ids; '' for none. */
  readonly insteadOf = new Map<string, { policy: Compared | null; count: number }>()
  /** Of whom it is known whether the policy could be fulfilled. */
  private readonly feasible = new Map<string, boolean>()

  constructor(
    private readonly present: readonly Compared[],
    private readonly then: readonly Compared[],
    private readonly policy: Compared,
    private readonly available: Available,
  ) {}

  add({ id, hands, facts, own, isConfirmed, confirmer }: PastQuestion): void {
    this.considered += 1
    const asked = new Asked(facts)
    const [before, after] = [firstMatch(this.present, asked), firstMatch(this.then, asked)]
    const isFor = after?.policy === this.policy
    if (isFor && after.needs) return this.count('needs_member', id)
    if (isFor) {
      this.count('matched', id)
      this.replaces(before?.policy ?? null)
      if (!this.isFeasibleFor(hands, confirmer)) this.count('infeasible', id)
    }
    if (before?.needs || after?.needs || before?.policy === after?.policy) return
    const [was, is] = [before, after].map((found) => (found ? ruleOf(found.policy.body) : own)) as [Rule, Rule]
    const lastWords = isConfirmed ? Number(after !== null) - Number(before !== null) : 0
    const more = approvalsOf(is) - approvalsOf(was) + lastWords
    if (more !== 0) this.count(more > 0 ? 'asked_more' : 'asked_less', id)
    else if (askedOf(is) !== askedOf(was)) this.count('asked_others', id)
    const clocks = [before, after].map((found) => JSON.stringify(found?.policy.body.expires ?? null))
    if (clocks[0] !== clocks[1]) this.count('clock_changed', id)
  }

  private count(sort: Sort, id: string): void {
    this.counts[sort] += 1
    if (this.examples[sort].length < mostExamples) this.examples[sort].push(id)
  }

  private replaces(policy: Compared | null): void {
    const known = this.insteadOf.get(policy?.id ?? '')
    if (known) known.count += 1
    else this.insteadOf.set(policy?.id ?? '', { policy, count: 1 })
  }

  private isFeasibleFor(hands: readonly string[], confirmer: string | null): boolean {
    const key = JSON.stringify([hands, confirmer])
    const known = this.feasible.get(key)
    if (known !== undefined) return known
    const isFeasible = infeasibleStageFor(ruleOf(this.policy.body), this.available, hands, confirmer) === null
    this.feasible.set(key, isFeasible)
    return isFeasible
  }
}

function approvalsOf({ stages }: Rule): number {
  return stages.flatMap(({ all }) => all).reduce((sum, { approvals }) => sum + approvals, 0)
}

/** Of whom a rule asks how many approvals, in which order: the same text for the same, however it is written. */
function askedOf({ stages }: Rule): string {
  return JSON.stringify(stages.map(({ all }) => [...approvalsBy(all)].toSorted()))
}

/** How many approvals are asked of whom in one stage. */
function approvalsBy(all: readonly Requirement[]): Map<string, number> {
  const sum = new Map<string, number>()
  for (const { anyOf, approvals } of all) {
    const who = JSON.stringify(anyOf.toSorted())
    sum.set(who, (sum.get(who) ?? 0) + approvals)
  }
  return sum
}
