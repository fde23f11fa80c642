import { z } from '@hono/zod-openapi'
import { comment } from '../comment.schemas.ts'
import { digest, seenDigest } from '../digest.schemas.ts'
import { externalRef, id } from '../id.schemas.ts'
import { next, pagination } from '../page.schemas.ts'
import { quorumShape } from '../quorum.schemas.ts'
import { standingExample, standingShape } from '../standing.schemas.ts'
import { time } from '../time.schemas.ts'
import { type } from '../type.schemas.ts'
import { userId } from '../user-id.schemas.ts'

const text = (most: number) => z.string().trim().min(1).max(most)
const hours = z.int().min(1).max(8760)
const mostState = 64 * 1024
const isShort = (state: string) => new TextEncoder().encode(state).length <= mostState
const object = z.looseObject({}).nullable()

const title = text(200).openapi({ description: 'One line that tells an approver what this is about.' })
const summary = text(10_000).nullable().openapi({ description: 'Text, or a little Markdown.' })
const details = object.openapi({
  description:
    'What exactly is asked for: up to 256 KiB, nested to depth 64, with numbers that a double represents exactly.',
})
const url = z.url({ protocol: /^https?$/ }).max(2048)
const subject = z
  .strictObject({ type: text(100), id: text(200), url: url.optional().openapi({ pattern: '^https?://' }) })
  .nullable()
  .openapi({ description: 'What it is about.' })

const deployment = {
  title: 'Deploy 4.2.0 to production',
  summary: 'Fixes the login.',
  details: { service: 'web', version: '4.2.0' },
  subject: { type: 'service', id: 'web', url: 'https://ci.example/runs/42' },
}
const digests = {
  req_demo1: 'eee921761e14f08a120ee483ceb0243316ab7939fcd5ad35341cd784267feff0',
  req_demo4: 'cb689101b521c9322054627d5ab6cbb29a1e1876e35920e6102d385e1d1bc65d',
}

/** What somebody asks for. */
export const newRequestSchema = z
  .strictObject({
    type: type.openapi({ description: 'Your own word for what is asked.' }),
    title,
    summary: summary.default(null),
    details: details.default(null),
    subject: subject.default(null),
    requester_id: userId
      .optional()
      .openapi({ description: 'Who asks: you, if left out; somebody else only with the role admin or service.' }),
    expires_in_hours: hours
      .nullable()
      .default(null)
      .openapi({ description: 'How long the decision may take; no limit if left out.' }),
    redeem_within_hours: hours.default(24).openapi({ description: 'How long it may be redeemed once it is approved.' }),
    external_ref: externalRef.nullable().default(null).openapi({
      description:
        'Your own reference; unique in the tenant or, for restricted requests, among those of their requester.',
    }),
    state: z
      .string()
      .max(mostState)
      .refine(isShort, `must have at most ${mostState} bytes`)
      .nullable()
      .default(null)
      .openapi({ description: 'Up to 64 KiB returned only to the requester, for instance to resume a workflow.' }),
    restricted: z.boolean().default(false).openapi({
      description: 'If true, only the requester, whoever sent it for them, possible deciders and admins can see it.',
    }),
  })
  .openapi('NewRequest', { example: { type: 'deployment', ...deployment } })

export const amendmentSchema = z
  .strictObject({ title, summary, details, subject })
  .partial()
  .openapi('RequestAmendment', { example: { details: { service: 'web', version: '4.2.1' } } })

export const requestApprovalSchema = z
  .strictObject({ comment: comment.nullish(), digest: seenDigest, details: details.optional() })
  .openapi('RequestApproval', { example: { comment: 'Go ahead' } })
export const requestRejectionSchema = z
  .strictObject({ comment, digest: seenDigest })
  .openapi('RequestRejection', { example: { comment: 'Not on a Friday' } })
export const redemptionSchema = z
  .strictObject({ digest })
  .openapi('Redemption', { example: { digest: digests.req_demo4 } })
export const revocationSchema = z
  .strictObject({ comment })
  .openapi('Revocation', { example: { comment: 'The build is broken' } })

const outcome = z.enum(['succeeded', 'failed'])
export const outcomeSchema = z
  .strictObject({ outcome, result: z.unknown().optional(), error: comment.nullish() })
  .openapi('RequestOutcome', { example: { outcome: 'succeeded', result: { run: 42 } } })

const redemption = z
  .object({
    state: z.enum(['open', 'redeemed', 'revoked', 'lapsed']),
    redeem_by: time,
    redeemed_at: time.nullable(),
    redeemed_by: z.string().nullable(),
    revoked_at: time.nullable(),
    revoked_by: z.string().nullable(),
    revoke_comment: z.string().nullable(),
    outcome: outcome.nullable(),
    error: z.string().nullable(),
    reported_at: time.nullable(),
    result: z.unknown().optional(),
  })
  .nullable()
  .openapi({ description: 'What became of the approval; null until there is one.' })

const { details: _, ...listedDeployment } = deployment
const example = {
  id: 'req_demo1',
  type: 'deployment',
  ...listedDeployment,
  requester_id: 'usr_member',
  ...standingExample,
  digest: digests.req_demo1,
  redemption: null,
  external_ref: null,
  restricted: false,
}

/** A request and where it stands. */
const listedRequestSchema = z
  .object({
    id: z.string(),
    type: z.string(),
    summary: z.string().nullable(),
    subject: object,
    requester_id: z.string(),
    ...standingShape,
    ...quorumShape,
    redemption,
    external_ref: z.string().nullable(),
    restricted: z.boolean(),
  })
  .openapi('ListedRequest', { example })
const state = z.string().nullable().optional()
export const requestSchema = z
  .object({
    ...listedRequestSchema.shape,
    details: object,
    approved_details: object
      .optional()
      .openapi({ description: 'The details that were approved, if they were edited.' }),
    state: state.openapi({ description: 'Shown only to the requester.' }),
  })
  .openapi('Request', { example: { ...example, details: deployment.details } })
export const requestListSchema = z
  .object({ data: z.array(listedRequestSchema), pagination, next })
  .openapi('RequestList')
export const redeemedSchema = z
  .object({ id: z.string(), digest, redeemed_at: time, details: object })
  .openapi('RedeemedRequest', {
    example: {
      id: 'req_demo4',
      digest: digests.req_demo4,
      redeemed_at: standingExample.created_at,
      details: deployment.details,
    },
  })

/** The address of a request, with one of the demo data to try it with. */
export const requestParams = (example: string) => z.object({ id: id.openapi({ example }) })

/** What a list over all families shows of a request. */
export const shownRequest = {
  type: z.string(),
  summary: z.string().nullable(),
  subject: object,
  external_ref: z.string().nullable(),
}

/** What webhooks say of a request beyond what they say of any approval. */
export const toldOfRequest = {
  state: state.openapi({
    description: 'For a request: the `state` that came with it, for instance to resume a workflow.',
  }),
}
