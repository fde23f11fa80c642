import { defaultPolicy, type KindOfApprovals } from '../approvals/policy.ts'
import type { ChangeFacts } from './changes.store.ts'

/** Change requests, as the core knows them, and who may decide one. */
export const changeKind = { kind: 'change', policy: defaultPolicy(['admin']) } as const satisfies KindOfApprovals

/** What an approver of a change decides on; the payload as its text. */
export function whatChanges({ entity_type, entity_id, entity_name, action, payload }: Omit<ChangeFacts, 'id'>) {
  return { entity_type, entity_id, entity_name, action, payload }
}
