import type { Vote } from './approval.ts'
import type { Capacity, Requirement, Rule, Stage } from './policy.ts'

/*
 * What a rule makes of votes: pure, for any rule. Within a stage a vote fills one requirement, and which it fills is no
 * matter of who came first: votes are assigned anew with each, by maximum matching (Kuhn's algorithm), so that whoever
 * fits two requirements never stands in somebody's way.
 */

/** A vote that stands, with what its voter voted in. */
export interface StandingVote {
  voter: string
  vote: Vote
  /** What it counts in, as of when it was cast. */
  capacities: readonly Capacity[]
  /** The stage that was open then. */
  stage: number
}

/** How far a requirement has got. */
export interface RequirementProgress extends Requirement {
  /** Whose votes are assigned to it. */
  voters: readonly string[]
}

export interface StageProgress {
  name: string | null
  all: readonly RequirementProgress[]
}

/** How far an approval has got. */
export interface Progress {
  /** The stage that is open; the number of stages where none is, because all are fulfilled. */
  open: number
  stages: readonly StageProgress[]
  isRejected: boolean
}

/** What the votes that stand have fulfilled. A rejection was only taken where it counts, so one is enough. */
export function progressOf({ stages }: Rule, votes: readonly StandingVote[]): Progress {
  const approving = votes.filter(({ vote }) => vote === 'approve')
  const progress = stages.map((stage, index) =>
    assigned(
      stage,
      approving.filter((vote) => vote.stage === index),
    ),
  )
  const open = progress.findIndex(({ all }) => all.some(({ approvals, voters }) => voters.length < approvals))
  return {
    open: open === -1 ? stages.length : open,
    stages: progress,
    isRejected: votes.some(({ vote }) => vote === 'reject'),
  }
}

/** Whether a yes in these capacities would fill something more of a stage. */
export function wouldFill(
  stage: Stage,
  votes: readonly StandingVote[],
  voter: Pick<StandingVote, 'capacities'>,
): boolean {
  const approving = votes.filter(({ vote }) => vote === 'approve')
  const before = filled(assigned(stage, approving))
  return filled(assigned(stage, [...approving, { ...voter, voter: '' }])) > before
}

/** Whether these capacities are asked for by a requirement of a stage. */
export function fits({ all }: Stage, capacities: readonly Capacity[]): boolean {
  return all.some(({ anyOf }) => anyOf.some((one) => capacities.includes(one)))
}

function filled({ all }: StageProgress): number {
  return all.reduce((sum, { voters }) => sum + voters.length, 0)
}

/** The stage with as many votes assigned to its requirements as can be, each to one. */
function assigned({ name, all }: Stage, votes: readonly Pick<StandingVote, 'voter' | 'capacities'>[]): StageProgress {
  const held: number[][] = all.map(() => [])
  const place = (vote: number, passed: Set<number>): boolean =>
    all.some(({ anyOf, approvals }, at) => {
      if (passed.has(at) || !anyOf.some((one) => votes[vote]!.capacities.includes(one))) return false
      passed.add(at)
      const holders = held[at]!
      if (holders.length < approvals) return holders.push(vote) > 0
      return holders.some((other, seat) => {
        if (!place(other, passed)) return false
        holders[seat] = vote
        return true
      })
    })
  votes.forEach((_, vote) => place(vote, new Set()))
  return {
    name,
    all: all.map((requirement, at) => ({ ...requirement, voters: held[at]!.map((vote) => votes[vote]!.voter) })),
  }
}
