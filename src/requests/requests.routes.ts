import { z } from '@hono/zod-openapi'
import { quorumOf } from '../approvals/approval.ts'
import type { Ctx } from '../context.ts'
import { unwithdrawable } from '../http/ballots.ts'
import { endpoint, json } from '../http/endpoint.ts'
import type { AppContext } from '../http/environment.ts'
import { keptText } from '../http/faults.ts'
import { jsonText } from '../http/json-text.ts'
import { createdRange, linkNext, pageQuery, pageRequest } from '../http/pagination.ts'
import { ifMatch, setTag } from '../http/preconditions.ts'
import { withRaw } from '../http/raw-json.ts'
import { createRouter } from '../http/router.ts'
import { standing } from '../standing.ts'
import { iso } from '../http/time.ts'
import { externalRef, id } from '../id.schemas.ts'
import { invalidInput } from '../refusal.ts'
import { status } from '../status.schemas.ts'
import { type } from '../type.schemas.ts'
import { amendRequest, askRequest } from './ask-request.ts'
import { getRequest, listRequests } from './read-requests.ts'
import * as schemas from './requests.schemas.ts'
import type { ListedRequest, Request } from './requests.store.ts'

const path = '/v1/requests'
export const about = `${path}/{id}`
export const tags = ['Requests']
export const one = (description: string) => ({ 200: { description, content: json(schemas.requestSchema) } })
export const body = <S extends z.ZodType>(schema: S) => ({ required: true, content: json(schema) })
/** Details are hashed, and shown to people, as everybody reads them. */
export const keepsDetails = { member: 'details', isUnique: true, isExact: true }
export const anybody = { tags, roles: 'any', takesBoundKeys: true } as const

/** Requests: ask, read, amend. */
export const requestRoutes = createRouter()
  .openapi(
    endpoint({
      ...anybody,
      method: 'post',
      path,
      operationId: 'createRequest',
      summary: 'Ask for an approval',
      description:
        'It waits for somebody who may decide it: never the one who asked, unless a policy allows that. Keep its `digest`: it identifies exactly what is approved.',
      creates: true,
      request: { body: body(schemas.newRequestSchema) },
      keeps: keepsDetails,
      responses: { 201: { description: 'The request, pending.', content: json(schemas.requestSchema) } },
      refuses: ['actor_mismatch', 'duplicate_external_ref', 'policy_needs_member'],
    }),
    async (c) => {
      const asked = c.req.valid('json')
      const request = await askRequest(c.get('ctx'), {
        ...asked,
        details: (await detailsOf(c)) ?? null,
        subject: textOf(asked.subject),
      })
      return jsonText(c, render(request, c.get('ctx')), 201)
    },
  )
  .openapi(
    endpoint({
      ...anybody,
      method: 'get',
      path,
      operationId: 'listRequests',
      summary: 'List requests, newest first',
      description:
        'Filters combine. `details`, `state` and results are shown on a single request only. `total` is null with any filter but `status`.',
      request: {
        query: z.object({
          ...pageQuery,
          ...createdRange,
          status: status.optional(),
          type: type.optional(),
          requester_id: id.optional(),
          subject_type: id.optional(),
          subject_id: z.string().min(1).max(200).optional(),
          external_ref: externalRef.optional(),
        }),
      },
      responses: { 200: { description: 'A page of requests.', content: json(schemas.requestListSchema) } },
    }),
    async (c) => {
      const { status, type, requester_id, subject_type, subject_id, external_ref, ...rest } = c.req.valid('query')
      const subject = subjectOf(subject_type, subject_id)
      const page = pageRequest(rest)
      const ctx = c.get('ctx')
      const filter = { status, type, requesterId: requester_id, subject, externalRef: external_ref }
      const { rows, total, next } = await listRequests(ctx, filter, page)
      const pagination = { page: page.page, limit: page.limit, total }
      const data = rows.map((row) => shown(row, ctx.now))
      return c.json({ data, pagination, next: linkNext(c, next) }, 200)
    },
  )
  .openapi(
    endpoint({
      ...anybody,
      method: 'get',
      path: about,
      operationId: 'getRequest',
      tagged: true,
      summary: 'Read a request',
      description: 'With its redemption, once it is approved; `state` is shown only to the requester.',
      request: { params: schemas.requestParams('req_demo1') },
      responses: one('The request; its ETag changes with every change.'),
      refuses: ['not_found'],
    }),
    async (c) => answer(c, await getRequest(c.get('ctx'), c.req.valid('param').id)),
  )
  .openapi(
    endpoint({
      ...anybody,
      method: 'patch',
      path: about,
      operationId: 'amendRequest',
      summary: 'Amend a pending request of your own',
      description:
        'It becomes another question with another digest, and earlier votes no longer count. What is left out stays; `details` are replaced as a whole. An amendment that changes nothing has no effect.',
      request: { params: schemas.requestParams('req_demo3'), body: body(schemas.amendmentSchema) },
      keeps: keepsDetails,
      responses: one('The request as it is asked now.'),
      refuses: [...unwithdrawable, 'already_withdrawn', 'duplicate_external_ref', 'policy_needs_member'],
    }),
    async (c) => {
      const { details: _, subject, ...rest } = c.req.valid('json')
      const details = await detailsOf(c)
      const changes = {
        ...rest,
        ...(details !== undefined && { details }),
        ...(subject !== undefined && { subject: textOf(subject) }),
      }
      return answer(c, await amendRequest(c.get('ctx'), c.req.valid('param').id, changes, ifMatch(c)))
    },
  )

export async function detailsOf(c: AppContext): Promise<string | null | undefined> {
  return detailsFrom(await keptText(c))
}

/** The JSON text of the details that were sent, as they will be read back; undefined where there are none. */
export function detailsFrom(sent: string | undefined): string | null | undefined {
  return sent === undefined ? undefined : textOf(JSON.parse(sent))
}

function textOf(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value)
}

/** @throws Refusal `invalid_input` where one goes without the other */
function subjectOf(type: string | undefined, id: string | undefined) {
  if (type !== undefined && id !== undefined) return { type, id }
  if (type === id) return undefined
  const missing = type === undefined ? 'subject_type' : 'subject_id'
  throw invalidInput([
    { in: 'query', pointer: `/${missing}`, message: 'is required: a subject is named by both', type: 'missing' },
  ])
}

export function answer(c: AppContext, request: Request) {
  setTag(c, request.version)
  return jsonText(c, render(request, c.get('ctx')), 200)
}

export function render(request: Request, { actor, now }: Ctx): string {
  const { redemption, ...rest } = shown(request, now)
  const state = request.requester_id === actor.userId ? { state: request.state } : {}
  const result = redemption && withRaw(redemption, { result: request.result })
  const { details, approved_details } = request
  return withRaw({ ...rest, ...state }, { details, ...(rest.edited && { approved_details }), redemption: result })
}

export function shown(request: ListedRequest, now: number) {
  const { id, type, summary, requester_id, external_ref } = request
  return {
    id,
    type,
    summary,
    subject: request.subject === null ? null : (JSON.parse(request.subject) as object),
    requester_id,
    ...standing(request, now),
    ...quorumOf(request),
    redemption: redemptionOf(request, now),
    external_ref,
    restricted: request.restricted === 1,
  }
}

/** What was approved: what was asked, but for an edit. */
export function approvedOf({ digest, details, approved_digest, approved_details }: Request) {
  return approved_digest === null ? { digest, details } : { digest: approved_digest, details: approved_details }
}

function redemptionOf(
  { redeem_by, ended, ended_at, ended_by, end_comment, outcome, error, reported_at }: ListedRequest,
  now: number,
) {
  if (redeem_by === null) return null
  const [redeemed, revoked] = [ended === 'redeemed', ended === 'revoked']
  return {
    state: ended ?? (redeem_by <= now ? 'lapsed' : 'open'),
    redeem_by: iso(redeem_by),
    redeemed_at: redeemed ? iso(ended_at) : null,
    redeemed_by: redeemed ? ended_by : null,
    revoked_at: revoked ? iso(ended_at) : null,
    revoked_by: revoked ? ended_by : null,
    revoke_comment: end_comment,
    outcome,
    error,
    reported_at: iso(reported_at),
  } as const
}
