import { inGroup, inRole, type Capacity, type Rule, type Stage } from '../../src/approvals/policy.ts'
import { fits, progressOf, wouldFill, type StandingVote } from '../../src/approvals/quorum.ts'

/*
 * Random rules, people and orders of voting, through the engine and through an oracle that tries every assignment. Not
 * with fast-check, because there are many of them: a case is found again by its seed.
 */

/** Numbers below a bound, from a seed (mulberry32). */
function dice(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

/** Somebody, with the capacities of each of their keys: the groups are their own, the roles those of the key. */
interface Person {
  id: string
  keys: readonly (readonly Capacity[])[]
}

const groups = ['a', 'b', 'c'].map(inGroup)
const roles = ['admin', 'reviewer'].map(inRole)
const some = <T>(roll: (below: number) => number, all: readonly T[]): T[] => all.filter(() => roll(2) === 1)

function drawnRule(roll: (below: number) => number): Rule {
  const all = [...groups, ...roles]
  const stages = Array.from({ length: 1 + roll(3) }, (_, index): Stage => ({
    name: `stage ${index}`,
    all: Array.from({ length: 1 + roll(3) }, () => ({
      anyOf: roll(4) === 0 ? [all[roll(5)]!, all[roll(5)]!] : [all[roll(5)]!],
      approvals: 1 + roll(2),
    })),
  }))
  return { stages, allowSelfApproval: roll(2) === 1 }
}

function drawnPeople(roll: (below: number) => number): Person[] {
  return Array.from({ length: 2 + roll(6) }, (_, index) => {
    const own = some(roll, groups)
    return { id: `p${index}`, keys: Array.from({ length: 1 + roll(2) }, () => [...own, ...some(roll, roles)]) }
  })
}

/**
 * How many approvals these voters can fill of a stage at the most: every assignment of each to a requirement, or to
 * none, by the numbers that each requirement has then. Those are the digits of a number.
 */
export function mostFilled({ all }: Stage, voters: readonly (readonly Capacity[])[]): number {
  const places: number[] = []
  let size = 1
  for (const { approvals } of all) {
    places.push(size)
    size *= approvals + 1
  }
  const reached = new Uint8Array(size)
  reached[0] = 1
  let most = 0
  for (const capacities of voters) {
    const fitting = all.flatMap(({ anyOf }, at) => (anyOf.some((one) => capacities.includes(one)) ? [at] : []))
    // From the end, so that nobody is assigned twice: what is reached from a state lies behind it.
    for (let counts = size - 1; counts >= 0; counts -= 1) {
      if (!reached[counts]) continue
      for (const at of fitting) {
        const { approvals } = all[at]!
        if (Math.floor(counts / places[at]!) % (approvals + 1) < approvals) reached[counts + places[at]!] = 1
      }
    }
  }
  reached.forEach((is, counts) => {
    if (!is) return
    const sum = all.reduce(
      (total, { approvals }, at) => total + (Math.floor(counts / places[at]!) % (approvals + 1)),
      0,
    )
    most = Math.max(most, sum)
  })
  return most
}

const asked = ({ all }: Stage) => all.reduce((sum, { approvals }) => sum + approvals, 0)

/**
 * People try to vote, with this key or that, again and again, until nobody may any more.
 *
 * @throws Error that says where the engine and the oracle differ
 */
export function tryCase(seed: number): void {
  const roll = dice(seed)
  const [rule, people] = [drawnRule(roll), drawnPeople(roll)]
  const requester = people[roll(people.length)]!.id
  const votes: StandingVote[] = []
  const differ = (what: string, is: unknown, oracle: unknown) => {
    if (is === oracle) return
    const state = JSON.stringify({ rule, people, requester, votes })
    throw new Error(`seed ${seed}: ${what} is ${String(is)}, the oracle says ${String(oracle)}: ${state}`)
  }
  const votesIn = rule.stages.map((): StandingVote[] => [])
  const filled = rule.stages.map(() => 0)
  let open = 0
  check()
  for (let left = 3 * people.length; left > 0 && open < rule.stages.length; left -= 1) {
    const person = people[roll(people.length)]!
    const capacities = person.keys[roll(person.keys.length)]!
    const [stage, before] = [rule.stages[open]!, votesIn[open]!]
    const filledThen = mostFilled(stage, [...before.map((vote) => vote.capacities), capacities])
    const fillsMore = filledThen > filled[open]!
    differ('whether a vote fills more', wouldFill(stage, before, { capacities }), fillsMore)
    if (fillsMore) differ('whether a voter fits', fits(stage, capacities), true)
    const mayVote = person.id !== requester || rule.allowSelfApproval
    if (!mayVote || !fillsMore || votes.some(({ voter }) => voter === person.id)) continue
    const vote = { voter: person.id, vote: 'approve' as const, capacities, stage: open }
    // In any place: the order of rows is no order of votes.
    votes.splice(roll(votes.length + 1), 0, vote)
    before.push(vote)
    filled[open] = filledThen
    if (filledThen === asked(stage)) open += 1
    check()
  }

  function check(): void {
    const progress = progressOf(rule, votes)
    differ('the open stage', progress.open, open)
    differ('whether it is rejected', progress.isRejected, false)
    progress.stages.forEach(({ all }, index) => {
      const assigned = all.flatMap(({ voters }) => voters)
      differ(`what stage ${index} has`, assigned.length, filled[index])
      differ(`how many people stage ${index} has`, new Set(assigned).size, assigned.length)
      for (const { voters, approvals, anyOf } of all) {
        if (voters.length > approvals) differ('what a requirement has', voters.length, approvals)
        for (const voter of voters) {
          const vote = votesIn[index]!.find((one) => one.voter === voter)
          const isFit = vote && anyOf.some((one) => vote.capacities.includes(one))
          differ('whether a voter fits the requirement', isFit, true)
        }
      }
    })
  }
}
