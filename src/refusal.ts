/**
 * A refusal explained: the status of the answer, what it says, what to do, and after how many seconds to come again.
 */
export type Explained = readonly [status: number, title: string, remedy: string, retryAfter?: number]

/**
 * The refusals of any endpoint. A code is stable: clients switch on it. Each room declares its own in `x.refusals.ts`;
 * `refusals.ts` has all of them, and `/docs/errors/<code>` explains each.
 */
export const coreRefusals = {
  invalid_json: [
    400,
    'The body is not JSON',
    'Send one JSON value, encoded as UTF-8, with Content-Type: application/json.',
  ],
  unauthorized: [
    401,
    'A valid API key or token is required',
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
    'You cannot act for another user',
    'Act as your own user, or use a key with the role admin or service to act for somebody else.',
  ],
  self_approval: [403, 'You cannot decide what you asked for', 'Ask somebody else to decide.'],
  stage_not_open: [
    403,
    'It is not your turn',
    'Wait for the stage that asks for you, if it is still to come; explain says which stage is open and what it needs.',
  ],
  second_vote: [403, 'One person has one vote', 'Let somebody else decide, with a key they made themselves.'],
  not_requester: [403, 'You did not ask for this', 'Let the requester do it, or whoever else the detail names.'],
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
  already_decided: [
    409,
    'A decision has already been made',
    'The winner member, if there is one, says who decided, how and when. A vote cannot be changed.',
  ],
  vote_not_needed: [
    409,
    'Your vote is not needed',
    'There is nothing to do; explain says what is still missing, and from whom.',
  ],
  digest_mismatch: [
    409,
    'What is asked is not what you have seen',
    'Read it again, then send the digest that is in the digest member.',
  ],
  already_withdrawn: [409, 'It was withdrawn', 'Nothing can be decided about it any more.'],
  approval_expired: [409, 'It was not decided in time', 'Ask again with a new request.'],
  duplicate_external_ref: [
    409,
    'This external_ref is taken',
    'The existing member names what has it, if you may see that; use another, or leave it out.',
  ],
  precondition_failed: [
    412,
    'It is not in the state that If-Match asks for',
    'Read it again, then send its current ETag in If-Match; if it does not exist, leave If-Match out.',
  ],
  body_too_large: [413, 'The body is too large', 'Send at most 1 MiB; split what you send.'],
  unsupported_media_type: [
    415,
    'The body is not declared as plain JSON',
    'Send Content-Type: application/json, and no Content-Encoding.',
  ],
  invalid_input: [
    422,
    'The input is not valid',
    'The errors member lists the faults, up to 500, each with a JSON Pointer to it.',
  ],
  policy_needs_member: [
    422,
    'A policy needs a member that is missing or of another type',
    'Send the member that field names, of the type in the detail; or have an admin set "missing" in the condition.',
  ],
  idempotency_key_reused: [
    422,
    'The Idempotency-Key was used for another body',
    'Use a new key for a new request; repeat a key only with the same body, byte for byte.',
  ],
  rate_limited: [429, 'Too many requests', 'Wait as many seconds as Retry-After says.', 60],
  internal_error: [500, 'Something went wrong on our side', 'Try again; if it persists, report the request_id.'],
  storage_unavailable: [
    503,
    'Temporarily unavailable',
    'Try again after as many seconds as Retry-After says; use an Idempotency-Key to be safe.',
    2,
  ],
} as const satisfies Record<string, Explained>

/** Every code, with what explains it: the core's, and those that each room declares. */
export interface Explanations extends Record<keyof typeof coreRefusals, Explained> {}

export type RefusalCode = keyof Explanations

/** A refusal that crosses a boundary which errors do not survive, such as a Durable Object call. */
export interface RefusalValue {
  code: RefusalCode
  detail: string
  members: Record<string, unknown>
}

/** What a verb throws instead of doing its work. Every door turns it into its own kind of answer. */
export class Refusal extends Error {
  readonly code: RefusalCode
  /** One sentence about this very case, for the caller to read. */
  readonly detail: string
  /** What helps a program: the winner of a race, the faults of an input. */
  readonly members: Record<string, unknown>

  constructor(code: RefusalCode, detail: string, members: Record<string, unknown> = {}) {
    super(`${code}: ${detail}`)
    this.code = code
    this.detail = detail
    this.members = members
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

/** How many faults one answer lists: nobody fixes more of them by hand. */
const mostFaults = 500

/**
 * How long their pointers and messages may be together, in characters: a long name is in the pointer of every fault
 * below it. The first fault is listed however long it is.
 */
const mostCharacters = 64 * 1024

/** The refusal of an input, listing every fault. */
export function invalidInput(all: Fault[]): Refusal {
  const faults = listed(all)
  const [first] = faults
  const cut = faults.length < all.length ? `; errors stops after ${faults.length}` : ''
  const more = all.length > 1 ? ` (and ${all.length - 1} more${cut})` : ''
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
