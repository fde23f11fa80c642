import { z } from '@hono/zod-openapi'
import { quorumOf, tagAsOfNow } from '../approvals/approval.ts'
import { ballotOf, undecidable, unwithdrawable } from '../http/ballots.ts'
import type { AppContext } from '../http/environment.ts'
import { endpoint, json } from '../http/endpoint.ts'
import { createdRange, linkNext, pageQuery, pageRequest } from '../http/pagination.ts'
import { ifMatch, setTag } from '../http/preconditions.ts'
import { createRouter } from '../http/router.ts'
import { iso } from '../http/time.ts'
import {
  approvalSchema,
  claimListSchema,
  claimParams,
  claimSchema,
  claimsSchema,
  newClaimSchema,
  newClaimsSchema,
  partOfClaims,
  rejectionSchema,
} from './claims.schemas.ts'
import { externalRef, id } from '../id.schemas.ts'
import { status } from '../status.schemas.ts'
import type { Claim } from './claims.store.ts'
import { decideClaim, withdrawClaim } from './decide-claim.ts'
import { getClaim, listClaims } from './read-claims.ts'
import { repeats, submitClaims } from './submit-claims.ts'

const tags = ['Claims']
const deciders = ['coordinator', 'admin'] as const
const submitters = ['member', 'coordinator', 'reviewer', 'admin', 'service'] as const
const one = (description: string) => ({ description, content: json(claimSchema) })

/** Claims: submit, read, decide one, withdraw. */
export const claimRoutes = createRouter()
  .openapi(
    endpoint({
      method: 'post',
      path: '/api/v1/claims',
      operationId: 'submitClaim',
      tags,
      summary: 'Submit a claim',
      description:
        'It waits for a coordinator. Whoever submits a claim, for themselves or for somebody else, cannot decide it.',
      roles: submitters,
      creates: true,
      request: { body: { required: true, content: json(newClaimSchema) } },
      responses: { 201: one('The claim, pending.') },
      refuses: ['actor_mismatch', 'duplicate_external_ref', 'policy_needs_member'],
    }),
    async (c) => {
      const [claim] = await submitClaims(c.get('ctx'), [c.req.valid('json')])
      return c.json(render(claim as Claim), 201)
    },
  )
  .openapi(
    endpoint({
      method: 'post',
      path: '/api/v1/claims/bulk',
      operationId: 'submitClaims',
      tags,
      summary: 'Submit up to 1,000 claims, all or none',
      description: 'If any claim is at fault, none is stored, and the answer lists the faults.',
      roles: submitters,
      creates: true,
      request: { body: { required: true, content: json(newClaimsSchema) } },
      further: async (_, { body }) => repeats(partOfClaims.parse(body).claims),
      responses: {
        201: {
          description: 'The claims, in the order submitted.',
          content: json(claimsSchema),
        },
      },
      refuses: ['actor_mismatch', 'duplicate_external_ref', 'policy_needs_member'],
    }),
    async (c) => {
      const claims = await submitClaims(c.get('ctx'), c.req.valid('json').claims)
      return c.json({ data: claims.map(render) }, 201)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path: '/api/v1/claims',
      operationId: 'listClaims',
      tags,
      summary: 'List claims, newest first',
      description: 'Filters combine. To list your own claims, set `claimant_id` to your own user.',
      roles: 'any',
      request: {
        query: z.object({
          ...pageQuery,
          status: status.optional(),
          claimant_id: id.optional(),
          batch_id: id.optional(),
          external_ref: externalRef.optional(),
          ...createdRange,
        }),
      },
      responses: {
        200: { description: 'A page of claims.', content: json(claimListSchema) },
      },
    }),
    async (c) => {
      const { status, claimant_id, batch_id, external_ref, ...rest } = c.req.valid('query')
      const page = pageRequest(rest)
      const { rows, total, next } = await listClaims(
        c.get('ctx'),
        { status, claimantId: claimant_id, batchId: batch_id, externalRef: external_ref },
        page,
      )
      const pagination = { page: page.page, limit: page.limit, total }
      return c.json({ data: rows.map(render), pagination, next: linkNext(c, next) }, 200)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path: '/api/v1/claims/{claim_id}',
      operationId: 'getClaim',
      tagged: true,
      tags,
      summary: 'Read a claim',
      description: 'While it is pending, `decided_by`, `decided_at` and `comment` are null.',
      roles: 'any',
      request: { params: claimParams('clm_9f2a3b4c') },
      responses: { 200: one('The claim; its ETag changes with every change.') },
      refuses: ['not_found'],
    }),
    async (c) => answer(c, await getClaim(c.get('ctx'), c.req.valid('param').claim_id)),
  )
  .openapi(
    endpoint({
      method: 'post',
      path: '/api/v1/claims/{claim_id}/approve',
      operationId: 'approveClaim',
      tags,
      summary: 'Approve a claim',
      description:
        'Send If-Match with the ETag you read, so that you decide on nothing newer. Nobody decides what they asked for.',
      roles: deciders,
      yieldsToPolicies: true,
      request: { params: claimParams('clm_demo0005'), body: { content: json(approvalSchema) } },
      responses: { 200: one('The claim as decided; the same answer if the same person repeats the decision.') },
      refuses: undecidable,
    }),
    async (c) => {
      const ballot = ballotOf(c, 'approve', c.req.valid('json'))
      return answer(c, await decideClaim(c.get('ctx'), c.req.valid('param').claim_id, ballot))
    },
  )
  .openapi(
    endpoint({
      method: 'post',
      path: '/api/v1/claims/{claim_id}/reject',
      operationId: 'rejectClaim',
      tags,
      summary: 'Reject a claim, saying why',
      description: 'The comment is shown to the claimant. Nobody decides what they asked for.',
      roles: deciders,
      yieldsToPolicies: true,
      request: {
        params: claimParams('clm_demo0006'),
        body: { required: true, content: json(rejectionSchema) },
      },
      responses: { 200: one('The claim as decided; the same answer if the same person repeats the decision.') },
      refuses: undecidable,
    }),
    async (c) => {
      const ballot = ballotOf(c, 'reject', c.req.valid('json'))
      return answer(c, await decideClaim(c.get('ctx'), c.req.valid('param').claim_id, ballot))
    },
  )
  .openapi(
    endpoint({
      method: 'delete',
      path: '/api/v1/claims/{claim_id}',
      operationId: 'withdrawClaim',
      tags,
      summary: 'Withdraw a pending claim of your own',
      description: 'Only the claimant can, and only until it is decided.',
      roles: submitters,
      request: { params: claimParams('clm_demo0008') },
      responses: { 200: one('The claim, withdrawn.') },
      refuses: unwithdrawable,
    }),
    async (c) => answer(c, await withdrawClaim(c.get('ctx'), c.req.valid('param').claim_id, ifMatch(c))),
  )

function answer(c: AppContext, claim: Claim) {
  setTag(c, tagAsOfNow(claim))
  return c.json(render(claim), 200)
}

/** Member by member: to leave some out of a copy costs forty times as much, which a page shows. */
function render(claim: Claim) {
  return {
    claim_id: claim.id,
    claimant_id: claim.claimant_id,
    submitted_by: claim.submitted_by,
    status: claim.status,
    decided_by: claim.decided_by,
    digest: claim.digest,
    comment: claim.comment,
    description: claim.description,
    amount: claim.amount,
    currency: claim.currency,
    expense_type: claim.expense_type,
    incurred_on: claim.incurred_on,
    distance_km: claim.distance_km,
    receipt_url: claim.receipt_url,
    external_ref: claim.external_ref,
    ...quorumOf(claim),
    batch_id: claim.bulk_id,
    decided_at: iso(claim.decided_at),
    created_at: iso(claim.created_at),
    updated_at: iso(claim.updated_at),
  }
}
