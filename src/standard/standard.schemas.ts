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
import { inPascalCase } from '../words.ts'
import type { Standard } from './standard.ts'

const text = (most: number) => z.string().trim().min(1).max(most)
const hours = z.int().min(1).max(8760)
const mostState = 64 * 1024
const isShort = (state: string) => new TextEncoder().encode(state).length <= mostState
const object = z.looseObject({}).nullable()

const title = text(200).openapi({ description: 'One line that tells an approver what this is about.' })
const summary = text(10_000).nullable().openapi({ description: 'Text, or a little Markdown.' })
const url = z.url({ protocol: /^https?$/ }).max(2048)
const subject = z
  .strictObject({ type: text(100), id: text(200), url: url.optional().openapi({ pattern: '^https?://' }) })
  .nullable()
  .openapi({ description: 'What it is about.' })
const whatDetailsAre =
  'What exactly is asked for: up to 256 KiB, nested to depth 64, with numbers that a double represents exactly.'

const question = { type: type.openapi({ description: 'Your own word for what is asked.' }), title }
const terms = {
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
}

const outcome = z.enum(['succeeded', 'failed'])
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
const listedShape = {
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
}
const state = z.string().nullable().optional()
const shownShape = {
  ...listedShape,
  details: object,
  approved_details: object.optional().openapi({ description: 'The details that were approved, if they were edited.' }),
  state: state.openapi({ description: 'Shown only to the requester.' }),
}

/** What somebody asks for, for examples and the demo data. */
export interface Example {
  type: string
  title: string
  summary: string
  details: Record<string, unknown>
  subject: { type: string; id: string; url?: string }
}

/** What the schemas of a kind have that those of others have not. */
interface Particulars {
  /** What its details have to be; without this they are any object, or are left out. */
  details?: z.ZodType<Record<string, unknown>>
  example: Example
  /** What the details of the example are amended to. */
  amended: Example['details']
  /** The digests of the example under the ids of the demo data: of the first, which waits, and of the fourth. */
  digests: { pending: string; approved: string }
}

export type StandardSchemas = ReturnType<typeof standardSchemas>

/** What is sent and answered where something of a kind is asked for, decided and redeemed. */
export function standardSchemas(
  { kind, approvalId }: Standard,
  { details: exactly, example, amended, digests }: Particulars,
) {
  const Kind = inPascalCase(kind)
  const demo = (number: number) => `${approvalId}_demo${number}`
  const details = (exactly ?? object).openapi({ description: whatDetailsAre })
  const { type: exampleType, details: exampleDetails, ...listedExample } = example
  const shownExample = {
    id: demo(1),
    type: exampleType,
    ...listedExample,
    requester_id: 'usr_member',
    ...standingExample,
    digest: digests.pending,
    redemption: null,
    external_ref: null,
    restricted: false,
  }
  const created = z
    .strictObject({
      ...question,
      summary: summary.default(null),
      details: exactly ? details : object.default(null).openapi({ description: whatDetailsAre }),
      ...terms,
    })
    .openapi(`New${Kind}`, { example })
  const amendment = z
    .strictObject({ title, summary, details, subject })
    .partial()
    .openapi(`${Kind}Amendment`, { example: { details: amended } })
  const approval = z
    .strictObject({ comment: comment.nullish(), digest: seenDigest, details: details.optional() })
    .openapi(`${Kind}Approval`, { example: { comment: 'Go ahead' } })
  const rejection = z
    .strictObject({ comment, digest: seenDigest })
    .openapi(`${Kind}Rejection`, { example: { comment: 'Not on a Friday' } })
  const redeeming = z.strictObject({ digest }).openapi(`${Kind}Redemption`, { example: { digest: digests.approved } })
  const revocation = z
    .strictObject({ comment })
    .openapi(`${Kind}Revocation`, { example: { comment: 'The build is broken' } })
  const report = z
    .strictObject({ outcome, result: z.unknown().optional(), error: comment.nullish() })
    .openapi(`${Kind}Outcome`, { example: { outcome: 'succeeded', result: { run: 42 } } })
  const listed = z.object(listedShape).openapi(`Listed${Kind}`, { example: shownExample })
  const one = z.object(shownShape).openapi(Kind, { example: { ...shownExample, details: exampleDetails } })
  const list = z.object({ data: z.array(listed), pagination, next }).openapi(`${Kind}List`)
  const redeemed = z.object({ id: z.string(), digest, redeemed_at: time, details: object }).openapi(`Redeemed${Kind}`, {
    example: {
      id: demo(4),
      digest: digests.approved,
      redeemed_at: standingExample.created_at,
      details: exampleDetails,
    },
  })
  /** Its address, with one of the demo data to try it with. */
  const params = (number: number) => z.object({ id: id.openapi({ example: demo(number) }) })
  return { created, amendment, approval, rejection, redeeming, revocation, report, listed, one, list, redeemed, params }
}

/** What a list over all families shows of one. */
export const shownMembers = {
  type: z.string(),
  summary: z.string().nullable(),
  subject: object,
  external_ref: z.string().nullable(),
}

/** What webhooks say of one beyond what they say of any approval. */
export const toldMembers = {
  state: state.openapi({
    description: 'For a request: the `state` that came with it, for instance to resume a workflow.',
  }),
}
