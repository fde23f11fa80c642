import { defaultPolicy, type KindOfApprovals } from '../approvals/policy.ts'
import type { ChangeFacts } from './changes.store.ts'

/** Change requests, as the core knows them, and who may decide one. */
export const changeKind = {
  kind: 'change',
  policy: defaultPolicy(['admin']),
  matchedBy: ['entity_type', 'change_action'],
  policyFacts: (change) => {
    const { entity_type, action, payload } = change as ReturnType<typeof whatChanges>
    return { members: { entity_type, change_action: action }, document: payload }
  },
} as const satisfies KindOfApprovals

/** What an approver of a change decides on; the payload as its text. */
export function whatChanges({ entity_type, entity_id, entity_name, action, payload }: Omit<ChangeFacts, 'id'>) {
  return { entity_type, entity_id, entity_name, action, payload }
}
