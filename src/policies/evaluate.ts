import { selectGroupsOf } from '../access/standing.store.ts'
import { selectNames } from '../access/capable.store.ts'
import { loadBook, type Booked } from '../approvals/book.ts'
import { infeasibleStageFor } from '../approvals/feasible.ts'
import { Asked, firstMatch, needsMember } from '../approvals/match.ts'
import { ruleOfFamily, type Family } from '../approvals/family.ts'
import type { Capacity, Rule } from '../approvals/policy.ts'
import type { Ctx } from '../context.ts'
import { families, type Kind } from '../families.ts'
import { crowdOf, selectCrowd } from './available.ts'

/** Something that somebody could ask. */
export interface WouldBe {
  kind: Kind
  requester_id: string
  /** What policies look at, by the names that `match` has for it. */
  members: Readonly<Record<string, string | number | null>>
  /** The JSON text that conditions look at. */
  document: string | null
  /** Whom an intent names, who answers through its channel. */
  channel: Channel | null
}

type Channel = Readonly<{ approver_role: 'customer' | 'owner'; approver_person_id: string | null }>

/** What would become of it. */
export interface Evaluation {
  /** The policy that would hold; null where it would be what the kind takes, or what is asked says itself. */
  policy: Booked | null
  rule: Rule
  /** Who would answer through the channel: where no policy holds, and as a customer behind the stages of one. */
  channel: Channel | null
  /** Why it could not be asked: the policy looks at something that is not there. */
  needs: { field: string; condition: number; detail: string } | null
  /** Some of the people of each capacity, without the requester where they may not vote, and who has the last word. */
  people: ReadonlyMap<Capacity, readonly Named[]>
  /** What groups are called. */
  groups: ReadonlyMap<string, string>
  /** The first stage that the people there are could not fulfil for this requester. */
  infeasible: string | null
}

interface Named {
  id: string
  name: string
}

/** Which policy would hold, and who would have to say yes. Writes nothing. */
export async function evaluateAsking(ctx: Ctx, wouldBe: WouldBe): Promise<Evaluation> {
  const { kind, requester_id, members, document, channel } = wouldBe
  const family: Family = families.find((one) => one.kind === kind)!
  const { policies } = await loadBook(ctx)
  const [requester] = await ctx.db.run(selectGroupsOf(ctx, [requester_id]))
  const requesterGroups = JSON.parse(requester?.groups ?? '[]') as string[]
  const found = firstMatch(policies, new Asked({ kind, members, document, requesterGroups }))
  const policy = found?.policy ?? null
  const rule = policy?.rule ?? ruleOfFamily(family, channel)
  const isAnswered = channel !== null && (policy === null || family.isConfirmed?.(channel) === true)
  const confirmer = policy && channel ? (family.confirmer?.(channel) ?? null) : null
  const needs = found?.needs
    ? { ...found.needs, detail: needsMember({ policy: found.policy, needs: found.needs }).detail }
    : null
  const named = capacitiesOf(rule)
  const groupIds = named.filter((one) => one.startsWith('group:')).map((one) => one.slice('group:'.length))
  const crowd = crowdOf(await ctx.db.batch(selectCrowd(ctx, groupIds)))
  const mayVote = (id: string) => id !== confirmer && (rule.allowSelfApproval || id !== requester_id)
  const ids = named.map((one) => [one, (crowd.people.get(one) ?? []).filter(mayVote)] as const)
  const names = await ctx.db.run(selectNames(ctx, [...new Set(ids.flatMap(([, some]) => some))], groupIds))
  const nameOf = (what: string) => new Map(names.filter((one) => one.what === what).map(({ id, name }) => [id, name]))
  const people = nameOf('person')
  return {
    policy,
    rule,
    channel: isAnswered ? channel : null,
    needs,
    people: new Map(ids.map(([one, some]) => [one, some.map((id) => ({ id, name: people.get(id) ?? id }))])),
    groups: nameOf('group'),
    infeasible:
      named.length === 0 ? null : infeasibleStageFor(rule, { ...crowd, askers: [] }, [requester_id], confirmer),
  }
}

function capacitiesOf({ stages }: Rule): Capacity[] {
  return [...new Set(stages.flatMap(({ all }) => all.flatMap(({ anyOf }) => anyOf)))]
}
