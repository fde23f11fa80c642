import type { Explained } from '../refusal.ts'

/** What changes and entities are refused for, beyond what the core refuses. */
export const changeRefusals = {
  entity_not_found: [
    404,
    'The entity does not exist',
    'Check its type and id; to create it, ask for the action create.',
  ],
  entity_exists: [409, 'The entity already exists', 'Ask for an update instead, or use another id.'],
  stale: [
    409,
    'The entity has changed since the change was asked for',
    'Read the request again: if its preview is what you want, approve with If-Match and the ETag that it came with.',
  ],
  entity_too_large: [
    422,
    'The entity would be larger than allowed',
    'An entity may have at most 256 KiB: reject this, and ask for a change that makes it smaller.',
  ],
  entity_not_object: [
    422,
    'The entity would not be a JSON object',
    'Reject this, and ask for a change whose payload is an object.',
  ],
} as const satisfies Record<string, Explained>

declare module '../refusal.ts' {
  interface Explanations extends Record<keyof typeof changeRefusals, Explained> {}
}
