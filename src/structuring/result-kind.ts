import { defaultPolicy, type KindOfApprovals } from '../approvals/policy.ts'
import type { ResultFacts } from './results.store.ts'

/**
 * Results, as the core knows them. The gate asks, not the submitter, who may therefore review it too, given the role.
 */
export const resultKind = {
  kind: 'result',
  policy: { ...defaultPolicy(['reviewer', 'admin']), allow_self_approval: true },
  matchedBy: ['gate_id'],
  policyFacts: (result) => {
    const { gate_id, data } = result as ReturnType<typeof whatResulted>
    return { members: { gate_id }, document: data }
  },
} as const satisfies KindOfApprovals

/** What a reviewer decides on; the data as its text. */
export function whatResulted({
  gate_id,
  data,
  confidence,
  external_ref,
}: Pick<ResultFacts, 'gate_id' | 'confidence' | 'external_ref'> & { data: string }) {
  return { gate_id, data, confidence, external_ref }
}
