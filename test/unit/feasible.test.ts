import fc from 'fast-check'
import { expect, test } from 'vitest'
import { enough, infeasibleStage, infeasibleStageFor, mostApprovals } from '../../src/approvals/feasible.ts'
import { inGroup, type Capacity, type Rule } from '../../src/approvals/policy.ts'

/** A rule by what each stage asks of which groups: `[{ a: 2 }, { b: 1 }]`. */
function rule(stages: Record<string, number>[], allowSelfApproval = false): Rule {
  return {
    stages: stages.map((all, index) => ({
      name: `stage ${index}`,
      all: Object.entries(all).map(([groups, approvals]) => ({ anyOf: groups.split('|').map(inGroup), approvals })),
    })),
    allowSelfApproval,
  }
}

const among = (groups: Record<string, string>, askers: string, open = '') => ({
  people: new Map<Capacity, string[]>(Object.entries(groups).map(([name, ids]) => [inGroup(name), [...ids]])),
  open: new Set<Capacity>([...open].map(inGroup)),
  askers: [...askers],
})

test('one person fills one slot of the whole approval', () => {
  expect(infeasibleStage(rule([{ a: 1 }, { b: 1 }]), among({ a: 'x', b: 'y' }, 'xyzw'))).toBeNull()
  expect(infeasibleStage(rule([{ a: 1 }, { b: 1 }]), among({ a: 'x', b: 'x' }, 'xyzw'))).toBe('stage 1')
  expect(infeasibleStage(rule([{ a: 2, b: 1 }]), among({ a: 'xy', b: 'y' }, 'zw'))).toBe('stage 0')
})

test('whoever fits two places takes the one that nobody else fits', () => {
  expect(infeasibleStage(rule([{ a: 1 }, { b: 1 }]), among({ a: 'xy', b: 'x' }, 'zw'))).toBeNull()
})

test('who asks fills none: it has to be good for more than one requester', () => {
  expect(infeasibleStage(rule([{ a: 1 }]), among({ a: 'x' }, 'xyz'))).toBeNull()
  expect(infeasibleStage(rule([{ a: 1 }]), among({ a: 'x' }, 'xy'))).toBe('stage 0')
  expect(infeasibleStage(rule([{ a: 1 }]), among({ a: 'xy' }, 'xy'))).toBeNull()
  expect(infeasibleStage(rule([{ a: 2 }]), among({ a: 'xy' }, 'xy'))).toBe('stage 0')
  expect(infeasibleStage(rule([{ a: 2 }], true), among({ a: 'xy' }, 'xy'))).toBeNull()
})

test('of a group that tokens fill nobody knows who will be in it', () => {
  expect(infeasibleStage(rule([{ a: 3 }, { b: 1 }]), among({ b: 'x' }, 'yz', 'a'))).toBeNull()
  expect(infeasibleStage(rule([{ a: 3 }, { b: 2 }]), among({ b: 'x' }, 'yz', 'a'))).toBe('stage 1')
})

/** Tries every way to give the slots people. */
function canFill(slots: readonly (readonly string[])[], taken: readonly string[]): boolean {
  const [first, ...rest] = slots
  return !first || first.some((person) => !taken.includes(person) && canFill(rest, [...taken, person]))
}

test('it is what trying every way says, and a few of each group are enough to know', () => {
  const requirement = fc.record({
    group: fc.constantFrom('a', 'b', 'c', 'a|b'),
    approvals: fc.integer({ min: 1, max: 2 }),
  })
  const stages = fc.array(fc.array(requirement, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 })
  const members = fc.subarray([...'uvwxyz'])
  fc.assert(
    fc.property(
      stages,
      members,
      members,
      members,
      fc.subarray([...'uvwxyz']),
      fc.boolean(),
      (drawn, a, b, c, askers, self) => {
        const made = rule(
          drawn.map((all) => Object.fromEntries(all.map(({ group, approvals }) => [group, approvals]))),
          self,
        )
        const groups: Record<string, string[]> = { a, b, c }
        const isGood = (count: number) => {
          const slots = made.stages.slice(0, count).flatMap(({ all }) =>
            all.flatMap(({ anyOf, approvals }) => {
              const who = [...new Set(anyOf.flatMap((one) => groups[one.slice('group:'.length)]!))]
              return Array.from({ length: approvals }, () => who)
            }),
          )
          const good = self ? canFill(slots, []) : askers.filter((asker) => canFill(slots, [asker])).length > 1
          return good
        }
        const failing = made.stages.findIndex((_, index) => !isGood(index + 1))
        const said = infeasibleStage(made, {
          people: new Map(Object.entries(groups).map(([name, ids]) => [inGroup(name), ids])),
          open: new Set(),
          askers,
        })
        expect(said).toBe(failing === -1 ? null : made.stages[failing]!.name)
      },
    ),
    { numRuns: 1_000 },
  )
})

test('a few of each group are enough, however many there are', () => {
  const all = Array.from({ length: 40 }, (_, n) => `p${n}`)
  const group = fc.shuffledSubarray(all)
  const inputs = [
    fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
    group,
    group,
    group,
    fc.shuffledSubarray(all),
  ] as const
  fc.assert(
    fc.property(...inputs, (approvals, a, b, c, askers) => {
      const made = rule(approvals.map((count, index) => ({ [['a', 'b', 'c'][index]!]: count })))
      if (approvals.reduce((sum, one) => sum + one, 0) > mostApprovals) return
      const said = (most: number) =>
        infeasibleStage(made, {
          people: new Map([a, b, c].map((ids, index) => [inGroup('abc'[index]!), ids.slice(0, most)])),
          open: new Set(),
          askers: askers.slice(0, most),
        })
      expect(said(enough)).toBe(said(Infinity))
    }),
    { numRuns: 500 },
  )
})

test('for one asking: neither those who have a hand in it nor who has the last word fill a place', () => {
  const of = (made: Rule, hands: string, confirmer: string | null) =>
    infeasibleStageFor(made, among({ a: 'xy', b: 'yz' }, ''), [...hands], confirmer)
  expect(of(rule([{ a: 1 }, { b: 1 }]), 'x', null)).toBeNull()
  expect(of(rule([{ a: 1 }, { b: 1 }]), 'x', 'z')).toBe('stage 1')
  expect(of(rule([{ a: 1 }]), 'x', 'y')).toBe('stage 0')
  // A policy that lets who asked vote does not let the last word be a vote, too.
  expect(of(rule([{ a: 1 }], true), 'x', 'y')).toBeNull()
  expect(of(rule([{ a: 2 }], true), 'x', 'y')).toBe('stage 0')
})

test('for one asking it is what trying every way says, and a few of each group are enough to know', () => {
  const all = Array.from({ length: 16 }, (_, n) => `p${n}`)
  const group = fc.shuffledSubarray(all)
  const approvals = fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 1, maxLength: 3 })
  const hands = fc.shuffledSubarray(all, { minLength: 1, maxLength: 2 })
  const confirmer = fc.option(fc.constantFrom(...all))
  fc.assert(
    fc.property(approvals, group, group, group, hands, confirmer, fc.boolean(), (counts, a, b, c, by, last, self) => {
      fc.pre(counts.reduce((sum, one) => sum + one, 0) <= mostApprovals)
      const groups = [a, b, c]
      const made = rule(
        counts.map((count, index) => ({ [['a', 'b', 'c'][index]!]: count })),
        self,
      )
      const said = (most: number) =>
        infeasibleStageFor(
          made,
          {
            people: new Map(groups.map((ids, index) => [inGroup('abc'[index]!), ids.slice(0, most)])),
            open: new Set(),
            askers: [],
          },
          by,
          last,
        )
      const mayVote = (id: string) => id !== last && (self || !by.includes(id))
      const failing = counts.findIndex((_, index) => !isEnough(counts.slice(0, index + 1), groups, mayVote))
      expect(said(Infinity)).toBe(failing === -1 ? null : `stage ${failing}`)
      expect(said(enough)).toBe(said(Infinity))
    }),
    { numRuns: 500 },
  )
})

/** Hall's theorem: any of the stages together have as many people as they ask for. */
function isEnough(counts: readonly number[], groups: readonly string[][], mayVote: (id: string) => boolean): boolean {
  return Array.from({ length: 2 ** counts.length }, (_, some) => counts.map((_, index) => (some >> index) % 2 === 1))
    .map((isIn) => ({
      needed: counts.reduce((sum, count, index) => sum + (isIn[index] ? count : 0), 0),
      there: new Set(counts.flatMap((_, index) => (isIn[index] ? groups[index]!.filter(mayVote) : []))).size,
    }))
    .every(({ needed, there }) => there >= needed)
}
