import { endpoint, json, type Further } from '../http/endpoint.ts'
import { ifMatch, setTag } from '../http/preconditions.ts'
import { createRouter } from '../http/router.ts'
import { iso } from '../http/time.ts'
import { amendBatch } from './amend-batch.ts'
import type { Batch } from './batches.store.ts'
import { cancelThroughRunner } from './through-runner.ts'
import {
  amendedBatchSchema,
  batchAmendmentSchema,
  batchParams,
  cancelledBatchSchema,
  newBatchSchema,
  partOfBatch,
  startedBatchSchema,
} from './batches.schemas.ts'
import { processAtFaults } from './process-at.ts'
import { startBatch } from './start-batch.ts'
import { submitBatch } from './submit-batch.ts'

const tags = ['Approval batches']
const roles = ['coordinator', 'admin'] as const

const timeIsFaulty: Further = async (ctx, { params, body }) => {
  const { process_at } = partOfBatch.parse(body)
  return process_at === undefined ? [] : processAtFaults(ctx, process_at, params.batch_id)
}

/** Approval batches: submit, start, amend, cancel. */
export const batchRoutes = createRouter()
  .openapi(
    endpoint({
      method: 'post',
      path: '/api/v1/approval-batches',
      operationId: 'processBatch',
      tags,
      summary: 'Start a new bulk approval batch, at once or at the time of process_at',
      description:
        'Claims that cannot be approved, unknown ones among them, appear as rejected results and do not stop the batch.',
      roles,
      creates: true,
      request: { body: { required: true, content: json(newBatchSchema) } },
      further: timeIsFaulty,
      responses: {
        201: {
          description: 'Accepted; it will run to completion unless cancelled.',
          content: json(startedBatchSchema),
        },
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
      description: 'It no longer waits for its `process_at`.',
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
        'Comment and time are replaced, claims are added to those it has; a batch that has started can no longer be amended.',
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
          description: 'Cancelled; cancelling it again gives the same answer.',
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
