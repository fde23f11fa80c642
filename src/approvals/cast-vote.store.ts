import { sql, type SQL } from '../db/sql.ts'
import { personNow } from '../access/standing.store.ts'
import type { Ctx } from '../context.ts'
import type { Condition, Reference, Statement } from '../db/open-db.ts'
import type { Approval, Vote } from './approval.ts'
import { matches } from './approvals.store.ts'
import { callingVoter, decidable, makerVoted, shared } from './decidable.store.ts'
import { nextSeq } from './history.store.ts'
import { marked, type Mark } from './mark.store.ts'
import type { KindOfApprovals } from './policy.ts'
import { openTo } from './policies.store.ts'
import { visible } from './restricted.store.ts'
import type { Ballot, ReplacedVote } from './rules.ts'
import type { Status } from './states.ts'
import { voidedFrom } from './votes.store.ts'
import { isInTime } from './states.store.ts'

/** Which approval is voted on, how, and under which further condition. */
type Cast = KindOfApprovals &
  Ballot & {
    id: Reference
    guard?: { condition: Condition }
    reportedBy?: string
    edit?: { digest: string } | undefined
  }

/** Casts one vote and, with the last one needed, decides, where one requirement is all that is asked for. */
export function castVote(ctx: Ctx, cast: Cast, decisionId: string): Statement {
  const { actor, now } = ctx
  const decided = cast.vote === 'reject' ? sql`1` : sql`votes_for + 1 >= votes_needed`
  return ctx.db.all(sql`
    UPDATE approvals SET
      status = CASE WHEN ${decided} THEN ${cast.vote === 'reject' ? 'rejected' : 'approved'} ELSE 'pending' END,
      decided_by = CASE WHEN ${decided} THEN ${actor.userId} END,
      decided_at = CASE WHEN ${decided} THEN ${now} END,
      comment = CASE WHEN ${decided} THEN ${cast.comment} END,
      votes_for = votes_for + ${cast.vote === 'approve' ? 1 : 0}, approved_digest = ${cast.edit?.digest ?? null},
      decision_id = ${decisionId}, event_seq = ${nextSeq(ctx)}, updated_at = ${now}, version = version + 1
    WHERE id = ${cast.id} AND tenant_id = ${actor.tenantId} AND kind = ${cast.kind} AND ${visible(ctx, cast)}
      AND ${decidable(callingVoter(ctx, cast.reportedBy ?? null), cast.policy, now)} AND NOT ${makerVoted(ctx)}
      AND ${matches(cast.ifMatch)} AND digest = coalesce(${cast.digest ?? null}, digest)
      AND ${cast.guard?.condition ?? sql`1`}`)
}

/** What the engine has made of a vote: where the approval is after it. */
export interface Step {
  /** The version of the row that it was computed from. */
  version: number
  /** Of whom it was computed: their roles and groups then, as JSON. */
  person: string | null
  status: Extract<Status, 'pending' | 'approved' | 'rejected'>
  /** The stage that was open. */
  openStage: number
  /** The stage that the vote is for: one that is open again, where it replaces a vote. And the one open after it. */
  stage: number
  nextStage: number
  /** A vote whose place it takes. */
  replaced: ReplacedVote | null
  /** Where it closes the stage: which requirement each of its voters was assigned to. */
  assigned: readonly (readonly [voter: string, requirement: number])[]
}

/** Casts a vote that the engine has computed, if nothing has changed since. */
export function castStaged(ctx: Ctx, cast: Cast, step: Step, decisionId: string): Statement {
  const { actor, now } = ctx
  const isDecided = step.status !== 'pending'
  const more = (cast.vote === 'approve' ? 1 : 0) - (step.replaced?.vote === 'approve' ? 1 : 0)
  return ctx.db.all(sql`
    UPDATE approvals SET status = ${step.status}, decided_by = ${isDecided ? actor.userId : null}, decided_at = ${isDecided ? now : null},
      comment = ${isDecided ? cast.comment : null}, votes_for = votes_for + ${more}, stage = ${step.nextStage},
      open_to = ${step.nextStage === step.openStage ? sql`open_to` : openTo(sql`policy_version_id`, step.nextStage)}, decision_id = ${decisionId}, event_seq = ${nextSeq(ctx)},
      updated_at = ${now}, version = version + 1
    WHERE id = ${cast.id} AND tenant_id = ${actor.tenantId} AND kind = ${cast.kind} AND ${visible(ctx, cast)}
      AND version = ${step.version} AND +status = 'pending' AND ${isInTime(now)}
      AND ${personOf(ctx, cast.reportedBy)} IS ${step.person}
      AND ${matches(cast.ifMatch)} AND digest = coalesce(${cast.digest ?? null}, digest)
      AND ${cast.guard?.condition ?? sql`1`}`)
}

/** Voids the vote whose place another takes, if that was cast. */
export function voidReplaced({ db, now }: Ctx, { decisionId }: ReplacedVote, mark: Mark): Statement {
  return db.all(sql`
    UPDATE votes SET voided_at = ${voidedFrom(now)}
    WHERE approval_id = (SELECT id FROM approvals WHERE ${marked(mark)}) AND voided_at = 0 AND decision_id = ${decisionId}`)
}

/** A row where the statement before this one has cast a vote. It reads none, as returning the approval would. */
export function selectWhetherCast(ctx: Ctx) {
  return ctx.db.all<{ cast: 1 }>(sql`SELECT 1 AS cast WHERE changes() > 0`)
}

/** The vote behind a decision, if it was allowed. `reportedBy` is whose key sent it, where it was not the voter's. */
export function insertVote(
  ctx: Ctx,
  { vote, comment, reportedBy }: { vote: Vote; comment: string | null; reportedBy?: string | undefined },
  mark: Mark,
  stage = 0,
): Statement {
  const { actor, now } = ctx
  return ctx.db.all(sql`
    INSERT INTO votes (approval_id, revision, voter_id, vote, decision_id, stage, counted_with, comment, voted_at, reported_by)
    SELECT id, revision, ${actor.userId}, ${vote}, decision_id, ${stage}, CASE WHEN policy_version_id IS NULL
        THEN ${JSON.stringify({ groups: [], roles: actor.roles })} ELSE ${countedWith(ctx, reportedBy)} END,
      ${comment}, ${now}, ${reportedBy ?? null}
    FROM approvals WHERE ${marked(mark)}`)
}

/** Which requirement of a stage that a decision has closed each vote was assigned to. */
export function recordAssignments(ctx: Ctx, id: Reference, mark: Mark, { stage, assigned }: Step): Statement {
  const each = assigned.map(([voter, requirement]) => sql`WHEN ${voter} THEN ${sql.raw(String(requirement))}`)
  const requirement = sql`CASE voter_id ${sql.join(each, sql` `)} END`
  return ctx.db.all(sql`
    UPDATE votes SET requirement = ${requirement}
    WHERE approval_id = ${id} AND voided_at = 0 AND stage = ${stage} AND ${requirement} IS NOT NULL
      AND revision = (SELECT revision FROM approvals WHERE ${marked(mark)})`)
}

/** An approval with what it takes to say who may vote on it: see `votingOf`. Of JSON. */
export type VotedOn = Approval & {
  /** The body of its policy; null where none holds. */
  policy: string | null
  policy_name: string | null
  policy_id: string | null
  policy_version: number | null
  /** The votes that stand, in their order. */
  standing: string
  /** The voter's roles and groups as they are now, where a policy holds; null where they are not there. */
  person: string | null
}

/**
 * One approval that the actor sees, as it is now.
 *
 * @param reporter whose roles and groups count, where the actor's vote is reported by somebody else
 */
export function selectApproval(ctx: Ctx, id: Reference, kind: KindOfApprovals, reporter?: string) {
  return selectVotedOn(ctx, id, kind, reporter, sql`1`)
}

/**
 * The same right after a vote, if that was not cast and a policy governs it. Where it was cast, no row is read: the key
 * that is looked for is none.
 */
export function selectGovernedUnlessCast(ctx: Ctx, id: Reference, kind: KindOfApprovals, reporter?: string) {
  return selectVotedOn(ctx, sql`iif(changes() = 0, ${id}, NULL)`, kind, reporter, sql`policy_version_id IS NOT NULL`)
}

function selectVotedOn(
  ctx: Ctx,
  id: Reference,
  kind: KindOfApprovals,
  reporter: string | undefined,
  condition: Condition,
) {
  return ctx.db.all<VotedOn>(sql`
    SELECT approvals.*, p.body AS policy, p.name AS policy_name, p.policy_id, p.version AS policy_version, (
        SELECT json_group_array(json_object('voter', voter_id, 'vote', vote, 'stage', stage, 'counted_with', json(counted_with),
          'reported_by', reported_by, 'decision_id', decision_id)) FROM (SELECT * FROM votes
            WHERE approval_id = approvals.id AND revision = approvals.revision AND voided_at = 0 ORDER BY voted_at, voter_id)) AS standing,
      CASE WHEN policy_version_id IS NOT NULL THEN ${personOf(ctx, reporter)} END AS person
    FROM approvals LEFT JOIN policy_versions p ON p.id = policy_version_id
    WHERE approvals.id = ${id} AND approvals.tenant_id = ${ctx.actor.tenantId} AND kind = ${kind.kind} AND ${visible(ctx, kind)}
      AND ${condition}`)
}

/** The roles and groups as whose a vote counts, as JSON; NULL where nobody is there. */
function personOf({ actor }: Ctx, reporter: string | undefined): SQL {
  const person = personNow(sql`${actor.tenantId}`, sql`${reporter ?? actor.userId}`)
  return sql`(SELECT json_object('roles', json(me.has_roles), 'groups', json(me.in_groups)) FROM ${person} AS me)`
}

/** What a vote under a policy counts with: see `votes.counted_with`. */
function countedWith({ actor }: Ctx, reporter: string | undefined): SQL {
  const person = personNow(sql`${actor.tenantId}`, sql`${reporter ?? actor.userId}`)
  const maker = actor.keyMadeBy === null ? sql`` : sql`, 'key_made_by', ${actor.keyMadeBy}`
  return sql`coalesce((SELECT json_object('groups', json(me.in_groups), 'roles', json(${shared(sql`me.has_roles`, actor.roles)})${maker})
    FROM ${person} AS me), '{"groups":[],"roles":[]}')`
}
