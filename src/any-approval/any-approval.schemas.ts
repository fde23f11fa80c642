import { z } from '@hono/zod-openapi'
import { comment } from '../comment.schemas.ts'
import { roles } from '../context.ts'
import { seenDigest, digest, revision } from '../digest.schemas.ts'
import { families, kinds } from '../families.ts'
import { id } from '../id.schemas.ts'
import { next } from '../page.schemas.ts'
import { standingExample, standingShape } from '../standing.schemas.ts'
import { time } from '../time.schemas.ts'

/** The address of an approval, with one of the demo data to try it with. */
export const approvalParams = (example: string) => z.object({ id: id.openapi({ example }) })

export const approvingSchema = z
  .strictObject({ comment: comment.nullish(), digest: seenDigest })
  .openapi('ApprovingVote', { example: { comment: 'Within policy' } })
export const rejectingSchema = z
  .strictObject({
    comment: comment.openapi({ description: 'Why; shown to the requester.' }),
    digest: seenDigest,
  })
  .openapi('RejectingVote', { example: { comment: 'The receipt is missing.' } })

const voteSchema = z.object({
  voter: z.string(),
  vote: z.enum(['approve', 'reject']),
  comment: z.string().nullable(),
  voted_at: time,
  reported_by: z.string().nullable().openapi({ description: "Whose key cast it, if it was not the voter's own." }),
  revision: revision.openapi({ description: 'The revision of the question that it was cast on.' }),
  voided_at: time.nullable().openapi({ description: 'When it stopped counting; null if it counts.' }),
  stage: z.string().nullable().openapi({
    description: 'The stage of the policy that it was cast for; null without a policy, or if the stage has no name.',
  }),
})

/** What a stage asks for, as far as it does not say who has voted. */
export const requirementShape = {
  group: z
    .string()
    .nullable()
    .openapi({ description: 'The group that the approvals must come from; null if `roles` say who.' }),
  roles: z.array(z.enum(roles)).openapi({
    description:
      'The roles that the approvals may come from; empty if `group` says who, or if it waits for one certain person.',
  }),
  approvals: z.int().openapi({ description: 'How many people have to approve.' }),
  given: z.int().openapi({ description: 'How many have approved.' }),
}

export const stageShape = {
  name: z.string().nullable().openapi({ description: 'Null if it is the only stage and has no name.' }),
  status: z.enum(['closed', 'open', 'waiting']).openapi({
    description:
      '`closed`: fulfilled. `waiting`: opens once the stages before it are closed. Once decided, all are `closed`.',
  }),
}

const stageSchema = z.object({
  ...stageShape,
  all: z.array(z.object(requirementShape)).openapi({ description: 'The requirements, all of which must be met.' }),
})

/** The policy that governs an approval, in the version that it had when it was asked. */
export const governingSchema = z
  .object({ id: z.string(), name: z.string(), version: z.int() })
  .nullable()
  .openapi({ description: 'The policy that says who decides; null if the defaults of its kind apply.' })

/** An approval of whatever family. */
export const anyApprovalSchema = z
  .object({
    id: z.string(),
    kind: z.enum(kinds),
    requester: z.string(),
    ...standingShape,
    url: z.url().openapi({ description: 'The page where a person decides it.' }),
    policy: governingSchema,
    stages: z.array(stageSchema),
    votes: z.array(voteSchema).openapi({ description: 'In the order in which they were cast.' }),
    final: z.boolean().openapi({
      description:
        'Whether nobody can decide it or take a decision back any more; a request that was approved may still be revoked until it is redeemed. False also while the batch that approved it may still be cancelled, which makes it pending again.',
    }),
    what: z.record(z.string(), z.unknown()).openapi({
      description: 'What is asked. The digest is made of it and of `id`, `kind`, `revision`, `title` and `requester`.',
    }),
    family: z
      .union(families.map(({ shows }) => z.object(shows.members)))
      .openapi({ description: 'The members that are specific to its kind, as on the dashboard.' }),
  })
  .openapi('ApprovalInFull', {
    example: {
      id: 'clm_9f2a3b4c',
      kind: 'claim',
      requester: 'usr_member',
      title: 'Train to Bern',
      ...standingExample,
      status: 'approved',
      updated_at: '2026-03-16T14:30:00.000Z',
      decided_by: 'usr_coord99',
      decided_at: '2026-03-16T14:30:00.000Z',
      comment: 'Within policy',
      digest: '252ceefa8e5005fc433ea5226863920a994314ba95e5fb2993d9dc6e06145326',
      approved_digest: '252ceefa8e5005fc433ea5226863920a994314ba95e5fb2993d9dc6e06145326',
      url: 'https://countersign.example/a/clm_9f2a3b4c',
      policy: null,
      stages: [
        {
          name: null,
          status: 'closed',
          all: [{ group: null, roles: ['coordinator', 'admin'], approvals: 1, given: 1 }],
        },
      ],
      votes: [
        {
          voter: 'usr_coord99',
          vote: 'approve',
          comment: 'Within policy',
          voted_at: '2026-03-16T14:30:00.000Z',
          reported_by: null,
          revision: 1,
          voided_at: null,
          stage: null,
        },
      ],
      final: true,
      what: {
        description: 'Train to Bern',
        amount: 4250,
        currency: 'CHF',
        expense_type: 'travel',
        incurred_on: null,
        distance_km: null,
        receipt_url: null,
        external_ref: null,
      },
      family: {
        claim_id: 'clm_9f2a3b4c',
        description: 'Train to Bern',
        amount: 4250,
        currency: 'CHF',
        expense_type: 'travel',
        external_ref: null,
        submitted_by: 'usr_member',
      },
    },
  })

/** Something that has happened to an approval. */
const eventSchema = z.object({
  seq: z.int().nullable().openapi({
    description: 'Numbers the events of the tenant, from 1 without a gap; null unless you are an admin.',
    example: 17,
  }),
  id: z.string().openapi({ example: 'evt_01kjwxyv2jf5rv3p1m4w9xk0de' }),
  type: z.string().openapi({ example: 'claim.submitted' }),
  actor: z.string().openapi({ example: 'usr_member' }),
  at: time.openapi({ example: '2026-03-16T14:00:00.000Z' }),
  from: z.string().nullable().openapi({ description: 'Its status before.', example: null }),
  to: z.string().openapi({ description: 'Its status after.', example: 'pending' }),
  digest: digest.nullable().openapi({ description: 'The digest of the question as it was then.' }),
  data: z.record(z.string(), z.unknown()).openapi({ example: {} }),
})

export const eventsSchema = z.object({ data: z.array(eventSchema), next }).openapi('ApprovalEvents')
