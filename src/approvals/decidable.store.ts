import { sql, type SQL } from '../db/sql.ts'
import { personNow } from '../access/standing.store.ts'
import { roles as allRoles, type Ctx, type Role } from '../context.ts'
import type { Condition, Fragment } from '../db/open-db.ts'
import type { Policy } from './policy.ts'
import { isInTime } from './states.store.ts'

/** Who votes, as SQL: values for a request, columns for a batch. */
export interface Voter {
  id: SQL
  /** What they vote with where no policy holds: a JSON array of roles. */
  roles: SQL
  /** Whether they may vote on the `approvals` row of the surrounding statement under the policy that it has. */
  underPolicy: Condition
  /** Whether a user has a hand in the vote; without it only the voter has. */
  hasHand?: (user: SQL) => SQL
}

/** Who sent the request of an `approvals` row, as SQL: for the requester, or the requester themselves. */
export const submitter = sql`coalesce(approvals.submitted_by, approvals.requester_id)`

/**
 * The condition under which a voter may vote on the `approvals` row of the surrounding statement. Says in SQL what
 * `whyNot` says in `rules.ts`, but for policies of more than one requirement, under which no statement decides alone.
 * The unary plus keeps the status out of the choice of index: approvals are voted on by id. What is pending has no
 * standing vote but those that are counted (`votes_for`), as a no decides at once.
 *
 * @param policy what it takes where the row has no policy of its own
 */
export function decidable(voter: Voter, policy: Policy, now: number): SQL {
  const hasHand = voter.hasHand ?? ((user: SQL) => sql`${user} = ${voter.id}`)
  const asked = sql`(${hasHand(sql`approvals.requester_id`)} OR (approvals.submitted_by IS NOT NULL AND ${hasHand(sql`approvals.submitted_by`)}))`
  const fits = policy.approver_roles.map((role) => sql`instr(${voter.roles}, ${quoted(role)})`)
  return sql`
    +approvals.status = 'pending'
    AND ${isInTime(now)}
    AND CASE WHEN approvals.policy_version_id IS NULL
      THEN ${policy.allow_self_approval ? sql`1` : sql`NOT ${asked}`} AND (${fits.length > 0 ? sql.join(fits, sql` OR `) : sql`0`})
      ELSE approvals.channel_confirms = 0 AND ${voter.underPolicy} END
    AND (approvals.votes_for = 0 OR NOT EXISTS (${standing(sql`1`, voter.id)}))`
}

/** The caller as a voter. @param reporter whose key it is, where it reports somebody else's vote */
export function callingVoter(ctx: Ctx, reporter: string | null): Voter {
  const { userId, roles, keyMadeBy } = ctx.actor
  const id = sql`${userId}`
  const own = { id, roles: sql`${JSON.stringify(roles)}`, underPolicy: callerUnderPolicy(ctx, reporter) }
  return keyMadeBy === null ? own : { ...own, hasHand: (user) => sql`${user} IN (${userId}, ${keyMadeBy})` }
}

/** Whether whoever has made the caller's key has voted; nobody else may vote with it then. */
export function makerVoted({ actor }: Ctx): Condition {
  return actor.keyMadeBy === null ? sql`0` : sql`EXISTS (${standing(sql`1`, sql`${actor.keyMadeBy}`)})`
}

/** One person is one vote, and their roles and groups count as they are when the statement runs. */
function callerUnderPolicy({ actor }: Ctx, reporter: string | null): Condition {
  const voters = [actor.userId, reporter].filter((one) => one !== null)
  const isVoter = isAmong(voters)
  const isHand = actor.keyMadeBy === null ? isVoter : isAmong([...voters, actor.keyMadeBy])
  const person = personNow(sql`${actor.tenantId}`, sql`${reporter ?? actor.userId}`)
  return sql`EXISTS (SELECT 1 FROM policy_versions p CROSS JOIN ${person} AS me WHERE p.id = approvals.policy_version_id
      AND (p.allow_self_approval OR NOT (${isHand(sql`approvals.requester_id`)} OR ${isHand(submitter)}))
      AND ${fulfils(sql`${JSON.stringify(actor.roles)}`)})
    AND NOT ${handVoted(isHand, isVoter)}`
}

/** There are three of them at the most: a list would be read once for each that is looked up in it. */
function isAmong(users: readonly string[]): (user: SQL) => SQL {
  return (user) =>
    sql`(${sql.join(
      [...new Set(users)].map((one) => sql`${user} = ${one}`),
      sql` OR `,
    )})`
}

/**
 * Whether there is a standing vote on the `approvals` row of the surrounding statement that is another of the same
 * hands.
 *
 * @param isHand who has a hand in the vote that is to be cast: whose it is, who reports it, who has made the key; none
 *   of them has voted, or reported a vote
 * @param isVoter whose it is, or who reports it: nobody has voted with a key that they had made
 */
export function handVoted(isHand: (user: SQL) => SQL, isVoter: (user: SQL) => SQL): Condition {
  return sql`EXISTS (SELECT 1 FROM votes v WHERE v.approval_id = approvals.id AND v.revision = approvals.revision AND v.voided_at = 0
    AND (${isHand(sql`v.voter_id`)} OR ${isHand(sql`v.reported_by`)} OR ${isVoter(sql`v.counted_with ->> '$.key_made_by'`)}))`
}

/**
 * The policy versions of the tenant that somebody alone fulfils: a SELECT of their ids.
 *
 * @param personId who it is
 * @param roles those that their key has, a JSON array; of them those count that they have themselves
 */
export function versionsFulfilledBy({ actor }: Ctx, personId: SQL, roles: SQL): Fragment {
  const tenantId = sql`${actor.tenantId}`
  return sql`SELECT p.id FROM ${personNow(tenantId, personId)} AS me
    CROSS JOIN policy_versions p INDEXED BY policy_versions_by_tenant WHERE p.tenant_id = ${tenantId} AND ${fulfils(roles)}`
}

/** Whether the person `me`, with a key of these roles, fulfils the only requirement of the policy version `p`. */
function fulfils(roles: SQL): Condition {
  return sql`(ifnull(instr(me.in_groups, json_quote(p.sole_group)), 0) OR ifnull(${overlap(sql`me.has_roles`, roles, sql`p.sole_roles`)}, 0))`
}

/** Whether JSON arrays of roles share one. */
function overlap(...arrays: readonly SQL[]): SQL {
  const shared = allRoles.map((role) => {
    const isIn = arrays.map((array) => sql`instr(${array}, ${quoted(role)})`)
    return sql`(${sql.join(isIn, sql` AND `)})`
  })
  return sql`(${sql.join(shared, sql` OR `)})`
}

/** Those of these roles that a JSON array of roles has, too: a JSON array, made without reading one. */
export function shared(array: SQL, roles: readonly Role[]): SQL {
  const each = roles.map((role) => sql`iif(instr(${array}, ${quoted(role)}), ${sql.raw(`',"${role}"'`)}, '')`)
  return sql`'[' || substr(${sql.join([sql`''`, ...each], sql` || `)}, 2) || ']'`
}

/** A role as it stands in a JSON array, as SQL. */
function quoted(role: Role): SQL {
  return sql.raw(`'"${role}"'`)
}

/** A voter's standing vote on the question of the `approvals` row of the surrounding statement. */
export function standing(column: SQL, voterId: SQL): SQL {
  return sql`SELECT ${column} FROM votes
    WHERE votes.approval_id = approvals.id AND votes.revision = approvals.revision AND votes.voter_id = ${voterId} AND votes.voided_at = 0`
}
