import type { Explained } from '../refusal.ts'

/** What requests are refused for, beyond what the core refuses. */
export const requestRefusals = {
  edit_not_allowed: [
    403,
    'Nobody approves it otherwise than asked',
    'Approve it as it is, or reject it and say what to ask.',
  ],
  policy_changed: [
    409,
    'Another policy would govern that',
    'Approve it as it is, or reject it and say what to ask: the policies are asked again then.',
  ],
  not_redeemer: [403, 'Only whoever redeemed it reports', 'Report with the key that redeemed it.'],
  not_approved: [409, 'It is not approved', 'Redeem what is approved; wait for the decision, or ask again.'],
  already_redeemed: [
    409,
    'It was redeemed already',
    'Do nothing: what was approved is done once. Ask again to do it again.',
  ],
  redemption_lapsed: [409, 'It was not redeemed in time', 'Ask again, and redeem it before redeem_by.'],
  not_redeemed: [409, 'It is not redeemed', 'Redeem it, do it, then report what came of it.'],
  already_reported: [409, 'Its outcome was reported already', 'Leave it: the first report stands.'],
} as const satisfies Record<string, Explained>

declare module '../refusal.ts' {
  interface Explanations extends Record<keyof typeof requestRefusals, Explained> {}
}
