import { z } from '@hono/zod-openapi'
import { comment } from '../comment.schemas.ts'
import { currency } from '../currency.schemas.ts'
import { digest } from '../digest.schemas.ts'
import { id } from '../id.schemas.ts'
import { expenseType } from '../matched.schemas.ts'
import { quorumShape } from '../quorum.schemas.ts'
import { status } from '../status.schemas.ts'
import { time } from '../time.schemas.ts'
import { next, pagination } from '../page.schemas.ts'
import { userId } from '../user-id.schemas.ts'

/** A claim to submit. `amount` counts minor units (ISO 4217: cents for EUR, yen for JPY), never a fraction. */
export const newClaimSchema = z
  .strictObject({
    description: z.string().trim().min(1).max(1000).openapi({ example: 'Train to Bern' }),
    amount: z
      .int()
      .min(1)
      .openapi({ description: 'Minor units of the currency.', maximum: Number.MAX_SAFE_INTEGER, example: 4250 }),
    currency,
    expense_type: expenseType.nullish().openapi({ example: 'mileage' }),
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
    claimant_id: userId.nullish().openapi({
      description: 'Whose claim it is: yours, if left out; that of somebody else only with the role admin or service.',
    }),
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

/** A claim and where it stands. */
export const claimSchema = z
  .object({
    claim_id: z.string().openapi({ example: 'clm_01jq8m2v9kf3wt6x5n4c7b8d9e' }),
    status,
    digest,
    description: z.string(),
    amount: z.int(),
    currency: z.string(),
    expense_type: z.string().nullable(),
    incurred_on: z.iso.date().nullable(),
    distance_km: z.number().nullable(),
    receipt_url: z.string().nullable(),
    external_ref: z.string().nullable(),
    claimant_id: z.string(),
    submitted_by: z.string().openapi({ description: 'Whose key sent it: the claimant, or somebody acting for them.' }),
    batch_id: z.string().nullable().openapi({ description: 'The batch that approved it, if one did.' }),
    decided_by: z.string().nullable(),
    decided_at: time.nullable(),
    comment: z.string().nullable(),
    created_at: time,
    updated_at: time,
    ...quorumShape,
  })
  .openapi('Claim', {
    example: {
      claim_id: 'clm_9f2a3b4c',
      status: 'pending',
      digest: '252ceefa8e5005fc433ea5226863920a994314ba95e5fb2993d9dc6e06145326',
      description: 'Train to Bern',
      amount: 4250,
      currency: 'CHF',
      expense_type: 'travel',
      incurred_on: null,
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

export const claimListSchema = z.object({ data: z.array(claimSchema), pagination, next }).openapi('ClaimList')
export const claimsSchema = z.object({ data: z.array(claimSchema) }).openapi('Claims')

export const approvalSchema = z
  .strictObject({ comment: comment.nullish() })
  .openapi('ClaimApproval', { example: { comment: 'Within policy' } })
export const rejectionSchema = z
  .strictObject({
    comment: comment.openapi({ description: 'Why; shown to the claimant.', example: 'The receipt is missing.' }),
  })
  .openapi('ClaimRejection')

/** The address of a claim, with one of the demo data to try it with. */
export const claimParams = (example: string) => z.object({ claim_id: id.openapi({ example }) })

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
