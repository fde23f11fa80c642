import { z } from '@hono/zod-openapi'
import { currencies } from './currencies.ts'
import { next, total } from '../page.schemas.ts'
import { instant } from '../time.schemas.ts'
import { userId } from '../user-id.schemas.ts'

const time = z.iso.datetime()

/** A claim to submit. `amount` counts minor units (ISO 4217: cents for EUR, yen for JPY), never a fraction. */
export const newClaimSchema = z
  .strictObject({
    description: z.string().trim().min(1).max(1000).openapi({ example: 'Train to Bern' }),
    amount: z
      .int()
      .min(1)
      .openapi({ description: 'Minor units of the currency.', maximum: Number.MAX_SAFE_INTEGER, example: 4250 }),
    currency: z
      .string()
      .refine((code) => currencies.has(code), 'must be an ISO 4217 currency code in capitals, such as EUR')
      .openapi({ description: 'ISO 4217.', enum: [...currencies].sort(), example: 'CHF' }),
    expense_type: z.string().trim().min(1).max(50).nullish().openapi({ example: 'mileage' }),
    incurred_on: z.iso.date().nullish().openapi({ example: '2026-03-14' }),
    distance_km: z.number().positive().max(1_000_000).nullish().openapi({ example: 125.5 }),
    receipt_url: z
      .url({ protocol: /^https?$/ })
      .max(2048)
      .nullish()
      .openapi({ format: 'uri', pattern: '^https?://', example: 'https://receipts.example/42.pdf' }),
    external_ref: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .nullish()
      .openapi({ description: 'Your own reference; unique in the tenant.', example: 'exp-2026-0042' }),
    claimant_id: userId
      .optional()
      .openapi({ description: "Whose claim it is; the caller's own unless the key has admin or service." }),
  })
  .openapi('NewClaim', {
    example: {
      description: 'Train to Bern',
      amount: 4250,
      currency: 'CHF',
      expense_type: 'travel',
      incurred_on: '2026-03-14',
    },
  })

export const newClaimsSchema = z.strictObject({ claims: z.array(newClaimSchema).min(1).max(1000) }).openapi('NewClaims')

/** As much of faulty claims as more faults can be found by. */
export const partOfClaims = z
  .object({
    claims: z.array(z.object({ external_ref: z.string().trim().optional().catch(undefined) }).catch({})).max(1000),
  })
  .catch({ claims: [] })

export const claimStatusSchema = z.enum(['pending', 'approved', 'rejected', 'withdrawn', 'expired'])

/** A claim and where it stands. */
export const claimSchema = z
  .object({
    claim_id: z.string().openapi({ example: 'clm_01jq8m2v9kf3wt6x5n4c7b8d9e' }),
    status: claimStatusSchema,
    description: z.string(),
    amount: z.int(),
    currency: z.string(),
    expense_type: z.string().nullable(),
    incurred_on: z.iso.date().nullable(),
    distance_km: z.number().nullable(),
    receipt_url: z.string().nullable(),
    external_ref: z.string().nullable(),
    claimant_id: z.string(),
    submitted_by: z.string().openapi({ description: 'Whose key sent it: the claimant, or somebody in their name.' }),
    batch_id: z.string().nullable().openapi({ description: 'The batch that approved it, if one did.' }),
    decided_by: z.string().nullable(),
    decided_at: time.nullable(),
    comment: z.string().nullable(),
    created_at: time,
    updated_at: time,
  })
  .openapi('Claim', {
    example: {
      claim_id: 'clm_9f2a3b4c',
      status: 'pending',
      description: 'Train to Bern',
      amount: 4250,
      currency: 'CHF',
      expense_type: 'travel',
      incurred_on: '2026-03-14',
      distance_km: null,
      receipt_url: null,
      external_ref: null,
      claimant_id: 'usr_member',
      submitted_by: 'usr_member',
      batch_id: null,
      decided_by: null,
      decided_at: null,
      comment: null,
      created_at: '2026-03-16T14:00:00.000Z',
      updated_at: '2026-03-16T14:00:00.000Z',
    },
  })

export const paginationSchema = z.object({
  page: z.int().openapi({ example: 1 }),
  limit: z.int().openapi({ example: 20 }),
  total,
})
export const claimListSchema = z
  .object({ data: z.array(claimSchema), pagination: paginationSchema, next })
  .openapi('ClaimList')
export const claimsSchema = z.object({ data: z.array(claimSchema) }).openapi('Claims')

const comment = z.string().trim().min(1).max(2000)
export const approvalSchema = z
  .strictObject({ comment: comment.nullish() })
  .openapi('ClaimApproval', { example: { comment: 'Within policy' } })
export const rejectionSchema = z
  .strictObject({
    comment: comment.openapi({ description: 'Why; the claimant reads it.', example: 'The receipt is missing.' }),
  })
  .openapi('ClaimRejection')

const claimId = z.string().min(1).max(100)
const batchComment = z.string().trim().min(1).max(2000).nullish()

const processAt = instant.openapi({ description: 'When to start; in the future, at most 30 days ahead.' })

const claimIds = z.array(claimId).min(1).max(10_000)

export const newBatchSchema = z
  .strictObject({
    claim_ids: claimIds.openapi({
      description: 'In the order to process; an id given twice counts once.',
      example: ['clm_9f2a3b4c', 'clm_ab5c6d7e'],
    }),
    coordinator_id: userId
      .optional()
      .openapi({ description: "The caller's own user, unless the key has admin or service.", example: 'usr_coord99' }),
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
    claim_ids: claimIds.optional().openapi({ description: 'Added to those there.' }),
    process_at: processAt.optional(),
  })
  .refine(
    (change) => Object.values(change).some((member) => member !== undefined),
    'needs at least one of comment, claim_ids, process_at',
  )
  .openapi('BatchAmendment', {
    example: {
      comment: 'End-of-month batch — amended to include late submissions',
      claim_ids: ['clm_9f2a3b4c', 'clm_gh2i3j4k'],
    },
  })

/** As much of a faulty batch, or amendment, as more faults can be found by. */
export const partOfBatch = z.object({ process_at: processAt.optional().catch(undefined) }).catch({})

export const batchStatusSchema = z.enum(['pending', 'processing', 'completed', 'cancelled'])

const batchCore = {
  batch_id: z.string().openapi({ example: 'bat_01jq8m2v9kf3wt6x5n4c7b8d9e' }),
  coordinator_id: z.string(),
  status: batchStatusSchema,
  total_claims: z.int(),
}
const createdBy = z.string().openapi({ description: 'Whose key made it: the coordinator, or somebody in their name.' })

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
export const batchListSchema = z
  .object({ data: z.array(batchSummarySchema), pagination: paginationSchema, next })
  .openapi('BatchList')

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
    reverted_at: time.optional().openapi({ description: 'When a cancel undid it.' }),
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
      .openapi({ description: 'Who started it; null while it waits, and where its time did.' }),
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

/** The address of a claim, with one of the demo data to try it with. */
export const claimParams = (example: string) => z.object({ claim_id: claimId.openapi({ example }) })
/** The address of a batch, with one of the demo data to try it with. */
export const batchParams = (example: string) => z.object({ batch_id: z.string().min(1).max(100).openapi({ example }) })
export const filterId = z.string().min(1).max(100)

/** What a list over all families shows of a claim. */
export const shownClaim = {
  claim_id: z.string(),
  description: z.string(),
  amount: z.int(),
  currency: z.string(),
  expense_type: z.string().nullable(),
  external_ref: z.string().nullable(),
  submitted_by: z.string().openapi({ description: 'Whose key submitted it.' }),
}
