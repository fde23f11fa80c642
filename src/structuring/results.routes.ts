import { z } from '@hono/zod-openapi'
import { quorumOf, tagAsOfNow } from '../approvals/approval.ts'
import type { Ballot } from '../approvals/rules.ts'
import { ballotOf, refusedVotes } from '../http/ballots.ts'
import type { AppContext } from '../http/environment.ts'
import { endpoint, json } from '../http/endpoint.ts'
import { keptText } from '../http/faults.ts'
import { jsonText } from '../http/json-text.ts'
import { createdRange, cursorQuery, cursorRequest, linkNext } from '../http/pagination.ts'
import { setTag } from '../http/preconditions.ts'
import { withRaw } from '../http/raw-json.ts'
import { createRouter } from '../http/router.ts'
import { iso } from '../http/time.ts'
import { decideResult } from './decide-result.ts'
import { getCheckResults, getResult, listPendingResults, listResults } from './read-results.ts'
import {
  checkResultListSchema,
  judgedResultSchema,
  newResultSchema,
  partOfResult,
  pendingFilter,
  pendingResultsSchema,
  resultFilter,
  resultListSchema,
  resultParams,
  resultSchema,
  reviewedSchema,
  reviewSchema,
} from './results.schemas.ts'
import type { CheckResult, Result } from './results.store.ts'
import { faultsOfReported, submitResult } from './submit-result.ts'

const tags = ['Gate reviews']
const path = '/v1/structuring'

const review = (verb: 'approve' | 'reject', summary: string, example?: string) =>
  endpoint({
    method: 'post',
    path: `${path}/approvals/{id}/${verb}`,
    operationId: `${verb}Result`,
    tags,
    summary,
    description: 'The id is that of the result, or of any of its items. The whole result is decided.',
    roles: ['reviewer', 'admin'],
    yieldsToPolicies: true,
    request: { params: resultParams(example), body: { content: json(reviewSchema) } },
    responses: {
      200: {
        description: 'Decided; the same answer if the same person repeats the decision.',
        content: json(reviewedSchema),
      },
    },
    refuses: refusedVotes,
  })

const approve = review('approve', "Approve a result: clears its items and sets off its gate's on_approve, once")
const reject = review(
  'reject',
  "Reject a result: clears its items and sets off its gate's on_reject, once",
  '01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c51',
)

/** Results: submit, read, list what waits, decide. */
export const resultRoutes = createRouter()
  .openapi(
    endpoint({
      method: 'post',
      path: `${path}/results`,
      operationId: 'submitResult',
      tagged: true,
      tags,
      summary: 'Submit a result to a gate',
      description:
        'Approved at once if nothing holds it up; else it waits for a person, or until the hours that its gate sets are over.',
      roles: ['member', 'coordinator', 'reviewer', 'admin', 'service'],
      creates: true,
      request: { body: { required: true, content: json(newResultSchema) } },
      keeps: { member: 'data', isUnique: true },
      further: (ctx, { body }) => faultsOfReported(ctx, partOfResult.parse(body)),
      responses: {
        201: { description: 'The result, with what each check and rule said.', content: json(judgedResultSchema) },
      },
      refuses: ['not_found', 'gate_inactive', 'policy_needs_member'],
    }),
    async (c) => {
      const body = c.req.valid('json')
      const data = (await keptText(c)) ?? '{}'
      const { result, checks } = await submitResult(c.get('ctx'), { ...body, data })
      setTag(c, tagAsOfNow(result))
      return jsonText(c, withRaw(render(result), { checks: `[${checks.map(renderCheck).join(',')}]` }), 201)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path: `${path}/results`,
      operationId: 'listResults',
      tags,
      summary: 'List results, newest first, without their data',
      description:
        'Read a single result for its data. With `external_ref` and another filter, a page may be short and still have a `next`.',
      roles: 'any',
      request: { query: z.object({ ...resultFilter, ...createdRange, ...cursorQuery(20) }) },
      responses: {
        200: { description: 'A page of results; `Link` leads to the next.', content: json(resultListSchema) },
      },
    }),
    async (c) => {
      const { status, gate_id: gateId, external_ref: externalRef, ...rest } = c.req.valid('query')
      const page = cursorRequest(rest, 20)
      const { rows, next } = await listResults(c.get('ctx'), { status, gateId, externalRef }, page)
      return c.json({ data: rows.map(render), next: linkNext(c, next) }, 200)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path: `${path}/results/{id}`,
      operationId: 'getResult',
      tagged: true,
      tags,
      summary: 'Read a result',
      description: 'With its data as it was sent.',
      roles: 'any',
      request: { params: resultParams() },
      responses: {
        200: { description: 'The result; its ETag changes with every change.', content: json(resultSchema) },
      },
      refuses: ['not_found'],
    }),
    async (c) => {
      const { data, ...result } = await getResult(c.get('ctx'), c.req.valid('param').id)
      setTag(c, tagAsOfNow(result))
      return jsonText(c, withRaw(render(result), { data }), 200)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path: `${path}/results/{id}/checks`,
      operationId: 'getResultChecks',
      tags,
      summary: 'List what each check and rule said about a result, all of them, in order',
      description: '`details` say why one failed.',
      roles: 'any',
      request: { params: resultParams() },
      responses: { 200: { description: 'The outcomes.', content: json(checkResultListSchema) } },
      refuses: ['not_found'],
    }),
    async (c) => {
      const found = await getCheckResults(c.get('ctx'), c.req.valid('param').id)
      return jsonText(c, `{"data":[${found.map(renderCheck).join(',')}]}`, 200)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path: `${path}/approvals/pending`,
      operationId: 'listPendingResults',
      tags,
      summary: 'List what waits for a person, oldest first',
      description:
        'An entry for each failed check or rule that holds a result up; one result may appear several times.',
      roles: 'any',
      request: { query: z.object({ ...pendingFilter, ...cursorQuery(100) }) },
      responses: {
        200: { description: 'What waits; `Link` leads to the next page.', content: json(pendingResultsSchema) },
      },
    }),
    async (c) => {
      const { result_id: resultId, gate_id: gateId, severity, ...rest } = c.req.valid('query')
      const page = await listPendingResults(c.get('ctx'), { resultId, gateId, severity }, cursorRequest(rest, 100))
      const data = `[${page.rows.map(renderPending).join(',')}]`
      return jsonText(c, withRaw({ next: linkNext(c, page.next) }, { data }), 200)
    },
  )
  .openapi(approve, async (c) => {
    return reviewed(c, c.req.valid('param').id, ballotOf(c, 'approve', c.req.valid('json')))
  })
  .openapi(reject, async (c) => {
    return reviewed(c, c.req.valid('param').id, ballotOf(c, 'reject', c.req.valid('json')))
  })

async function reviewed(c: AppContext, id: string, ballot: Ballot) {
  const result = await decideResult(c.get('ctx'), id, ballot)
  setTag(c, tagAsOfNow(result))
  return c.json(renderReviewed(id, result), 200)
}

function render(result: Result) {
  return {
    id: result.id,
    status: result.status as z.infer<typeof resultSchema>['status'],
    decided_by: result.decided_by,
    digest: result.digest,
    comment: result.comment,
    gate_id: result.gate_id,
    confidence: result.confidence,
    external_ref: result.external_ref,
    queued_items: result.queued_items,
    ...quorumOf(result),
    submitted_by: result.requester_id,
    created_at: iso(result.created_at),
    auto_approve_at: result.on_due === 'approve' ? iso(result.due_at) : null,
    decided_at: iso(result.decided_at),
  }
}

function renderCheck(check: CheckResult): string {
  const { id, result_id, check_id, check_name, type, severity, details } = check
  const [passed, queued] = [check.passed === 1, check.queued === 1]
  const times = { created_at: iso(check.created_at), cleared_at: iso(check.cleared_at) }
  return withRaw({ id, result_id, check_id, check_name, type, severity, passed, queued, ...times }, { details })
}

function renderPending({ id, result_id, check_id, details, created_at, check_name, severity }: CheckResult): string {
  const shown = { id, result_id, check_id, passed: false, created_at: iso(created_at), check_name, severity }
  return withRaw(shown, { details })
}

function renderReviewed(id: string, result: Result) {
  const { id: result_id, status, queued_items, decided_by, decided_at } = result
  return {
    id,
    result_id,
    status: status as 'pending' | 'approved' | 'rejected',
    cleared_items: status === 'pending' ? 0 : queued_items,
    decided_by,
    decided_at: iso(decided_at),
    ...quorumOf(result),
  }
}
