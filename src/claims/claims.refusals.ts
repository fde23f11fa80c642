import type { Explained } from '../refusal.ts'

/** What claims and batches are refused for, beyond what the core refuses. */
export const claimRefusals = {
  batch_not_pending: [
    409,
    'The batch is no longer pending',
    'Only a pending batch can be amended or started. Cancel it, or make a new one.',
  ],
  batch_completed: [409, 'The batch is completed', 'A completed batch cannot be cancelled; its approvals stand.'],
} as const satisfies Record<string, Explained>

declare module '../refusal.ts' {
  interface Explanations extends Record<keyof typeof claimRefusals, Explained> {}
}
