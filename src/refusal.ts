/**
 * Everything the service ever refuses, and why. A code is stable: clients switch on it. `http/problem.ts` gives each
 * its status; `/docs/errors/<code>` explains it.
 */
export const refusals = {
  invalid_json: [
    400,
    'The body is not JSON',
    'Send one JSON value, encoded as UTF-8, with Content-Type: application/json.',
  ],
  unauthorized: [
    401,
    'A valid API key is required',
    'Send Authorization: Bearer <key> or X-API-Key: <key> with a key that is not expired or revoked.',
  ],
  forbidden: [
    403,
    'The key may not do this',
    'Use a key that has one of the roles named in the detail, and is not bound to an instance.',
  ],
  tenant_mismatch: [403, 'X-Tenant-Id names another tenant', "Leave X-Tenant-Id out, or send the key's own tenant."],
  actor_mismatch: [
    403,
    'The body names another user',
    'Leave the user out, or use a key with the role admin or service to act on behalf of somebody.',
  ],
  self_approval: [403, 'Nobody decides what they asked for themselves', 'Ask somebody else to decide.'],
  pin_required: [403, 'Approving needs a verified PIN', 'Verify the PIN of the person, then send pin_verified: true.'],
  wrong_resolver: [
    403,
    'Somebody else has to decide this',
    'Let the person decide whom approver_role and approver_person_id name.',
  ],
  not_requester: [403, 'Only the one who asked can withdraw', 'Ask the requester to withdraw it, or reject it.'],
  not_found: [
    404,
    'There is nothing here',
    'Check the id and the path; what belongs to another tenant does not exist for this key.',
  ],
  method_not_allowed: [
    405,
    'The path does not take this method',
    'Use one of the methods that the Allow header names.',
  ],
  already_decided: [409, 'It is already decided', 'The winner member says by whom, how and when.'],
  already_withdrawn: [409, 'It was withdrawn', 'Nothing can be decided about it any more.'],
  approval_expired: [409, 'It was not decided in time', 'Ask again with a new request.'],
  duplicate_external_ref: [
    409,
    'This external_ref is taken',
    'The existing member names the claim that has it; use another, or leave it out.',
  ],
  batch_not_pending: [
    409,
    'The batch is no longer pending',
    'Only a pending batch can be amended or started. Cancel it, or make a new one.',
  ],
  batch_completed: [409, 'The batch is completed', 'A completed batch cannot be cancelled; its approvals stand.'],
  entity_not_found: [404, 'The entity does not exist', 'Check its type and id; to make it, ask for the action create.'],
  gate_inactive: [409, 'The gate is not active', 'Activate it, or submit to another.'],
  rule_limit: [409, 'The gate has as many rules as it may have', 'Remove one, or change one.'],
  endpoint_limit: [
    409,
    'The tenant has as many webhook endpoints as it may have',
    'Delete one, or let one endpoint take several types.',
  ],
  endpoint_in_use: [
    409,
    'A gate sends its decisions to this endpoint',
    'Change the gates that the gates member names, or disable the endpoint.',
  ],
  endpoint_disabled: [409, 'The webhook endpoint is disabled', 'Enable it first.'],
  lease_lost: [
    409,
    'The lease is no longer yours',
    'Lease again; whoever holds the current lease reports the outcome.',
  ],
  entity_exists: [409, 'The entity exists already', 'Ask for an update instead, or use another id.'],
  stale: [
    409,
    'The entity has changed since the change was asked for',
    'Read the request again: if its preview is what you want, approve with If-Match and the ETag that it came with.',
  ],
  precondition_failed: [412, 'It has changed since you read it', 'Read it again, then send the new ETag in If-Match.'],
  body_too_large: [413, 'The body is too large', 'Send at most 1 MiB; split what you send.'],
  unsupported_media_type: [415, 'The body is not declared as JSON', 'Send Content-Type: application/json.'],
  invalid_input: [422, 'The input is not valid', 'The errors member lists every fault with a JSON Pointer to it.'],
  entity_too_large: [
    422,
    'The entity would be larger than allowed',
    'An entity has at most 256 KiB: reject this, and ask for a change that takes something away.',
  ],
  entity_not_object: [
    422,
    'The entity would not be a JSON object',
    'Reject this, and ask for a change whose payload is an object.',
  ],
  idempotency_key_reused: [
    422,
    'The Idempotency-Key was used for another body',
    'Use a new key for a new request; repeat a key only with the very same body.',
  ],
  rate_limited: [429, 'Too many requests', 'Wait for the seconds that Retry-After says.'],
  internal_error: [500, 'Something went wrong on our side', 'Try again; if it stays, report the request_id.'],
  webhooks_unavailable: [
    503,
    'Webhook secrets cannot be stored or read',
    'Let the operator set the secret WEBHOOK_SECRET_KEY: `wrangler secret put WEBHOOK_SECRET_KEY`.',
  ],
  storage_unavailable: [
    503,
    'The storage is overloaded',
    'Try again after the seconds that Retry-After says; use an Idempotency-Key to be safe.',
  ],
} as const satisfies Record<string, readonly [status: number, title: string, remedy: string]>

export type RefusalCode = keyof typeof refusals

/** A refusal that crosses a boundary which errors do not survive, such as a Durable Object call. */
export interface RefusalValue {
  code: RefusalCode
  detail: string
  members: Record<string, unknown>
}

/** What a verb throws instead of doing its work. Every door turns it into its own kind of answer. */
export class Refusal extends Error {
  constructor(
    readonly code: RefusalCode,
    /** One sentence about this very case, for the caller to read. */
    readonly detail: string,
    /** What helps a program: the winner of a race, the faults of an input. */
    readonly members: Record<string, unknown> = {},
  ) {
    super(`${code}: ${detail}`)
  }

  toValue(): RefusalValue {
    return { code: this.code, detail: this.detail, members: this.members }
  }

  static fromValue({ code, detail, members }: RefusalValue): Refusal {
    return new Refusal(code, detail, members)
  }
}

/** One fault of an input. `pointer` is an RFC 6901 JSON Pointer into the part that `in` names. */
export interface Fault {
  in: 'body' | 'query' | 'path' | 'header'
  pointer: string
  message: string
  /** What kind of fault, for programs: `missing`, `string_too_long`, `value_error`, … */
  type?: string
}

/** How many faults one answer lists: nobody mends more of them by hand. */
const mostFaults = 500

/**
 * How long their pointers and messages may be together, in characters: a name that is long is in the pointer of every fault
 * below it. The first is listed however long it is.
 */
const mostCharacters = 64 * 1024

/** The refusal of an input, listing every fault. */
export function invalidInput(all: Fault[]): Refusal {
  const faults = listed(all)
  const [first] = faults
  const more = all.length > 1 ? ` (and ${all.length - 1} more)` : ''
  return new Refusal('invalid_input', `${first?.in} ${first?.pointer || '/'}: ${first?.message}${more}.`, {
    errors: faults,
  })
}

function listed(all: readonly Fault[]): Fault[] {
  let characters = 0
  return all.slice(0, mostFaults).filter(({ pointer, message }, index) => {
    characters += pointer.length + message.length
    return index === 0 || characters <= mostCharacters
  })
}
