import type { Actor, Role } from '../context.ts'
import type { Step, VotedOn } from './cast-vote.store.ts'
import {
  inGroup,
  inRole,
  ruleOf,
  ruleOfKind,
  soleRequirement,
  type Capacity,
  type KindOfApprovals,
  type PolicyBody,
} from './policy.ts'
import { progressOf } from './quorum.ts'
import type { Ballot, RecordedVote, ReplacedVote, Voting } from './rules.ts'
import type { CastVote } from './votes.store.ts'

/** Of a vote what `votingOf` needs beside the approval. */
export interface Voter extends KindOfApprovals {
  /** The user whose key reports the vote, where it is not the actor who sends it. */
  reportedBy?: string
  /**
   * Where it is that of the person who is asked through the family's channel, and has the last word under a policy:
   * their id, if it is known.
   */
  throughChannel?: { personId: string | null } | undefined
}

interface Person {
  roles: Role[]
  groups: string[]
}

/** What there is to know of an approval that was read, and of whoever votes on it. */
export function votingOf(approval: VotedOn, voter: Voter, actor: Actor): Voting {
  const body = approval.policy === null ? null : (JSON.parse(approval.policy) as PolicyBody)
  const replaced = body && approval.status === 'pending' ? reportedOf(approval, voter, actor) : null
  return {
    rule: body ? ruleOf(body) : ruleOfKind(voter.policy),
    isGoverned: body !== null,
    votes: votesOf(approval).filter(({ voter }) => voter !== replaced?.voter),
    replaced,
    capacities: body ? capacitiesOf(approval, actor) : actor.roles.map(inRole),
    reporter: voter.reportedBy ?? null,
    throughChannel: voter.throughChannel ?? null,
  }
}

/**
 * The vote that somebody has reported of a person who now votes themselves. It counts as the reporter's, so it keeps
 * nobody from a vote of their own, nor from a no.
 */
function reportedOf(approval: VotedOn, { reportedBy }: Voter, { userId }: Actor): ReplacedVote | null {
  if (reportedBy !== undefined) return null
  const standing = JSON.parse(approval.standing) as (CountedVote & { decision_id: string })[]
  const vote = standing.find(({ voter, reported_by }) => voter === userId && reported_by !== null)
  return vote ? { ...recordedVote(vote), decisionId: vote.decision_id } : null
}

/** Whether one statement decides it, and nothing has to be computed first. */
export function isDecidedAtOnce({ channel_confirms }: VotedOn, { rule, isGoverned, replaced }: Voting): boolean {
  return !isGoverned || (channel_confirms === 0 && soleRequirement(rule) !== null && replaced === null)
}

/** Where an approval is after a vote that may be cast. */
export function stepOf(approval: VotedOn, voting: Voting, actor: Actor, { vote }: Ballot): Step {
  const { rule, votes, replaced, ...voter } = voting
  const { version, person, channel_confirms } = approval
  const stage = progressOf(rule, votes).open
  const cast = { voter: actor.userId, vote, capacities: voter.capacities, stage }
  const after = progressOf(rule, [...votes, cast])
  const isWhole = after.open === rule.stages.length
  const hasLastWord = stage === rule.stages.length
  const isApproved = isWhole && (channel_confirms === 0 || hasLastWord)
  const status = vote === 'reject' ? 'rejected' : isApproved ? 'approved' : 'pending'
  const closed = vote === 'approve' && after.open > stage ? after.stages[stage] : undefined
  return {
    version,
    person,
    status,
    openStage: approval.stage,
    stage,
    nextStage: vote === 'reject' ? stage : after.open,
    replaced,
    assigned: (closed?.all ?? []).flatMap(({ voters }, requirement) =>
      voters.map((one) => [one, requirement] as const),
    ),
  }
}

/** The votes that stand, as they were recorded. */
export function votesOf({ standing }: Pick<VotedOn, 'standing'>): RecordedVote[] {
  return (JSON.parse(standing) as CountedVote[]).map(recordedVote)
}

type CountedVote = Pick<CastVote, 'voter' | 'vote' | 'stage' | 'counted_with' | 'reported_by'>

/** A vote as it counts. */
export function recordedVote({ counted_with, reported_by, voter, vote, stage }: CountedVote): RecordedVote {
  return {
    voter,
    vote,
    stage,
    capacities: [...(counted_with.roles ?? []).map(inRole), ...(counted_with.groups ?? []).map(inGroup)],
    reportedBy: reported_by,
    keyMadeBy: counted_with.key_made_by ?? null,
  }
}

function capacitiesOf({ person }: VotedOn, { roles }: Actor): Capacity[] {
  if (person === null) return []
  const has = JSON.parse(person) as Person
  return [...has.roles.filter((role) => roles.includes(role)).map(inRole), ...has.groups.map(inGroup)]
}
