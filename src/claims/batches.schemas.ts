import { z } from '@hono/zod-openapi'
import { comment } from '../comment.schemas.ts'
import { id } from '../id.schemas.ts'
import { next, pagination } from '../page.schemas.ts'
import { instant, time } from '../time.schemas.ts'
import { userId } from '../user-id.schemas.ts'

const batchComment = comment.nullish()

const processAt = instant.openapi({ description: 'When to start; in the future, at most 30 days ahead.' })

const claimIds = z.array(id).min(1).max(10_000)

export const newBatchSchema = z
  .strictObject({
    claim_ids: claimIds.openapi({
      description: 'In the order in which to process them; an id given twice counts once.',
      example: ['clm_9f2a3b4c', 'clm_ab5c6d7e'],
    }),
    coordinator_id: userId.nullish().openapi({
      description: 'You, if left out; somebody else only with the role admin or service.',
      example: 'usr_coord99',
    }),
    comment: batchComment.openapi({ example: 'End-of-month batch approval March 2026' }),
    process_at: processAt.nullish().openapi({ type: ['string', 'null'] }),
  })
  .openapi('NewBatch', {
    example: {
      claim_ids: ['clm_9f2a3b4c', 'clm_ab5c6d7e', 'clm_cd7e8f9a', 'clm_ef1a2b3c'],
      comment: 'End-of-month batch approval March 2026',
    },
  })

export const batchAmendmentSchema = z
  .strictObject({
    comment: batchComment,
    claim_ids: claimIds.optional().openapi({ description: 'Claims to add.' }),
    process_at: processAt.optional(),
  })
  .refine(
    (change) => Object.values(change).some((member) => member !== undefined),
    'needs at least one of comment, claim_ids, process_at',
  )
  .openapi('BatchAmendment', {
    minProperties: 1,
    example: {
      comment: 'End-of-month batch — amended to include late submissions',
      claim_ids: ['clm_9f2a3b4c', 'clm_gh2i3j4k'],
    },
  })

/** The parts of a faulty batch, or amendment, in which further faults can be found. */
export const partOfBatch = z.object({ process_at: processAt.optional().catch(undefined) }).catch({})

export const batchStatusSchema = z.enum(['pending', 'processing', 'completed', 'cancelled'])

const batchCore = {
  batch_id: z.string().openapi({ example: 'bat_01jq8m2v9kf3wt6x5n4c7b8d9e' }),
  coordinator_id: z.string(),
  status: batchStatusSchema,
  total_claims: z.int(),
}
const createdBy = z
  .string()
  .openapi({ description: 'Whose key created it: the coordinator, or somebody acting for them.' })

/** The answer to a batch that was accepted or started. */
export const startedBatchSchema = z
  .object({ ...batchCore, created_at: time, process_at: time.optional() })
  .openapi('StartedBatch', {
    example: {
      batch_id: 'bat_demo0002',
      coordinator_id: 'usr_coord99',
      status: 'processing',
      total_claims: 4,
      created_at: '2026-03-26T08:00:00.000Z',
    },
  })

export const amendedBatchSchema = z
  .object({
    batch_id: batchCore.batch_id,
    status: batchStatusSchema,
    total_claims: z.int(),
    comment: z.string().nullable(),
    process_at: time.nullable(),
    updated_at: time,
  })
  .openapi('AmendedBatch', {
    example: {
      batch_id: 'bat_demo0002',
      status: 'pending',
      total_claims: 3,
      comment: 'End-of-month batch — amended to include late submissions',
      process_at: '2026-04-01T08:00:00.000Z',
      updated_at: '2026-03-26T08:01:00.000Z',
    },
  })

const counts = { approved_count: z.int(), rejected_count: z.int() }
const summaryExample = {
  batch_id: 'bat_demo0001',
  coordinator_id: 'usr_coord99',
  status: 'completed' as const,
  total_claims: 1,
  approved_count: 0,
  rejected_count: 1,
  created_by: 'usr_coord99',
  created_at: '2026-03-26T08:00:00.000Z',
  completed_at: '2026-03-26T08:00:01.000Z',
}
export const batchSummarySchema = z
  .object({ ...batchCore, ...counts, created_by: createdBy, created_at: time, completed_at: time.nullable() })
  .openapi('BatchSummary', { example: summaryExample })
export const batchListSchema = z.object({ data: z.array(batchSummarySchema), pagination, next }).openapi('BatchList')

/** What became of one claim of a batch. */
export const batchResultSchema = z
  .object({
    claim_id: z.string(),
    decision: z.enum(['approved', 'rejected']),
    error: z
      .string()
      .optional()
      .openapi({ description: 'Why it was not approved.', example: 'Claim already processed' }),
    processed_at: time,
    reverted_at: time.optional().openapi({ description: 'When cancelling the batch undid it.' }),
  })
  .openapi('BatchResult')

export const batchDetailSchema = z
  .object({
    ...batchCore,
    ...counts,
    processed_count: z.int(),
    comment: z.string().nullable(),
    process_at: time.nullable(),
    results: z.array(batchResultSchema),
    created_by: createdBy,
    started_by: z
      .string()
      .nullable()
      .openapi({ description: 'Who started it; null while it is pending, and if its `process_at` started it.' }),
    created_at: time,
    updated_at: time,
    completed_at: time.nullable(),
    cancelled_at: time.nullable(),
  })
  .openapi('Batch', {
    example: {
      ...summaryExample,
      processed_count: 1,
      comment: null,
      process_at: null,
      results: [
        {
          claim_id: 'clm_unknown',
          decision: 'rejected',
          error: 'Claim not found',
          processed_at: '2026-03-26T08:00:01.000Z',
        },
      ],
      started_by: 'usr_coord99',
      updated_at: '2026-03-26T08:00:01.000Z',
      cancelled_at: null,
    },
  })

export const cancelledBatchSchema = z
  .object({ batch_id: z.string(), cancelled: z.literal(true), cancelled_at: time, claims_reverted: z.int() })
  .openapi('CancelledBatch', {
    example: {
      batch_id: 'bat_demo0003',
      cancelled: true,
      cancelled_at: '2026-03-26T08:03:00.000Z',
      claims_reverted: 0,
    },
  })

/** The address of a batch, with one of the demo data to try it with. */
export const batchParams = (example: string) => z.object({ batch_id: id.openapi({ example }) })
