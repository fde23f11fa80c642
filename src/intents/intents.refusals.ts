import type { Explained } from '../refusal.ts'

/** What intents and the outbox are refused for, beyond what the core refuses. */
export const intentRefusals = {
  pin_required: [403, 'Approving requires a verified PIN', "Verify the person's PIN, then send pin_verified: true."],
  wrong_resolver: [
    403,
    'Somebody else has to decide this',
    'Only the person that approver_role and approver_person_id name can decide it.',
  ],
  lease_lost: [
    409,
    'The lease is no longer yours',
    'Lease again; whoever holds the current lease reports the outcome.',
  ],
} as const satisfies Record<string, Explained>

declare module '../refusal.ts' {
  interface Explanations extends Record<keyof typeof intentRefusals, Explained> {}
}
