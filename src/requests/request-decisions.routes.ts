import { ballotOf, undecidable, unwithdrawable } from '../http/ballots.ts'
import { endpoint, json } from '../http/endpoint.ts'
import { ifMatch } from '../http/preconditions.ts'
import { createRouter } from '../http/router.ts'
import { decideRequest, withdrawRequest } from './decide-request.ts'
import { requestKind } from './request-kind.ts'
import { about, answer, anybody, body, detailsOf, keepsDetails, one, tags } from './requests.routes.ts'
import * as schemas from './requests.schemas.ts'

const decides = {
  tags,
  method: 'post',
  roles: requestKind.policy.approver_roles,
  yieldsToPolicies: true,
  responses: one('The request as decided; the same answer if the same person repeats the decision.'),
  refuses: [...undecidable, 'digest_mismatch'],
} as const

/** What becomes of a request: approve it, reject it, withdraw it. */
export const requestDecisionRoutes = createRouter()
  .openapi(
    endpoint({
      ...decides,
      path: `${about}/approve`,
      operationId: 'approveRequest',
      summary: 'Approve a request',
      description:
        'Send the `digest` that you have seen, or If-Match, so that you approve nothing newer. Once approved, it may be redeemed.',
      request: { params: schemas.requestParams('req_demo1'), body: { content: json(schemas.requestApprovalSchema) } },
      keeps: keepsDetails,
      refuses: [...decides.refuses, 'edit_not_allowed', 'policy_changed', 'policy_needs_member'],
    }),
    async (c) => {
      const ballot = ballotOf(c, 'approve', c.req.valid('json'))
      return answer(c, await decideRequest(c.get('ctx'), c.req.valid('param').id, ballot, await detailsOf(c)))
    },
  )
  .openapi(
    endpoint({
      ...decides,
      path: `${about}/reject`,
      operationId: 'rejectRequest',
      summary: 'Reject a request, saying why',
      description: 'The comment is shown to the requester.',
      request: { params: schemas.requestParams('req_demo2'), body: body(schemas.requestRejectionSchema) },
    }),
    async (c) => {
      const ballot = ballotOf(c, 'reject', c.req.valid('json'))
      return answer(c, await decideRequest(c.get('ctx'), c.req.valid('param').id, ballot))
    },
  )
  .openapi(
    endpoint({
      ...anybody,
      method: 'delete',
      path: about,
      operationId: 'withdrawRequest',
      summary: 'Withdraw a pending request of your own',
      description: 'Only the requester can, and only until it is decided.',
      request: { params: schemas.requestParams('req_demo3') },
      responses: one('The request, withdrawn.'),
      refuses: unwithdrawable,
    }),
    async (c) => answer(c, await withdrawRequest(c.get('ctx'), c.req.valid('param').id, ifMatch(c))),
  )
