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
  stage_not_open: [
    403,
    'Another stage is open',
    'Wait until the stage that asks for you opens; explain says which is open, and what it lacks.',
  ],
  second_vote: [
    403,
    'One person is one vote',
    'Have somebody else decide: a key that they have made themselves, or a report of their own.',
  ],
  not_requester: [403, 'Only the one who asked may do this', 'Ask the requester to do it.'],
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
  vote_not_needed: [
    409,
    'What you could fulfil is fulfilled already',
    'Nothing has to be done; explain says what is still missing, and of whom.',
  ],
  digest_mismatch: [
    409,
    'What is asked is not what you have seen',
    'Read it again, then send the digest that the digest member says.',
  ],
  already_withdrawn: [409, 'It was withdrawn', 'Nothing can be decided about it any more.'],
  approval_expired: [409, 'It was not decided in time', 'Ask again with a new request.'],
  duplicate_external_ref: [
    409,
    'This external_ref is taken',
    'The existing member names what has it; use another, or leave it out.',
  ],
  precondition_failed: [412, 'It has changed since you read it', 'Read it again, then send the new ETag in If-Match.'],
  body_too_large: [413, 'The body is too large', 'Send at most 1 MiB; split what you send.'],
  unsupported_media_type: [415, 'The body is not declared as JSON', 'Send Content-Type: application/json.'],
  invalid_input: [422, 'The input is not valid', 'The errors member lists every fault with a JSON Pointer to it.'],
  policy_needs_member: [
    422,
    'A policy looks at a member that is not there',
    'Send the member that field names, of the type that the detail says; or let an admin say "missing" in the condition.',
  ],
  idempotency_key_reused: [
    422,
    'The Idempotency-Key was used for another body',
    'Use a new key for a new request; repeat a key only with the very same body.',
  ],
  rate_limited: [429, 'Too many requests', 'Wait for the seconds that Retry-After says.', 60],
  internal_error: [500, 'Something went wrong on our side', 'Try again; if it stays, report the request_id.'],
  storage_unavailable: [
    503,
    'The storage is overloaded',
    'Try again after the seconds that Retry-After says; use an Idempotency-Key to be safe.',
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
