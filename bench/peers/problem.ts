/** Something that is refused, as RFC 9457 tells it. */
export class Problem extends Error {
  readonly status: 400 | 401 | 403 | 404 | 409 | 413 | 415 | 422 | 500
  readonly code: string
  readonly members: object

  constructor(status: Problem['status'], code: string, detail: string, members: object = {}) {
    super(detail)
    this.status = status
    this.code = code
    this.members = members
  }

  /** The body of the answer, `application/problem+json`. */
  body(requestId: string): string {
    const { status, code, message: detail, members } = this
    return JSON.stringify({
      type: `/docs/errors/${code}`,
      title: code,
      status,
      detail,
      code,
      request_id: requestId,
      ...members,
    })
  }
}

/** One thing that is wrong with an input. */
export interface Fault {
  pointer: string
  message: string
}

export const invalidInput = (errors: readonly Fault[]) =>
  new Problem(422, 'invalid_input', 'The input is not valid.', { errors })

export const notFound = () => new Problem(404, 'not_found', 'There is no such claim.')

/** A decision that came too late, or that its decider may not make. */
export function refusalOf(
  claim: { status: string; claimant_id: string; submitted_by: string; decided_by: string | null; decided_at: unknown },
  userId: string,
): Problem {
  if ([claim.claimant_id, claim.submitted_by].includes(userId))
    return new Problem(403, 'self_approval', 'Nobody decides their own claim.')
  const { status: decision, decided_by, decided_at } = claim
  const winner = { decision, decided_by, decided_at }
  return new Problem(409, 'already_decided', `The claim was ${decision} by ${decided_by}.`, { winner })
}

/** The key of a creation was used before, for another body. */
export const keyReused = () =>
  new Problem(422, 'idempotency_key_reused', 'The Idempotency-Key was first sent with another body.')

export const duplicateRef = ({ external_ref }: { external_ref: string | null }) =>
  new Problem(409, 'duplicate_external_ref', `external_ref ${JSON.stringify(external_ref)} is taken.`)
