import type { Explained } from '../refusal.ts'

/** What people, groups and keys are refused for, beyond what the core refuses. */
export const accessRefusals = {
  duplicate_id: [
    409,
    'The id is taken',
    'Leave the id out, or give another; the id of something that was deleted is not used again.',
  ],
  last_admin_key: [
    409,
    'It would leave the tenant without an admin key',
    'Make another admin key first, one that lasts at least as long, for a person who has the role admin and is not disabled.',
  ],
  secrets_unavailable: [
    503,
    'The secret cannot be kept for a repeated request',
    'Leave the Idempotency-Key out, or ask the operator to set the secret WEBHOOK_SECRET_KEY.',
    60,
  ],
  sign_in_unavailable: [
    503,
    'Tokens cannot be verified just now',
    'Try again after as many seconds as Retry-After says, or use an API key; if it persists, ask the operator to check the OIDC_… variables.',
    10,
  ],
  cross_origin: [
    403,
    'A page from another site may not do this',
    'Send a key or a token in a header, or ask the operator to name the origin of the page in CORS_ORIGINS.',
  ],
} as const satisfies Record<string, Explained>

declare module '../refusal.ts' {
  interface Explanations extends Record<keyof typeof accessRefusals, Explained> {}
}
