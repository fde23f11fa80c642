import { z } from '@hono/zod-openapi'
import { endpoint, json } from '../http/endpoint.ts'
import { createdRange, linkNext, pageQuery, pageRequest } from '../http/pagination.ts'
import { setTag } from '../http/preconditions.ts'
import { createRouter } from '../http/router.ts'
import { iso } from '../http/time.ts'
import { id } from '../id.schemas.ts'
import { batchDetailSchema, batchListSchema, batchParams, batchStatusSchema } from './batches.schemas.ts'
import type { Batch } from './batches.store.ts'
import { getBatchResult, listBatches, type BatchResult } from './read-batches.ts'
import { followRunner } from './through-runner.ts'

const tags = ['Approval batches']

const eventsExample = `event: progress
data: {"processed_count":1,"total_claims":1,"approved_count":0,"rejected_count":1}

event: completed
data: {"processed_count":1,"total_claims":1,"approved_count":0,"rejected_count":1}

`

/** Approval batches: list, read, follow. */
export const batchReadingRoutes = createRouter()
  .openapi(
    endpoint({
      method: 'get',
      path: '/api/v1/approval-batches',
      operationId: 'listBatches',
      tags,
      summary: 'List approval batches, newest first',
      description: 'Counts are current; read a single batch to see what became of each claim.',
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
      description: `Sends \`progress\` at once and after each step, then one \`completed\` or \`cancelled\`, and ends. It also ends after 15
minutes, or with its key: connect again. At most 10 streams per key and 100 per batch can be open; one more is a 429.`,
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
function result(batch: Batch, { claim_id, error, processed_at }: BatchResult) {
  const isApproved = error === null
  return {
    claim_id,
    decision: isApproved ? ('approved' as const) : ('rejected' as const),
    ...(isApproved ? {} : { error }),
    processed_at: iso(processed_at),
    ...(isApproved && batch.cancelled_at !== null ? { reverted_at: iso(batch.cancelled_at) } : {}),
  }
}
