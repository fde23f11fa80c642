import type { Vote } from '../approvals/approval.ts'
import { decide, type Decision } from '../approvals/decide.ts'
import type { Ballot } from '../approvals/rules.ts'
import { refuseOtherInstance } from '../access/refuse-other-instance.ts'
import { roles, type Ctx } from '../context.ts'
import type { Reference } from '../db/open-db.ts'
import { hour } from '../durations.ts'
import { newId } from '../ids.ts'
import { Refusal } from '../refusal.ts'
import { readRef } from './approval-ref.ts'
import { intentKind } from './intent-kind.ts'
import {
  behindRef,
  itsInstance,
  recordResolution,
  resolvableBy,
  selectInView,
  selectIntent,
  type HowResolved,
  type Intent,
  type IntentInView,
  type PersonRole,
  type Resolver,
} from './intents.store.ts'

/** A person's answer, as the agent platform reports it. */
export interface Resolution {
  approval_ref: string
  vote: Vote
  /** Whether the platform has verified the person's PIN; approving needs it. */
  pin_verified: boolean
  resolver_role: PersonRole
  resolver_person_id: string | null
  /** Who it was; by default the person's id, else the key's user. */
  resolved_by: string | null
  resolution_channel: string | null
  /** How long after the approval the call may still be replayed, in hours. */
  execute_within_hours: number
  /** Entity tags of the states in which the answer is meant; null where any will do. */
  ifMatch: readonly string[] | null
}

/**
 * Resolves an intent; an approved one is put in the outbox in the same transaction.
 *
 * @returns it with what became of it
 * @throws Refusal `pin_required`, `wrong_resolver`, and as `decide`
 */
export async function resolveIntent(ctx: Ctx, instanceId: string, resolution: Resolution): Promise<IntentInView> {
  refuseOtherInstance(ctx.actor, instanceId)
  const { vote, resolver_role: role, resolver_person_id: personId, ifMatch } = resolution
  if (vote === 'approve' && !resolution.pin_verified) {
    throw new Refusal('pin_required', 'The PIN of the person who approves has not been verified.')
  }
  const ref = readRef(resolution.approval_ref)
  const id = behindRef(ctx, instanceId, ref)
  const userId = resolution.resolved_by ?? personId ?? ctx.actor.userId
  const asPerson = { ...ctx, actor: { ...ctx.actor, userId } }
  const decision = answer(
    asPerson,
    id,
    { vote, comment: null, ifMatch },
    {
      role,
      personId,
      isAnybody: true,
      isChannel: true,
      keyMadeBy: null,
      instanceId,
      channel: resolution.resolution_channel,
      pinVerified: resolution.pin_verified,
      reportedBy: ctx.actor.userId,
      executeBy: ctx.now + resolution.execute_within_hours * hour,
    },
  )
  const throughChannel = role === 'customer' ? { personId } : undefined
  const how = { name: `intent ${ref}`, reportedBy: ctx.actor.userId, throughChannel }
  return decide<IntentInView>(asPerson, { ...decision, ...how, view: selectInView(ctx, instanceId, ref) })
}

/** How long a call that was approved by its id may be replayed, in hours. */
const executeWithin = 24

/**
 * A decision by somebody who signs in themselves instead of answering through an agent's channel: the owner who is
 * asked, or an admin where no particular person is. They have shown who they are, so no PIN is asked for.
 */
export function decisionOnIntent(ctx: Ctx, id: Reference, ballot: Ballot): Decision<Intent> {
  const { userId, roles: has, keyMadeBy } = ctx.actor
  const decision = answer(ctx, id, ballot, {
    role: 'owner',
    personId: userId,
    isAnybody: has.includes('admin'),
    isChannel: false,
    keyMadeBy,
    instanceId: itsInstance,
    channel: 'api',
    pinVerified: false,
    reportedBy: null,
    executeBy: ctx.now + executeWithin * hour,
  })
  return { ...decision, policy: { ...intentKind.policy, approver_roles: roles } }
}

function answer(
  ctx: Ctx,
  id: Reference,
  ballot: Ballot,
  how: Omit<HowResolved, 'vote' | 'outboxId'> & Resolver,
): Decision<Intent> {
  return {
    id,
    ...intentKind,
    ...ballot,
    guard: {
      condition: resolvableBy(how),
      whyNot: (intent) => (fits(intent, how) ? null : wrongResolver(intent, how)),
      asked: 'first',
    },
    effect: (mark) => recordResolution(ctx, id, mark, { ...how, vote: ballot.vote, outboxId: newId('out') }),
    view: selectIntent(ctx, id),
  }
}

function fits(intent: Intent, { role, personId, isAnybody, isChannel, keyMadeBy }: Resolver): boolean {
  const { approver_role, approver_person_id } = intent
  if (intent.policy_version_id !== null) {
    if (!intent.channel_confirms) return true
    if (!isChannel) return approver_person_id === null || ![personId, keyMadeBy].includes(approver_person_id)
  }
  return approver_role === role && (approver_person_id === null ? isAnybody : approver_person_id === personId)
}

function wrongResolver(intent: Intent, { isChannel }: Resolver): Refusal {
  const { approval_ref, approver_role, approver_person_id, channel_confirms } = intent
  const who = approver_person_id === null ? `the ${approver_role}` : `the ${approver_role} ${approver_person_id}`
  const detail =
    channel_confirms && !isChannel
      ? `${who} has the last word on ${approval_ref}, through the agent’s channel, and no other.`
      : `${approval_ref} is for ${who} to decide.`
  return new Refusal('wrong_resolver', detail)
}
