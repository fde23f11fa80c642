import { defaultPolicy, type KindOfApprovals } from '../approvals/policy.ts'
import type { Role } from '../context.ts'
import type { IntentFacts } from './intents.store.ts'

/**
 * Intents, as the core knows them. The agent platform asks and reports the answer with the same key, on behalf of
 * different people: who may answer is said by `approver_role` and `approver_person_id`, not by the key.
 */
export const intentKind = {
  kind: 'intent',
  policy: { ...defaultPolicy(['service', 'admin']), allow_self_approval: true },
  matchedBy: ['action', 'skill_slug', 'instance_id'],
  policyFacts: (call) => {
    const { action, skill_slug, instance_id, serialized_intent } = call as Called
    return { members: { action, skill_slug, instance_id }, document: serialized_intent }
  },
  isConfirmed: (call) => (call as Called).approver_role === 'customer',
  confirmer: (call) => ((call as Called).approver_role === 'customer' ? (call as Called).approver_person_id : null),
} as const satisfies KindOfApprovals

type Called = ReturnType<typeof whatIsCalled>

/** What a person decides on: the text of the call, and who is asked. */
export function whatIsCalled(intent: Omit<IntentFacts, 'id'>) {
  return {
    instance_id: intent.instance_id,
    approval_ref: intent.approval_ref,
    customer_id: intent.customer_id,
    action: intent.action,
    skill_slug: intent.skill_slug,
    serialized_intent: intent.serialized_intent,
    approver_role: intent.approver_role,
    approver_person_id: intent.approver_person_id,
    rule_id: intent.rule_id,
  }
}

/**
 * The roles of which somebody decides a call by its id: the owner's is an admin's, unless it waits for a certain
 * person; the customer's is decided through their channel only.
 */
export function whoDecides(call: unknown): readonly Role[] {
  const { approver_role, approver_person_id } = call as Called
  return approver_role === 'owner' && approver_person_id === null ? ['admin'] : []
}
