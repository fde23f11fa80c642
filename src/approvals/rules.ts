import type { Actor } from '../context.ts'
import { Refusal } from '../refusal.ts'
import { tagOf, winnerOf, type Approval, type Vote } from './approval.ts'
import { nameOfStage, type Capacity, type Rule } from './policy.ts'
import { fits, progressOf, wouldFill, type StandingVote } from './quorum.ts'
import { statusAt, type Status } from './states.ts'

/** Somebody's wish to vote. */
export interface Ballot {
  vote: Vote
  comment: string | null
  /** Entity tags of the states in which the vote is meant (`If-Match`); null where any will do. */
  ifMatch: readonly string[] | null
  /** The digest of the question that the voter has seen; without one, whatever is asked now. */
  digest?: string | null
}

/** A vote that stands, with who else had a hand in it: who reported it, and who had made the key that cast it. */
export type RecordedVote = StandingVote & { reportedBy: string | null; keyMadeBy: string | null }

/** A vote whose place another takes, with what names it. */
export type ReplacedVote = RecordedVote & { decisionId: string }

/** What there is to know of an approval, and of somebody, to say whether they may vote on it. */
export interface Voting {
  rule: Rule
  /** Whether the rule is a policy's, and not what the kind takes. */
  isGoverned: boolean
  votes: readonly RecordedVote[]
  /** A vote that somebody has reported of them, which is not among the votes: their own takes its place. */
  replaced: ReplacedVote | null
  /** In what the vote would count. */
  capacities: readonly Capacity[]
  /** Who else it would be a vote of: whoever reports it. Under a policy it counts as theirs. */
  reporter: string | null
  /** Where it is that of the person who is asked through the family's channel: their id, if it is known. */
  throughChannel: { personId: string | null } | null
}

/**
 * May this actor cast this vote on this approval now? Null means yes; `repeat` means it was done already, by the same
 * person, with the same outcome; else the reason why not. The WHERE clause `decidable` in `approvals.store.ts` says the
 * same in SQL of a rule of one requirement, and is what decides races; a test holds the two together.
 */
export function whyNot(
  approval: Approval,
  voting: Voting,
  actor: Actor,
  ballot: Omit<Ballot, 'comment'>,
  now: number,
): Refusal | 'repeat' | null {
  const confirms = voting.throughChannel !== null && approval.channel_confirms === 1
  const why = () => (confirms ? null : (unfit(voting) ?? unasked(approval, voting, actor)))
  const status = statusAt(approval, now)
  const cast = voting.votes.find(({ voter }) => voter === actor.userId)
  const isOfStage = confirms && cast?.vote === 'approve' && cast.stage < voting.rule.stages.length
  const mine = isOfStage ? null : (cast?.vote ?? null)
  if (mine === ballot.vote && (status === 'pending' || status === outcomeOf(mine))) {
    // Under a policy a vote stands although its voter may have left the group that it counted for.
    const forbidden = voting.isGoverned ? null : why()
    return forbidden ?? (isSeen(approval, ballot) ? 'repeat' : otherQuestion(approval))
  }
  const forbidden = why()
  if (forbidden) return forbidden
  if (status !== 'pending') return ended(approval, status, now)
  if (mine !== null) {
    return new Refusal('already_decided', `${actor.userId} has already voted to ${mine} ${approval.id}.`)
  }
  const reason = confirms
    ? (early(approval, voting, ballot) ?? secondWord(approval, voting, actor))
    : (secondVote(approval, voting, actor) ?? unneeded(approval, voting))
  if (reason) return reason
  if (ballot.ifMatch && !ballot.ifMatch.includes(tagOf(approval))) return notAsSeen(approval)
  return isSeen(approval, ballot) ? null : otherQuestion(approval)
}

const any = new Intl.ListFormat('en-GB', { type: 'disjunction' })

/** Nothing of the rule asks for somebody like them. */
function unfit({ rule, isGoverned, capacities }: Voting): Refusal | null {
  if (rule.stages.some((stage) => fits(stage, capacities))) return null
  const wanted = [...new Set(rule.stages.flatMap(({ all }) => all.flatMap(({ anyOf }) => anyOf)))]
  const detail = `Deciding this requires ${any.format(wanted.map(inWords))}.`
  const roles = wanted.map((one) => one.slice('role:'.length))
  return new Refusal('forbidden', detail, isGoverned ? { needs: wanted } : { roles })
}

/** A capacity, for people to read. */
export function inWords(capacity: Capacity): string {
  const [what, ...name] = capacity.split(':')
  return `the ${what} ${name.join(':')}`
}

/** Who has asked, or has sent it, does not decide it; nor does a key that they have made for somebody else. */
function unasked(approval: Approval, { rule, reporter, isGoverned }: Voting, actor: Actor): Refusal | null {
  if (rule.allowSelfApproval) return null
  const hasAsked = (who: string) => approval.requester_id === who || approval.submitted_by === who
  const how = (who: string) => (approval.requester_id === who ? '' : ` in the name of ${approval.requester_id}`)
  const refused = (who: string, more: string) =>
    new Refusal('self_approval', `${who}${more} asked for ${approval.id}${how(who)}; somebody else has to decide it.`)
  if (hasAsked(actor.userId)) return refused(actor.userId, '')
  if (isGoverned && reporter !== null && hasAsked(reporter)) return refused(reporter, ', who reports this vote,')
  const maker = actor.keyMadeBy
  return maker !== null && hasAsked(maker) ? refused(maker, ', who made this key,') : null
}

/**
 * One person is one vote, whatever keys they have made and whatever they report of others. Two who vote with keys that
 * a third has made are two, as long as the third does not vote.
 */
function secondVote({ id }: Approval, { votes, isGoverned, reporter }: Voting, actor: Actor): Refusal | null {
  const hasVoted = (who: string) =>
    votes.some(({ voter, reportedBy }) => voter === who || (isGoverned && reportedBy === who))
  const hasHand = (who: string) => hasVoted(who) || votes.some(({ keyMadeBy }) => keyMadeBy === who)
  const refused = (who: string, how: string) =>
    new Refusal('second_vote', `${who}, ${how}, is behind another vote on ${id} already.`)
  if (isGoverned && reporter !== null && hasHand(reporter)) return refused(reporter, 'who reports this vote')
  if (isGoverned && hasHand(actor.userId)) return refused(actor.userId, 'whose vote this is')
  const maker = actor.keyMadeBy
  return maker !== null && hasVoted(maker) ? refused(maker, 'who made this key') : null
}

/** Nothing of the stage that is open would be fulfilled by them. */
function unneeded({ id, channel_confirms }: Approval, { rule, votes, capacities }: Voting): Refusal | null {
  const { open } = progressOf(rule, votes)
  const stage = rule.stages[open]
  if (!stage) {
    const detail = channel_confirms
      ? `All stages of ${id} are closed; only the person asked through a channel can still decide it.`
      : `All stages of ${id} are closed.`
    return new Refusal('stage_not_open', detail)
  }
  if (!fits(stage, capacities)) {
    const detail = `The stage ${JSON.stringify(nameOfStage(stage))} of ${id} is open, but it does not ask for you.`
    return new Refusal('stage_not_open', detail, { stage: nameOfStage(stage) })
  }
  const ofStage = votes.filter((vote) => vote.stage === open)
  if (wouldFill(stage, ofStage, { capacities })) return null
  const detail = `What you could fulfil of the stage ${JSON.stringify(nameOfStage(stage))} of ${id} is already fulfilled.`
  return new Refusal('vote_not_needed', detail, { stage: nameOfStage(stage) })
}

/** A yes through the channel is the last; a no is taken at any time. */
function early({ id }: Approval, { rule, votes }: Voting, { vote }: Pick<Ballot, 'vote'>): Refusal | null {
  const stage = rule.stages[progressOf(rule, votes).open]
  if (vote === 'reject' || !stage) return null
  const detail = `The stage ${JSON.stringify(nameOfStage(stage))} of ${id} is still open; the person asked through a channel comes last.`
  return new Refusal('stage_not_open', detail, { stage: nameOfStage(stage) })
}

/**
 * One person is one vote: whoever has voted in a stage, or made the key of one who has, is not the customer, too,
 * however they are called there.
 */
function secondWord({ id }: Approval, { votes, throughChannel }: Voting, { userId }: Actor): Refusal | null {
  const isThem = (who: string | null) => who !== null && (who === userId || who === throughChannel?.personId)
  if (!votes.some(({ voter, keyMadeBy }) => isThem(voter) || isThem(keyMadeBy))) return null
  const detail = `${userId} is behind a vote in a stage of ${id}; the last word is somebody else’s.`
  return new Refusal('second_vote', detail)
}

/** May this actor take the request back now, as they have seen it? As `whyNot`. */
export function whyNotWithdraw(
  approval: Approval,
  actor: Actor,
  { ifMatch, digest }: Pick<Ballot, 'ifMatch' | 'digest'>,
  now: number,
): Refusal | 'repeat' | null {
  if (approval.requester_id !== actor.userId) {
    return new Refusal('not_requester', `${approval.id} was asked for by somebody else; only they can withdraw it.`)
  }
  const status = statusAt(approval, now)
  const isOther = !isSeen(approval, { digest })
  if (status === 'withdrawn') return isOther ? otherQuestion(approval) : 'repeat'
  if (status !== 'pending') return ended(approval, status, now)
  if (ifMatch && !ifMatch.includes(tagOf(approval))) return notAsSeen(approval)
  return isOther ? otherQuestion(approval) : null
}

/** May this actor ask something else instead now? As `whyNot`; nothing is a repeat. */
export function whyNotAmend(
  approval: Approval,
  actor: Actor,
  ifMatch: readonly string[] | null,
  now: number,
): Refusal | null {
  if (approval.requester_id !== actor.userId) {
    return new Refusal('not_requester', `${approval.id} was asked for by somebody else; only they can amend it.`)
  }
  const status = statusAt(approval, now)
  if (status !== 'pending') return ended(approval, status, now)
  if (ifMatch && !ifMatch.includes(tagOf(approval))) return notAsSeen(approval)
  return null
}

function isSeen(approval: Approval, { digest = null }: Pick<Ballot, 'digest'>): boolean {
  return digest === null || digest === approval.digest
}

/** The question is another one than that which was seen. */
export function otherQuestion({ id, digest }: Approval): Refusal {
  return new Refusal('digest_mismatch', `The digest of ${id} is ${digest}.`, { digest })
}

function outcomeOf(vote: Vote) {
  return vote === 'approve' ? 'approved' : 'rejected'
}

/** Nothing is decided about it, and nothing amended, any more. */
function ended(approval: Approval, status: Exclude<Status, 'pending'>, now: number): Refusal {
  if (status === 'expired') {
    return new Refusal(
      'approval_expired',
      `${approval.id} was to be decided before ${new Date(approval.due_at ?? now).toISOString()}.`,
    )
  }
  return status === 'withdrawn' ? withdrawn(approval, now) : decided(approval, now)
}

function decided(approval: Approval, now: number): Refusal {
  const winner = winnerOf(approval, now)
  return new Refusal(
    'already_decided',
    `${approval.id} was ${winner.decision} by ${winner.decided_by} at ${winner.decided_at}.`,
    { winner },
  )
}

function withdrawn(approval: Approval, now: number): Refusal {
  const winner = winnerOf(approval, now)
  return new Refusal(
    'already_withdrawn',
    `${approval.id} was withdrawn by ${winner.decided_by} at ${winner.decided_at}.`,
    { winner },
  )
}

/** It is not what `If-Match` names any more. */
export function notAsSeen(approval: Pick<Approval, 'id' | 'version'>): Refusal {
  const etag = `"${tagOf(approval)}"`
  return new Refusal('precondition_failed', `${approval.id} is now at ${etag}.`, { etag })
}
