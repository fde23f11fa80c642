import { z } from '@hono/zod-openapi'
import { endpoint, json, type Further } from '../http/endpoint.ts'
import { createdRange, linkNext, pageQuery, pageRequest } from '../http/pagination.ts'
import { ifMatch, setTag } from '../http/preconditions.ts'
import { createRouter } from '../http/router.ts'
import { iso } from '../http/time.ts'
import { id } from '../id.schemas.ts'
import { amendBatch } from './amend-batch.ts'
import type { Batch, BatchResult } from './batches.store.ts'
import { cancelThroughRunner, followRunner } from './through-runner.ts'
import {
  amendedBatchSchema,
  batchAmendmentSchema,
  batchDetailSchema,
  batchListSchema,
  batchParams,
  batchStatusSchema,
  cancelledBatchSchema,
  newBatchSchema,
  partOfBatch,
  startedBatchSchema,
} from './batches.schemas.ts'
import { processAtFaults } from './process-at.ts'
import { getBatchResult, listBatches } from './read-batches.ts'
import { startBatch } from './start-batch.ts'
import { submitBatch } from './submit-batch.ts'

const tags = ['Approval batches']
const roles = ['coordinator', 'admin'] as const

const timeIsFaulty: Further = async (ctx, { body }) => {
  const { process_at } = partOfBatch.parse(body)
  return process_at === undefined ? [] : processAtFaults(ctx, process_at)
}

const eventsExample = `event: progress
data: {"processed_count":1,"total_claims":1,"approved_count":0,"rejected_count":1}

event: completed
data: {"processed_count":1,"total_claims":1,"approved_count":0,"rejected_count":1}

`

/** Approval batches: submit, start, amend, follow, read, cancel. */
export const batchRoutes = createRouter()
  .openapi(
    endpoint({
      method: 'get',
      path: '/api/v1/approval-batches',
      operationId: 'listBatches',
      tags,
      summary: 'List approval batches, newest first',
      description: 'Counts are those of this moment; read one batch for what became of each claim.',
      roles: 'any',
      request: {
        query: z.object({
          ...pageQuery,
          status: batchStatusSchema.optional(),
          coordinator_id: id.optional(),
          ...createdRange,
        }),
      },
      responses: {
        200: { description: 'A page of batches.', content: json(batchListSchema) },
      },
    }),
    async (c) => {
      const { status, coordinator_id, ...rest } = c.req.valid('query')
      const page = pageRequest(rest)
      const { rows, total, next } = await listBatches(c.get('ctx'), { status, coordinatorId: coordinator_id }, page)
      const pagination = { page: page.page, limit: page.limit, total }
      return c.json({ data: rows.map(summary), pagination, next: linkNext(c, next) }, 200)
    },
  )
  .openapi(
    endpoint({
      method: 'post',
      path: '/api/v1/approval-batches',
      operationId: 'processBatch',
      tags,
      summary: 'Start a new bulk approval batch, at once or at the time of process_at',
      description:
        'Claims that cannot be approved, unknown ones among them, come out as rejected results and stop nothing.',
      roles,
      creates: true,
      request: { body: { required: true, content: json(newBatchSchema) } },
      further: timeIsFaulty,
      responses: {
        201: { description: 'Accepted: it will end.', content: json(startedBatchSchema) },
      },
      refuses: ['actor_mismatch'],
    }),
    async (c) => {
      const { comment = null, process_at = null, ...rest } = c.req.valid('json')
      const batch = await submitBatch(c.get('ctx'), { ...rest, comment, process_at })
      return c.json(started(batch), 201)
    },
  )
  .openapi(
    endpoint({
      method: 'post',
      path: '/api/v1/approval-batches/{batch_id}/process',
      operationId: 'startBatch',
      tags,
      summary: 'Start a pending batch now',
      description: 'Its `process_at` no longer matters then.',
      roles,
      request: { params: batchParams('bat_demo0002') },
      responses: {
        200: { description: 'It is processing.', content: json(startedBatchSchema) },
      },
      refuses: ['not_found', 'batch_not_pending'],
    }),
    async (c) => c.json(started(await startBatch(c.get('ctx'), c.req.valid('param').batch_id)), 200),
  )
  .openapi(
    endpoint({
      method: 'put',
      path: '/api/v1/approval-batches/{batch_id}',
      operationId: 'amendBatch',
      tags,
      summary: 'Amend a batch, or add claims to it, before it is processed',
      description:
        'Comment and time are replaced, claims are added to those there; a batch that has started is amended no more.',
      roles,
      request: {
        params: batchParams('bat_demo0002'),
        body: { required: true, content: json(batchAmendmentSchema) },
      },
      further: timeIsFaulty,
      responses: {
        200: { description: 'The batch as amended.', content: json(amendedBatchSchema) },
      },
      refuses: ['actor_mismatch', 'not_found', 'batch_not_pending', 'precondition_failed'],
    }),
    async (c) => {
      const batch = await amendBatch(c.get('ctx'), c.req.valid('param').batch_id, c.req.valid('json'), ifMatch(c))
      setTag(c, batch.version)
      const { id, status, total_claims, comment, process_at, updated_at } = batch
      return c.json(
        { batch_id: id, status, total_claims, comment, process_at: iso(process_at), updated_at: iso(updated_at) },
        200,
      )
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path: '/api/v1/approval-batches/{batch_id}',
      operationId: 'getBatchResult',
      tagged: true,
      tags,
      summary: 'Get a batch with what became of each claim, in the order submitted',
      description: 'While the batch is processing, `results` has what is done so far.',
      roles: 'any',
      request: { params: batchParams('bat_demo0001') },
      responses: { 200: { description: 'The batch.', content: json(batchDetailSchema) } },
      refuses: ['not_found'],
    }),
    async (c) => {
      const { batch, results } = await getBatchResult(c.get('ctx'), c.req.valid('param').batch_id)
      setTag(c, batch.version)
      return c.json(detail(batch, results), 200)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path: '/api/v1/approval-batches/{batch_id}/events',
      operationId: 'followBatch',
      tags,
      summary: 'Follow a batch live, as server-sent events',
      description: `\`progress\` now and after each step, then one \`completed\` or \`cancelled\`, then the stream ends. It also ends
after 15 minutes and with its key; connect again. A key has at most 10 streams open, a batch 100: one more is a 429.`,
      roles: 'any',
      request: { params: batchParams('bat_demo0001') },
      responses: {
        200: {
          description: 'Server-sent events.',
          content: { 'text/event-stream': { schema: z.string(), example: eventsExample } },
        },
      },
      refuses: ['not_found'],
    }),
    async (c) => {
      const stream = await followRunner(c.get('ctx'), c.req.valid('param').batch_id, c.get('keyId'), c.get('goodUntil'))
      return c.body(stream, 200, { 'Content-Type': 'text/event-stream' }) as never
    },
  )
  .openapi(
    endpoint({
      method: 'delete',
      path: '/api/v1/approval-batches/{batch_id}',
      operationId: 'cancelBatch',
      tags,
      summary: 'Cancel a pending or processing batch and undo what it approved',
      description: 'Every claim that this batch has approved goes back to pending, in the same transaction.',
      roles,
      request: { params: batchParams('bat_demo0003') },
      responses: {
        200: {
          description: 'Cancelled; the same answer again.',
          content: json(cancelledBatchSchema),
        },
      },
      refuses: ['not_found', 'batch_completed', 'precondition_failed'],
    }),
    async (c) => {
      const { batch, bookmark } = await cancelThroughRunner(c.get('ctx'), c.req.valid('param').batch_id, ifMatch(c))
      c.set('bookmark', () => bookmark)
      setTag(c, batch.version)
      const claims_reverted = batch.approved_count
      return c.json(
        { batch_id: batch.id, cancelled: true as const, cancelled_at: iso(batch.cancelled_at ?? 0), claims_reverted },
        200,
      )
    },
  )

function started({ id, coordinator_id, status, total_claims, created_at, process_at }: Batch) {
  const scheduled = process_at === null ? {} : { process_at: iso(process_at) }
  return { batch_id: id, coordinator_id, status, total_claims, created_at: iso(created_at), ...scheduled }
}

function summary(batch: Batch) {
  const { id, coordinator_id, status, total_claims, approved_count, rejected_count, created_by } = batch
  return {
    batch_id: id,
    coordinator_id,
    status,
    total_claims,
    approved_count,
    rejected_count,
    created_by,
    created_at: iso(batch.created_at),
    completed_at: iso(batch.completed_at),
  }
}

function detail(batch: Batch, results: BatchResult[]) {
  const { processed_count, comment, process_at, started_by, updated_at, cancelled_at } = batch
  return {
    ...summary(batch),
    processed_count,
    comment,
    process_at: iso(process_at),
    results: results.map((one) => result(batch, one)),
    started_by,
    updated_at: iso(updated_at),
    cancelled_at: iso(cancelled_at),
  }
}

/** A cancelled batch has undone all that it approved at once, so no result needs a time of its own for that. */
function result(batch: Batch, { claim_id, decision, error, processed_at }: BatchResult) {
  return {
    claim_id,
    decision,
    ...(error === null ? {} : { error }),
    processed_at: iso(processed_at),
    ...(batch.cancelled_at !== null && decision === 'approved' ? { reverted_at: iso(batch.cancelled_at) } : {}),
  }
}
