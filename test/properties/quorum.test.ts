import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inGroup, type Stage } from '../../src/approvals/policy.ts'
import { progressOf, wouldFill, type StandingVote } from '../../src/approvals/quorum.ts'
import { mostFilled, tryCase } from '../support/quorums.ts'
import { often } from '../support/scale.ts'

test('the engine says what trying every assignment says, in random votings', () => {
  const first = Math.floor(Math.random() * 2 ** 30)
  for (let seed = first; seed < first + often(100_000); seed += 1) tryCase(seed)
}, 60_000)

const stage: Stage = {
  name: 'both',
  all: ['a', 'b'].map((name) => ({ anyOf: [inGroup(name)], approvals: 1 })),
}
const vote = (voter: string, ...groups: string[]): StandingVote => ({
  voter,
  vote: 'approve',
  capacities: groups.map(inGroup),
  stage: 0,
})

/** Each vote to the first requirement that it fits and that has room, for good: what the engine must not do. */
function greedy({ all }: Stage, votes: readonly StandingVote[]): number {
  const left = all.map(({ approvals }) => approvals)
  return votes.filter(({ capacities }) => {
    const at = all.findIndex(({ anyOf }, index) => left[index]! > 0 && anyOf.some((one) => capacities.includes(one)))
    return at !== -1 && left[at]!-- > 0
  }).length
}

test('whoever fits two requirements stands in nobody’s way, where first come, first served would', () => {
  const [ann, ben] = [vote('ann', 'a', 'b'), vote('ben', 'a')]
  expect(greedy(stage, [ann, ben])).toBe(1)
  expect(wouldFill(stage, [ann], ben)).toBe(true)
  const { open, stages } = progressOf({ stages: [stage], allowSelfApproval: false }, [ann, ben])
  expect([open, stages[0]!.all.map(({ voters }) => voters)]).toEqual([1, [['ben'], ['ann']]])
})

test('one no is enough', () => {
  const no = { ...vote('cem', 'a'), vote: 'reject' as const }
  expect(progressOf({ stages: [stage], allowSelfApproval: false }, [vote('ann', 'b'), no])).toMatchObject({
    open: 0,
    isRejected: true,
  })
})

test('in whatever order all of them vote, a stage gets as much as they can fill', () => {
  const requirement = fc.record({
    anyOf: fc.subarray(['a', 'b', 'c', 'd'].map(inGroup), { minLength: 1, maxLength: 2 }),
    approvals: fc.integer({ min: 1, max: 3 }),
  })
  const voters = fc.array(fc.subarray(['a', 'b', 'c', 'd'].map(inGroup)), { maxLength: 8 })
  const drawn = fc.tuple(fc.array(requirement, { minLength: 1, maxLength: 4 }), voters).chain(([all, capacities]) => {
    const people = capacities.map((has, index) => ({ ...vote(`p${index}`), capacities: has }))
    return fc.tuple(fc.constant({ name: 's', all }), fc.shuffledSubarray(people, { minLength: people.length }))
  })
  fc.assert(
    fc.property(drawn, ([stage, people]) => {
      const taken: StandingVote[] = []
      for (const one of people) if (wouldFill(stage, taken, one)) taken.push(one)
      expect(taken.length).toBe(
        mostFilled(
          stage,
          people.map(({ capacities }) => capacities),
        ),
      )
    }),
    { numRuns: 500 },
  )
})
