import type { Vote } from '../approvals/approval.ts'
import { decide } from '../approvals/decide.ts'
import { refuseOtherInstance } from '../access/refuse-other-instance.ts'
import type { Ctx } from '../context.ts'
import { hour } from '../durations.ts'
import { newId } from '../ids.ts'
import { Refusal } from '../refusal.ts'
import { readRef } from './approval-ref.ts'
import { intentKind } from './intent-kind.ts'
import {
  behindRef,
  recordResolution,
  resolvableBy,
  selectIntent,
  type Intent,
  type PersonRole,
} from './intents.store.ts'

/** A person's answer, as the agent platform reports it. */
export interface Resolution {
  approval_ref: string
  vote: Vote
  /** Whether the platform has verified the person's PIN; approving needs it. */
  pin_verified: boolean
  resolver_role: PersonRole
  resolver_person_id: string | null
  /** Who it was; else the person's id, else the key's user. */
  resolved_by: string | null
  resolution_channel: string | null
  /** How long after the approval the call may still be replayed, in hours. */
  execute_within_hours: number
}

/**
 * Resolves an intent; an approved one is put in the outbox in the same transaction.
 *
 * @throws Refusal `pin_required`, `wrong_resolver`, and as `decide`
 */
export async function resolveIntent(ctx: Ctx, instanceId: string, resolution: Resolution): Promise<Intent> {
  refuseOtherInstance(ctx.actor, instanceId)
  const { vote, resolver_role: role, resolver_person_id: personId } = resolution
  if (vote === 'approve' && !resolution.pin_verified) {
    throw new Refusal('pin_required', 'The PIN of the person who approves has not been verified.')
  }
  const ref = readRef(resolution.approval_ref)
  const id = behindRef(ctx, instanceId, ref)
  const userId = resolution.resolved_by ?? personId ?? ctx.actor.userId
  const asPerson = { ...ctx, actor: { ...ctx.actor, userId } }
  return decide(asPerson, {
    id,
    name: ref,
    ...intentKind,
    vote,
    reportedBy: ctx.actor.userId,
    comment: null,
    ifMatch: null,
    guard: {
      condition: resolvableBy(role, personId),
      whyNot: (intent) => (fits(intent, role, personId) ? null : wrongResolver(intent)),
      asked: 'first',
    },
    effect: (mark) =>
      recordResolution(asPerson, mark, {
        vote,
        instanceId,
        role,
        personId,
        channel: resolution.resolution_channel,
        pinVerified: resolution.pin_verified,
        reportedBy: ctx.actor.userId,
        outboxId: newId('out'),
        executeBy: ctx.now + resolution.execute_within_hours * hour,
      }),
    view: selectIntent(ctx, id),
  })
}

function fits(intent: Intent, role: PersonRole, personId: string | null): boolean {
  return intent.approver_role === role && (intent.approver_person_id === null || intent.approver_person_id === personId)
}

function wrongResolver({ approval_ref, approver_role, approver_person_id }: Intent): Refusal {
  const who = approver_person_id === null ? `the ${approver_role}` : `the ${approver_role} ${approver_person_id}`
  return new Refusal('wrong_resolver', `${approval_ref} is for ${who} to decide.`)
}
