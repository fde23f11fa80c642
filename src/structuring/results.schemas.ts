import { z } from '@hono/zod-openapi'
import { digest } from '../digest.schemas.ts'
import { externalRef, id } from '../id.schemas.ts'
import { next } from '../page.schemas.ts'
import { quorumShape } from '../quorum.schemas.ts'
import { decidedStatus } from '../status.schemas.ts'
import { time } from '../time.schemas.ts'

const severity = z.enum(['warning', 'error'])

/** The address of a result, with one of the demo data to try it with. */
export const resultParams = (example = 'a1b2c3d4-e5f6-7890-abcd-ef1234567890') =>
  z.object({ id: id.openapi({ example }) })

const mostReported = 100

/** Whether what a caller says of a check's outcome is no more than a note. */
function isNote(details: unknown): boolean {
  try {
    return JSON.stringify(details).length <= 4_096
  } catch {
    return false
  }
}

/** A result to be judged. */
export const newResultSchema = z
  .strictObject({
    gate_id: id.openapi({ description: 'Which gate judges it.', example: '01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c42' }),
    data: z.looseObject({}).openapi({
      description: 'What was structured; up to 256 KiB, nested to depth 64, kept as sent.',
      example: { invoice: 'R-17', total_amount: 1_500_000 },
    }),
    confidence: z.number().min(0).max(1).nullable().default(null),
    reported: z
      .array(
        z.strictObject({
          check_id: id,
          passed: z.boolean(),
          details: z
            .record(z.string(), z.unknown())
            .refine(isNote, 'may be at most 4,096 characters of JSON')
            .nullish(),
        }),
      )
      .max(mostReported)
      .default([])
      .openapi({ description: 'Outcomes of the gate’s `reported` checks; one that is not reported fails.' }),
    external_ref: externalRef.nullable().default(null),
  })
  .openapi('NewResult', {
    example: {
      gate_id: '01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c42',
      data: { invoice: 'R-17', total_amount: 1_500_000 },
      confidence: 0.82,
    },
  })

/** As much of a faulty result as more faults can be found by. */
export const partOfResult = z
  .object({
    gate_id: z.string(),
    reported: z.array(z.object({ check_id: z.string() }).catch({ check_id: '' })).max(mostReported),
  })
  .catch({ gate_id: '', reported: [] })

const item = {
  id: z.string(),
  result_id: z.string(),
  check_id: z.string().openapi({ description: 'The id of the check, or of the gate’s rule.' }),
  details: z.looseObject({}).nullable().openapi({ description: 'Why it failed.' }),
  created_at: time,
  check_name: z.string(),
  severity,
}

export const checkResultSchema = z
  .object({
    ...item,
    passed: z.boolean(),
    type: z.string().openapi({ description: 'The type of the check, or of the rule.' }),
    queued: z.boolean().openapi({ description: 'Whether it holds, or held, the result up.' }),
    cleared_at: time.nullable().openapi({ description: 'When the decision cleared it.' }),
  })
  .openapi('CheckResult', {
    example: {
      id: 'd4e5f6a7-b8c9-0123-defa-234567890123',
      result_id: 'a1b2c3d4-e5f6-7890-abcd-ef1234567890',
      check_id: 'b2c3d4e5-f6a7-8901-bcde-f12345678901',
      check_name: 'Amount range check',
      type: 'value_range',
      severity: 'warning',
      passed: false,
      queued: true,
      details: { field: 'total_amount', value: 1_500_000, max: 1_000_000 },
      created_at: '2026-03-16T14:00:00.000Z',
      cleared_at: null,
    },
  })
export const checkResultListSchema = z.object({ data: z.array(checkResultSchema) }).openapi('CheckResultList')

const result = {
  id: z.string(),
  status: z
    .enum(['pending', 'approved', 'rejected', 'expired'])
    .openapi({ description: '`expired` only if a policy says so.' }),
  digest,
  gate_id: z.string(),
  confidence: z.number().nullable(),
  external_ref: z.string().nullable(),
  submitted_by: z.string(),
  queued_items: z.int().openapi({ description: 'How many checks and rules hold, or held, it up.' }),
  created_at: time,
  auto_approve_at: time.nullable().openapi({ description: 'When it is approved if nobody has decided by then.' }),
  decided_by: z.string().nullable(),
  decided_at: time.nullable(),
  comment: z.string().nullable(),
  ...quorumShape,
}
const example = {
  id: 'a1b2c3d4-e5f6-7890-abcd-ef1234567890',
  status: 'pending' as const,
  digest: '7bf463ef5f011f5ded8a60603f552099607341d4b59ea25f62e1f93a93e0e83f',
  gate_id: '01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c42',
  confidence: null,
  external_ref: null,
  submitted_by: 'usr_service',
  queued_items: 1,
  created_at: '2026-03-16T14:00:00.000Z',
  auto_approve_at: null,
  decided_by: null,
  decided_at: null,
  comment: null,
}

/** A result as it was judged. */
export const judgedResultSchema = z
  .object({ ...result, checks: z.array(checkResultSchema) })
  .openapi('JudgedResult', { example: { ...example, checks: [] } })

/** Without their data. */
export const resultListSchema = z
  .object({ data: z.array(z.object(result).openapi('ResultSummary', { example })), next })
  .openapi('ResultList', { example: { data: [example], next: null } })

export const resultFilter = {
  status: result.status.optional(),
  gate_id: id.optional(),
  external_ref: externalRef.optional(),
}

/** A result with its data. */
export const resultSchema = z
  .object({ ...result, data: z.looseObject({}) })
  .openapi('Result', { example: { ...example, data: { invoice: 'R-17', total_amount: 1_500_000 } } })

export const pendingFilter = {
  result_id: id.optional(),
  gate_id: id.optional(),
  severity: severity.optional(),
}

/** What waits for a person. */
export const pendingResultsSchema = z
  .object({ data: z.array(z.object({ ...item, passed: z.literal(false) })), next })
  .openapi('PendingResults', {
    example: {
      data: [
        {
          id: 'd4e5f6a7-b8c9-0123-defa-234567890123',
          result_id: 'a1b2c3d4-e5f6-7890-abcd-ef1234567890',
          check_id: 'b2c3d4e5-f6a7-8901-bcde-f12345678901',
          passed: false,
          details: { field: 'total_amount', value: 1_500_000, max: 1_000_000 },
          created_at: '2026-03-16T14:00:00.000Z',
          check_name: 'Amount range check',
          severity: 'warning',
        },
      ],
      next: null,
    },
  })

export const reviewSchema = z
  .strictObject({ comment: z.string().max(2_000).nullish() })
  .openapi('ResultReview', { example: { comment: 'Seen the invoice; the amount is right.' } })

export const reviewedSchema = z
  .object({
    id: z.string().openapi({ description: 'The id that you sent: of the result or of one of its items.' }),
    result_id: z.string(),
    status: decidedStatus,
    cleared_items: z.int(),
    decided_by: z.string().nullable(),
    decided_at: time.nullable(),
    ...quorumShape,
  })
  .openapi('ReviewedResult', {
    example: {
      id: 'a1b2c3d4-e5f6-7890-abcd-ef1234567890',
      result_id: 'a1b2c3d4-e5f6-7890-abcd-ef1234567890',
      status: 'approved',
      cleared_items: 2,
      decided_by: 'usr_reviewer',
      decided_at: '2026-03-16T15:00:00.000Z',
    },
  })

/** What a list over all families shows of a result. */
export const shownResult = {
  gate_id: z.string(),
  confidence: z.number().nullable(),
  external_ref: z.string().nullable(),
  queued_items: z.int(),
}

/** What a delivery says that a gate has set off. */
export const saidOfAction = { gate_action: z.enum(['on_approve', 'on_reject']).optional() }
