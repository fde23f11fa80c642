import type { Explained } from '../refusal.ts'

/** What requests of a standard kind are refused for, beyond what the core refuses. */
export const standardRefusals = {
  edit_not_allowed: [
    403,
    'It cannot be approved with changes',
    'Approve it as it is, or reject it and say what to ask for.',
  ],
  policy_changed: [
    409,
    'With these changes, another policy would apply',
    'Approve it as it is, or reject it and say what to ask for.',
  ],
  not_redeemer: [403, 'Only whoever redeemed it can report its outcome', 'Report as the user who redeemed it.'],
  not_approved: [
    409,
    'It is not approved',
    'Only an approved request can be redeemed or revoked. While it is pending, wait or withdraw it; else make a new request.',
  ],
  already_redeemed: [409, 'It was already redeemed', 'An approval is used once. To do it again, make a new request.'],
  redemption_lapsed: [409, 'It was not redeemed in time', 'Ask again, and redeem it before redeem_by.'],
  not_redeemed: [409, 'It is not redeemed', 'Redeem it, do it, then report what came of it.'],
  already_reported: [409, 'Its outcome was already reported', 'There is nothing to do: the first report stands.'],
} as const satisfies Record<string, Explained>

declare module '../refusal.ts' {
  interface Explanations extends Record<keyof typeof standardRefusals, Explained> {}
}
