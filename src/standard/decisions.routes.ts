import { ballotOf, undecidable, unwithdrawable } from '../http/ballots.ts'
import { endpoint, json } from '../http/endpoint.ts'
import { ifMatch } from '../http/preconditions.ts'
import { createRouter } from '../http/router.ts'
import { decideRequest, withdrawRequest } from './decide.ts'
import { answer, body, detailsOf, faceOf, keepsDetails } from './face.routes.ts'
import type { StandardSchemas } from './standard.schemas.ts'
import type { Standard } from './standard.ts'

/** Decide on something of a kind: approve it, reject it, withdraw it. */
export function decisionRoutes(of: Standard, schemas: StandardSchemas) {
  const { about, tags, anybody, one, word, aWord, Kind } = faceOf(of, schemas)
  const decides = {
    tags,
    method: 'post',
    roles: of.policy.approver_roles,
    yieldsToPolicies: true,
    responses: one(`The ${word} as decided; the same answer if the same person repeats the decision.`),
    refuses: [...undecidable, 'digest_mismatch'],
  } as const
  return createRouter()
    .openapi(
      endpoint({
        ...decides,
        path: `${about}/approve`,
        operationId: `approve${Kind}`,
        summary: `Approve ${aWord}`,
        description:
          'Send the `digest` that you have seen, or If-Match, so that you approve nothing newer. Once approved, it may be redeemed.',
        request: { params: schemas.params(1), body: { content: json(schemas.approval) } },
        keeps: keepsDetails,
        refuses: [...decides.refuses, 'edit_not_allowed', 'policy_changed', 'policy_needs_member'],
      }),
      async (c) => {
        const ballot = ballotOf(c, 'approve', c.req.valid('json'))
        return answer(c, await decideRequest(c.get('ctx'), of, c.req.valid('param').id, ballot, await detailsOf(c)))
      },
    )
    .openapi(
      endpoint({
        ...decides,
        path: `${about}/reject`,
        operationId: `reject${Kind}`,
        summary: `Reject ${aWord}, saying why`,
        description: 'The comment is shown to the requester.',
        request: { params: schemas.params(2), body: body(schemas.rejection) },
      }),
      async (c) => {
        const ballot = ballotOf(c, 'reject', c.req.valid('json'))
        return answer(c, await decideRequest(c.get('ctx'), of, c.req.valid('param').id, ballot))
      },
    )
    .openapi(
      endpoint({
        ...anybody,
        method: 'delete',
        path: about,
        operationId: `withdraw${Kind}`,
        summary: `Withdraw a pending ${word} of your own`,
        description: 'Only the requester can, and only until it is decided.',
        request: { params: schemas.params(3) },
        responses: one(`The ${word}, withdrawn.`),
        refuses: unwithdrawable,
      }),
      async (c) => answer(c, await withdrawRequest(c.get('ctx'), of, c.req.valid('param').id, ifMatch(c))),
    )
}
