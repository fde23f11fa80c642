import { defaultPolicy, type KindOfApprovals } from '../approvals/policy.ts'
import type { ClaimFacts } from './claims.store.ts'

/** Claims, as the core knows them, and who may decide one. */
export const claimKind = {
  kind: 'claim',
  policy: defaultPolicy(['coordinator', 'admin']),
  matchedBy: ['expense_type', 'currency', 'min_amount'],
  policyFacts: (claim) => {
    const { expense_type, currency, amount } = claim as ClaimFacts
    return { members: { expense_type, currency, amount }, document: JSON.stringify(claim) }
  },
} as const satisfies KindOfApprovals

/** What an approver of a claim decides on. */
export function whatIsClaimed(claim: ClaimFacts) {
  const { description, amount, currency, expense_type, incurred_on, distance_km, receipt_url, external_ref } = claim
  return { description, amount, currency, expense_type, incurred_on, distance_km, receipt_url, external_ref }
}
