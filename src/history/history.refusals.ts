import type { Explained } from '../refusal.ts'

/** What proofs and receipts are refused for, beyond what the core refuses. */
export const historyRefusals = {
  not_sealed: [409, 'It is not sealed yet', 'Events are sealed within a minute; try again then.', 60],
  history_forked: [
    409,
    'The stored history is not the one that was sealed',
    'The database was set back or changed. Restore it to a later point, or see "When the history was set back" in docs/history.md.',
  ],
  no_receipt: [
    409,
    'There is no decision to give a receipt for',
    'Only what was approved or rejected, or has expired, has a receipt; wait for the decision.',
  ],
  not_final: [409, 'The decision may still be taken back', 'Wait until the batch that approved it has ended.'],
  signing_unavailable: [
    503,
    'Nothing can be signed',
    'Ask the operator to set the secret HISTORY_SIGNING_KEY; what has happened meanwhile is sealed then.',
    60,
  ],
} as const satisfies Record<string, Explained>

declare module '../refusal.ts' {
  interface Explanations extends Record<keyof typeof historyRefusals, Explained> {}
}
