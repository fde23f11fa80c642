import type { Explained } from '../refusal.ts'

/** What webhook endpoints are refused for, beyond what the core refuses. */
export const webhookRefusals = {
  endpoint_limit: [
    409,
    'The tenant can have no more webhook endpoints',
    'Delete one, or let one endpoint receive several types.',
  ],
  endpoint_in_use: [
    409,
    'A gate sends its decisions to this endpoint',
    'Change the gates that the gates member names, or disable the endpoint.',
  ],
  endpoint_disabled: [409, 'The webhook endpoint is disabled', 'Enable it first.'],
  webhooks_unavailable: [
    503,
    'Webhook secrets cannot be stored or read',
    'Ask the operator to set the secret WEBHOOK_SECRET_KEY: `wrangler secret put WEBHOOK_SECRET_KEY`.',
    60,
  ],
} as const satisfies Record<string, Explained>

declare module '../refusal.ts' {
  interface Explanations extends Record<keyof typeof webhookRefusals, Explained> {}
}
