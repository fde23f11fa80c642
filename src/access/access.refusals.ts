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
    'It would take the tenant its last admin key',
    'Make another admin key first, one that lasts at least as long, for a person who has the role admin and is not disabled.',
  ],
  secrets_unavailable: [
    503,
    'The secret cannot be kept for a repeated request',
    'Leave the Idempotency-Key out, or let the operator set the secret WEBHOOK_SECRET_KEY.',
    60,
  ],
} as const satisfies Record<string, Explained>

declare module '../refusal.ts' {
  interface Explanations extends Record<keyof typeof accessRefusals, Explained> {}
}
